"""The schema for editors is what the classes say, and stands in docs/ as it is generated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.tinyml import tinyml
from tests.json_schema import wrong
from toolkit import board_schema, resources, toml

DOCUMENT = Path(__file__).parents[2] / "docs" / "board.schema.json"
SCHEMA = board_schema.schema()
BROKEN = sorted((Path(__file__).parents[1] / "fixtures" / "boards").glob("*.toml"))


def test_the_document_is_what_is_generated() -> None:
    done = tinyml("boards", "--schema")
    assert done.returncode == 0, done.stderr
    assert DOCUMENT.read_text() == done.stdout, "tinyml boards --schema > docs/board.schema.json"


def _wrong(value: Any) -> list[str]:
    return wrong(value, SCHEMA, SCHEMA)


@pytest.mark.parametrize("path", sorted(resources.boards().glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_boards_fit_it(path: Path) -> None:
    assert _wrong(toml.read(path)) == []


@pytest.mark.parametrize("path", [path for path in BROKEN if path.stem not in ("invalid_toml", "invalid_cpu")])
def test_broken_ones_do_not(path: Path) -> None:
    assert _wrong(toml.read(path))


def test_settings_are_their_builders() -> None:
    uno = toml.read(resources.boards() / "uno.toml")
    uno["toolchain"][0]["settings"]["colour"] = "blue"
    assert _wrong(uno) == ["colour is not known"]
    assert json.dumps(SCHEMA)
