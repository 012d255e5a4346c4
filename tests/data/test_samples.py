"""What a set of samples must be, what its elements stand for, and how a task compares."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.data import Kind, Samples, Task, load_external, task
from toolkit.data.scaling import UNIT, Scaling
from toolkit.errors import DatasetError

VALUES = np.arange(12, dtype=np.float32).reshape(3, 4)
CLASSIFY = Task(Kind.CLASSIFY)


def test_several_input_tensors_and_no_truth() -> None:
    samples = Samples("gestures", (VALUES, np.zeros((3, 2, 2), np.uint8)), names=("a", "b", "c"))
    part = samples.part(1, 3)
    assert (len(samples), len(part), part.names) == (3, 2, ("b", "c"))
    assert [each.shape for each in part.inputs] == [(2, 4), (2, 2, 2)]
    assert samples.called().one == "gestures input"
    with pytest.raises(DatasetError, match="gestures has 2 input tensors"):
        _ = samples.values
    with pytest.raises(DatasetError, match="gestures has no labels"):
        _ = samples.labels


def test_elements_as_real_values() -> None:
    assert Samples("x", (VALUES,)).real() is not None
    np.testing.assert_array_equal(Samples("x", (VALUES,)).real(), VALUES)
    every = np.arange(256, dtype=np.uint8).reshape(256, 1)
    np.testing.assert_array_equal(
        Samples("x", (every,), scaling=UNIT).real(), every.astype(np.float32) / np.float32(255)
    )
    other = Scaling(-2.0, 3.0)
    assert (other.divisor, other.offset) == (51.0, -2.0)
    assert Samples("x", (every,), scaling=other).real()[[0, -1], 0].tolist() == [-2.0, 3.0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"inputs": ()}, "x has no inputs"),
        ({"inputs": (VALUES, VALUES[:2])}, r"x: the input tensors have \[3, 2\] samples"),
        ({"names": ("a",)}, "x: 1 names for 3 samples"),
        ({"truth": np.zeros(3, np.uint8)}, "x: there is a truth, and no task"),
        ({"truth": np.zeros(2, np.uint8), "task": CLASSIFY}, "x: there are 2 truths for 3 samples"),
        ({"truth": np.zeros(3, np.float32), "task": CLASSIFY}, "x: the classes are float32"),
        ({"truth": np.array([0, 1, 2]), "task": CLASSIFY, "classes": ("a", "b")}, "whole numbers from 0 to 1"),
        ({"truth": np.array([0, -1, 0]), "task": CLASSIFY, "classes": ("a", "b")}, "whole numbers from 0 to 1"),
    ],
)
def test_what_does_not_fit_together_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        Samples(**({"name": "x", "inputs": (VALUES,)} | change))  # type: ignore[arg-type]


def test_digits_are_one_set_among_others() -> None:
    external = load_external()
    assert external.task == Task(Kind.CLASSIFY, (28, 28))
    assert external.classes == tuple("0123456789")
    assert external.labels.tolist() == list(range(10))
    assert external.scaling == UNIT


def test_tasks_compare() -> None:
    assert task.predicted(np.array([[0.0, 2.0, 2.0], [3.0, 1.0, 0.0]])).tolist() == [1, 0]
    found = task.errors(np.array([0.0, 4.0]), np.array([[3.0], [0.0]]))
    assert (found.mean_absolute, found.largest) == (3.5, 4.0)
    assert found.root_mean_square == pytest.approx(12.5**0.5)
    odd = task.scores(VALUES, VALUES + np.array([[0], [1], [3]], np.float32))
    assert odd.tolist() == [0.0, 1.0, 9.0]
    with pytest.raises(DatasetError, match="the outputs have 3"):
        task.errors(np.zeros(2), np.zeros(3))
    with pytest.raises(DatasetError, match="the outputs have 3"):
        task.scores(np.zeros((3, 2)), np.zeros((3, 1)))


def test_area_under_the_curve_is_the_share_of_pairs_in_order() -> None:
    random = np.random.default_rng(3)
    odd, found = random.integers(0, 2, 200), random.integers(0, 9, 200).astype(np.float64)
    pairs = [(a > b) + (a == b) / 2 for a in found[odd == 1] for b in found[odd == 0]]
    assert task.area_under_curve(odd, found) == pytest.approx(np.mean(pairs))
    with pytest.raises(DatasetError, match="odd samples and normal ones"):
        task.area_under_curve(np.ones(3), found[:3])
