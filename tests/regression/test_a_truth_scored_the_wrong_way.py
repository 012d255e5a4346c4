"""Truths of the user's own that were held against the wrong output, in an order nobody was told, or dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.data.ends import end
from toolkit.data import Kind, Samples, own
from toolkit.errors import DatasetError, UsageError
from toolkit.selection import Selection

X = np.linspace(-1, 1, 24, dtype=np.float32).reshape(6, 4)
Y = np.array([0, 1, 2, 2, 1, 0])
TWO = (end(10, name="features"), end(3, name="probabilities"))


def read(path: Path, *outputs: Any, **said: Any) -> tuple[Samples, str]:
    return own.read((end(4),), outputs or (end(3),), Selection(data=path, **said))


def npz(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("truth", "classes"), [(Y, ()), (Y[:1].repeat(6), ("a", "b", "c")), (np.array(list("abccba")), ())]
)
def test_a_features_output_was_scored_in_place_of_the_classes(
    tmp_path: Path, truth: Any, classes: tuple[str, ...]
) -> None:
    samples, told = read(npz(tmp_path / "a.npz", x=X, y=truth), *TWO, classes=classes)
    assert (samples.task.kind, samples.task.output) == (Kind.CLASSIFY, 1)
    assert "output probabilities is scored" in told


def test_the_order_of_names_is_told(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", x=X, y=np.array(["wing", "ring", "slope"] * 2))
    assert "outputs taken in the order of the names: ring, slope, wing (--classes" in read(path)[1]
    assert "order" not in read(path, classes=("wing", "ring", "slope"))[1]


def test_a_name_for_two_classes(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--classes names wing twice"):
        read(npz(tmp_path / "a.npz", x=X, y=Y), classes=("wing", "wing", "slope"))


def test_answers_of_another_count_were_dropped_in_silence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="y has 3 samples, x has 6"):
        read(npz(tmp_path / "a.npz", x=X, y=Y[:3]))


def test_inputs_of_one_part_were_held_against_answers_of_the_other(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", x_test=X, y_train=Y)
    assert read(path)[0].truth is None
    assert read(path, limit=2)[0].truth is None
    assert read(path, truth="y_train")[0].labels.tolist() == Y.tolist()  # who names them gets them


@pytest.mark.parametrize("limit", [None, 2])
def test_answers_of_another_set_are_not_cut_to_fit(tmp_path: Path, limit: int | None) -> None:
    """With --limit both were cut to as many, and the answers of another set were scored."""
    np.save(tmp_path / "measured.npy", X)
    np.save(tmp_path / "other.npy", np.concatenate([Y, Y]))
    with pytest.raises(DatasetError, match=r"other\.npy has 12 answers, the data have 6 samples"):
        read(tmp_path / "measured.npy", truth=str(tmp_path / "other.npy"), limit=limit)
    np.save(tmp_path / "own.npy", Y)
    samples, _ = read(tmp_path / "measured.npy", truth=str(tmp_path / "own.npy"), limit=limit)
    assert samples.labels.tolist() == Y[:limit].tolist()


def test_class_numbers_that_are_floats(tmp_path: Path) -> None:
    samples, told = read(npz(tmp_path / "a.npz", x=X, y=Y.astype(np.float64)))
    assert (samples.labels.tolist(), "task classify" in told) == (Y.tolist(), True)


def test_rows_of_zeros_and_a_one_may_be_values(tmp_path: Path) -> None:
    samples, _ = read(npz(tmp_path / "a.npz", x=X, y=np.eye(3)[Y]), task="regress")
    assert samples.truth is not None
    assert (samples.task.kind, samples.truth.shape) == (Kind.REGRESS, (6, 3))
