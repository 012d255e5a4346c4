"""The package's own pictures are prepared once; what lies in the cache is used only where it is what would be made."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from toolkit import resources
from toolkit.data.digits import kept, prepare

PICTURES = sorted(resources.external_images().glob("*.png"))[:3]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(resources, "cache", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def _never(_: Path) -> prepare.Prepared:
    raise AssertionError("prepared again")


def _pixels(made: list[prepare.Prepared]) -> bytes:
    return b"".join(each.image.tobytes() for each in made)


def test_the_second_time_nothing_is_prepared(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    due = _pixels([prepare.prepare(path) for path in PICTURES])
    assert _pixels(kept.prepared(PICTURES)) == due
    assert [path.suffix for path in (cache / "prepared").iterdir()] == [".npz"]
    monkeypatch.setattr(prepare, "prepare", _never)
    assert _pixels(kept.prepared(PICTURES)) == due


def test_another_picture_is_another_set(tmp_path: Path) -> None:
    mine = [Path(shutil.copy(path, tmp_path)) for path in PICTURES]
    before = _pixels(kept.prepared(mine))
    shutil.copy(PICTURES[0], mine[1])
    after = _pixels(kept.prepared(mine))
    assert before != after
    assert after == _pixels([prepare.prepare(path) for path in mine])


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive", None])
def test_a_damaged_file_is_made_again(cache: Path, damage: bytes | None) -> None:
    due = _pixels(kept.prepared(PICTURES))
    (file,) = (cache / "prepared").iterdir()
    if damage is None:
        np.savez(file, images=np.zeros((2, 28, 28), np.uint8))
    else:
        file.write_bytes(damage)
    assert _pixels(kept.prepared(PICTURES)) == due
    with np.load(file) as stored:
        assert stored["images"].shape == (3, 28, 28)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("a file")
    assert _pixels(kept.prepared(PICTURES)) == _pixels([prepare.prepare(path) for path in PICTURES])
