"""`made.json` with a sound seal and rows that do not fit ended in a traceback; it is made anew now."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from toolkit.artifacts.base import seal_of
from toolkit.steps import strength
from toolkit.workspace import BoardFolder


def row(size: int) -> str:
    return base64.b64encode(bytes(size)).decode()


@pytest.mark.parametrize(
    ("rows", "taken"), [((row(4), row(4)), True), ((row(4),), False), ((row(4), row(3)), False), ((row(4), "A"), False)]
)
def test_kept_rows_are_held_to_their_count_and_size(tmp_path: Path, rows: tuple[str, ...], taken: bool) -> None:
    place = BoardFolder(tmp_path, "net")
    place.made.parent.mkdir(parents=True)
    strength.KeptInputs("key", 7, rows, seal_of({"rows": rows})).save(place.made)
    assert (strength._kept_inputs(place, "key", 2, 4) is not None) is taken
