"""The JSON schema of board files, for editors: made from the classes that read them, so that it says the same.

`tinyml boards --schema` prints it, and docs/board.schema.json is what it printed. An editor with Taplo takes it by the
first line of a board file: `#:schema docs/board.schema.json`.
"""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from toolkit import cpu, registry
from toolkit.board import BoardFile, NoSettings

_ROOMS = (
    ("Toolchain", "builder", registry.BUILDERS),
    ("Flash", "method", registry.FLASHERS),
    ("Upload", "method", registry.FLASHERS),
    ("Emulator", "name", registry.EMULATORS),
)


def schema() -> dict[str, Any]:
    """The schema, with the cores that ship with the package, and what else is found."""
    kinds = {
        (table, name): getattr(registry.load(room, name), "Settings", NoSettings)
        for table, _, room in _ROOMS
        for name in registry.names(room)
    }
    # One component for each class; two of them may have one name.
    _, parts = msgspec.json.schema_components([BoardFile], ref_template="#/$defs/{name}")
    for table, key, room in _ROOMS:
        names = registry.names(room)
        parts[table]["properties"][key]["enum"] = list(names)
        parts[table]["allOf"] = [_settings(key, name, kinds[table, name], parts) for name in names]
    parts["Mcu"]["properties"]["cpu"]["examples"] = list(cpu.names())  # a user may have others
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A tinyml board file",
        **_plain(parts.pop("BoardFile")),
        "anyOf": [{"required": ["flash"]}, {"required": ["emulator"]}],
        "$defs": _plain(parts),
    }


def _settings(key: str, name: str, kind: type[msgspec.Struct], parts: dict[str, Any]) -> dict[str, Any]:
    """If `key` is `name`, then the settings are of this kind; tables within them are added to `parts`."""
    (_,), own = msgspec.json.schema_components([kind], ref_template=f"#/$defs/{name}.{{name}}")
    told = own.pop(kind.__name__)
    parts |= {f"{name}.{inner}": schema for inner, schema in own.items()}
    then: dict[str, Any] = {"properties": {"settings": told}}
    if told.get("required"):
        then["required"] = ["settings"]
    return {"if": {"properties": {key: {"const": name}}}, "then": then}


def _plain(value: Any) -> Any:
    """Without what is not for an editor: the classes' names, and how their docstrings are indented."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key != "title"}
    if isinstance(value, str):
        return inspect.cleandoc(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
