"""The JSON schema of project files, for editors: made from the classes that read them, so that it says the same.

`tinyml init --schema` prints it, and docs/project.schema.json is what it printed.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import msgspec

from toolkit import gates, projectfile
from toolkit.projectfile import ProjectFile

_TABLES = {"ProjectFile": "", "Model": "model.", "Data": "data."}


def schema(helps: Mapping[str, str]) -> dict[str, Any]:
    """The schema.

    Args:
        helps: by option, "--scale": what its help says, for the keys of that name.
    """
    _, parts = msgspec.json.schema_components([ProjectFile], ref_template="#/$defs/{name}")
    for table, under in _TABLES.items():
        for key, told in parts[table]["properties"].items():
            told.pop("default", None)
            if text := helps.get(projectfile.option(under + key)):
                told["description"] = text
    for key in projectfile.LISTS:
        table, _, name = key.partition(".")
        told = parts[table.capitalize()]["properties"][name]
        several = next(each for each in told["anyOf"] if each["type"] == "array")
        told["anyOf"] = [{"type": "string", "minLength": 1}, several]  # separated by commas, or a list
    for name, told in parts["Gates"]["properties"].items():
        told.pop("default", None)
        told["description"] = f"{'at least' if gates.directions()[name] else 'at most'} so much"
    parts["Model"]["not"] = {"required": ["path", "name"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A tinyml project file, tinyml.toml",
        **_plain(parts.pop("ProjectFile")),
        "$defs": _plain(parts),
    }


def _plain(value: Any) -> Any:
    """Without what is not for an editor: the classes' names, TOML's missing null, how docstrings are indented."""
    if isinstance(value, dict):
        told = {key: _plain(item) for key, item in value.items() if key != "title"}
        arms = [each for each in told.get("anyOf", []) if each != {"type": "null"}]
        if len(arms) == 1:
            del told["anyOf"]
            told = {**arms[0], **told}
        elif arms:
            told["anyOf"] = arms
        return told
    if isinstance(value, str):
        return inspect.cleandoc(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
