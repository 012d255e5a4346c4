"""`tinyml smallest digits` of an empty folder kept an empty list in the place of the scores, and ended well.

Nor had it the capsule network's int8 file, by what a plainer training of it had read, nor the one of two types.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from toolkit import resources
from toolkit.data import load_external
from toolkit.errors import ModelError
from toolkit.smallest import digits


def test_what_was_kept_stays_where_nothing_can_be_scored(tmp_path: Path) -> None:
    kept = tmp_path / digits.FILE
    kept.write_text("[]\n")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "half_int8.tflite").write_bytes(b"none")
    for models in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(ModelError, match="no network that can be scored") as caught:
            digits.score(tmp_path, models)
        assert "--models" in caught.value.hint
    assert kept.read_text() == "[]\n"


def test_the_capsules_are_scored_in_each_of_their_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some = load_external()
    for name in ("load_external", "load_harder", "load_eight"):
        monkeypatch.setattr(digits, name, lambda: some)
    shipped = resources.models()
    for each in ("efficient-capsnet", "half"):
        shutil.copytree(shipped / each, tmp_path / each)
    rows = digits.score(tmp_path, tmp_path)
    assert [(row.name, row.dtype) for row in rows] == [("efficient-capsnet", "int8"), ("half", "int8")]
    shutil.copy(shipped / "efficient-capsnet_mixed.tflite", tmp_path)
    rows = digits.score(tmp_path, tmp_path)
    assert [row.dtype for row in rows] == ["int8", "float32", "mixed", "int8"]
    assert digits.known(tmp_path) == rows
