"""The schema for editors is what the classes say, and stands in docs/ as it is generated."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.tinyml import tinyml
from toolkit import board_schema, resources, toml

DOCUMENT = Path(__file__).parents[2] / "docs" / "board.schema.json"
SCHEMA = board_schema.schema()
BROKEN = sorted((Path(__file__).parents[1] / "fixtures" / "boards").glob("*.toml"))


def test_the_document_is_what_is_generated() -> None:
    done = tinyml("boards", "--schema")
    assert done.returncode == 0, done.stderr
    assert DOCUMENT.read_text() == done.stdout, "tinyml boards --schema > docs/board.schema.json"


def _wrong(value: Any, schema: dict[str, Any]) -> list[str]:  # noqa: PLR0912 - the words of JSON Schema that are used
    """What is wrong with a value: as much of JSON Schema as the document uses."""
    found: list[str] = []
    if "$ref" in schema:
        return _wrong(value, SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]])
    if "anyOf" in schema and all(_wrong(value, each) for each in schema["anyOf"]):
        found.append("anyOf")
    for each in schema.get("allOf", []):
        if "if" in each and not _wrong(value, each["if"]):
            found += _wrong(value, each["then"])
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{value} is none of {schema['enum']}")
    if "const" in schema and value != schema["const"]:
        found.append("const")
    kinds = {"object": dict, "array": list, "integer": int, "string": str, "boolean": bool, "null": type(None)}
    if "type" in schema and (type(value) is not kinds[schema["type"]]):
        return [*found, f"{value!r} is no {schema['type']}"]
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        found.append(f"{value!r} does not match")
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(f"{value} is out of range")
    if isinstance(value, list):
        found += [] if len(value) >= schema.get("minItems", 0) else ["too few"]
        found += [wrong for item in value for wrong in _wrong(item, schema.get("items", {}))]
    if isinstance(value, dict):
        found += [f"{key} is missing" for key in schema.get("required", []) if key not in value]
        known = schema.get("properties", {})
        for key, item in value.items():
            if key in known:
                found += _wrong(item, known[key])
            elif schema.get("additionalProperties") is False:
                found.append(f"{key} is not known")
    return found


@pytest.mark.parametrize("path", sorted(resources.boards().glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_boards_fit_it(path: Path) -> None:
    assert _wrong(toml.read(path), SCHEMA) == []


@pytest.mark.parametrize("path", [path for path in BROKEN if path.stem not in ("invalid_toml", "invalid_cpu")])
def test_broken_ones_do_not(path: Path) -> None:
    assert _wrong(toml.read(path), SCHEMA)


def test_settings_are_their_builders() -> None:
    uno = toml.read(resources.boards() / "uno.toml")
    uno["toolchain"][0]["settings"]["colour"] = "blue"
    assert _wrong(uno, SCHEMA) == ["colour is not known"]
    assert json.dumps(SCHEMA)
