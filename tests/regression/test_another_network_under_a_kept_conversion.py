"""A conversion is kept under its source's hash: what that left out, or what changed meanwhile, was another network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from toolkit.artifacts import DType
from toolkit.convert import job
from toolkit.errors import ModelError
from toolkit.models import conversion
from toolkit.selection import Selection


def test_weights_behind_a_link_to_a_folder_are_hashed(tmp_path: Path) -> None:
    model, kept = tmp_path / "model", tmp_path / "cache"
    model.mkdir()
    kept.mkdir()
    (model / "saved_model.pb").write_bytes(b"graph")
    (kept / "variables.data").write_bytes(b"old")
    (model / "variables").symlink_to(kept, target_is_directory=True)
    (kept / "round").symlink_to(model, target_is_directory=True)  # and no end of it
    before = conversion.hash_of(model)
    (kept / "variables.data").write_bytes(b"new")
    assert conversion.hash_of(model) != before


def test_a_source_that_changes_while_it_is_converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "saved_model.pb").write_bytes(b"old")

    def changes(source: Path, _dtype: DType, _asked: Selection, folder: Path, **_: Any) -> job.Done:
        (source / "saved_model.pb").write_bytes(b"new")
        (folder / job.FLOAT32).write_bytes(b"of either")
        return job.Done()

    monkeypatch.setattr(job, "run", changes)
    with pytest.raises(ModelError, match="model changed while it was converted"):
        conversion.converted(model, DType.FLOAT32, Selection(), tmp_path)
    assert not list(tmp_path.rglob("record.json"))
