"""Changed copies of the training images are made once, and are those of these images and of these changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.smallest.test_study import _samples
from toolkit.data import straighten
from toolkit.smallest import data, native
from toolkit.smallest.recipe import RECIPE, changed


def _sets(folder: Path, seed: int = 1) -> data.Sets:
    return data.split(_samples(200, seed), folder, held_out=50)


@pytest.mark.parametrize("upright", [False, True])
def test_another_set_of_as_many_images_has_its_own_copies(tmp_path: Path, upright: bool) -> None:
    """It was given those of the first one, with its own labels."""
    kept, apart = (_sets(tmp_path / name, seed) for name, seed in (("one", 1), ("two", 2)))
    other = _sets(tmp_path / "one", 2)
    if upright:
        kept, apart, other = kept.upright(), apart.upright(), other.upright()
    first = np.array(kept.copy(RECIPE, 1))
    assert not np.array_equal(other.copy(RECIPE, 1), first)
    np.testing.assert_array_equal(other.copy(RECIPE, 1), apart.copy(RECIPE, 1))
    np.testing.assert_array_equal(kept.copy(RECIPE, 1), first)


def test_other_changes_make_other_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = tmp_path / "trainer"
    shutil.copytree(native.FOLDER, trainer)

    def names() -> set[str]:
        sets = _sets(tmp_path / "copies")
        sets.upright().copy(RECIPE, 1)
        return {path.name for path in (tmp_path / "copies").rglob("*.npy")}

    first = names()
    assert len(first) == 2
    monkeypatch.setattr(native, "FOLDER", trainer)
    (trainer / "training.c").write_text("/* of no matter */\n")
    assert names() == first
    (trainer / "augment.c").write_text("/* changed */\n")
    assert len(names()) == 4
    source = tmp_path / "straighten.py"
    source.write_text("changed")
    monkeypatch.setattr(straighten, "__file__", str(source))
    assert len(names()) == 5


def test_a_copy_is_made_once_and_by_its_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sets, close = _sets(tmp_path), changed(RECIPE, {"shift": RECIPE.shift + 1e-7})
    made = np.array(sets.copy(RECIPE, 2))
    assert sets.copy(RECIPE, 0) is sets.train.pixels
    sets.copy(close, 2)
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(native, "augment", None)
    np.testing.assert_array_equal(_sets(tmp_path).copy(RECIPE, 2), made)
