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
        ({"truth": np.zeros((3, 2), np.uint8), "task": Task(Kind.RECONSTRUCT)}, "the flags are uint8"),
        ({"truth": np.zeros(3), "task": Task(Kind.RECONSTRUCT)}, "the flags are float64"),
        ({"truth": np.array(["a", "b", "c"]), "task": Task(Kind.REGRESS)}, "x: the truth is <U1"),
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


def test_a_sample_of_one_output_is_of_the_second_class_above_half() -> None:
    assert task.predicted(np.array([[0.0, 2.0, 2.0], [3.0, 1.0, 0.0]])).tolist() == [1, 0]
    assert task.predicted(np.array([[0.2], [0.5], [0.51], [np.nan]])).tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize(
    ("kind", "truth", "given", "taken", "why"),
    [
        (CLASSIFY, np.array([0, 4]), 9, (4,), "there is a class 4, and the network tells 4 apart, 0 to 3"),
        (CLASSIFY, np.array([0, 2]), 9, (1,), "there is a class 2, and the network tells 2 apart, 0 to 1"),
        (Task(Kind.REGRESS), np.zeros((2, 3)), 9, (1,), "the truth has 3 values a sample, the network's output has 1"),
        (Task(Kind.RECONSTRUCT), None, 9, (8,), "takes 9 elements and gives 8"),
        (Task(Kind.NONE, output=1), None, 9, (8,), "there is no output 1: the network has 1"),
    ],
)
def test_a_truth_must_suit_the_network(
    kind: Task, truth: np.ndarray | None, given: int, taken: tuple[int, ...], why: str
) -> None:
    with pytest.raises(DatasetError, match=why):
        kind.check_ends(truth, given, taken)


def test_a_truth_that_suits_the_network() -> None:
    CLASSIFY.check_ends(np.array([0, 1]), 9, (1,))
    CLASSIFY.check_ends(np.zeros(0, np.int64), 9, (1,))
    Task(Kind.CLASSIFY, output=1).check_ends(np.array([0, 3]), 9, (1, 4))
    Task(Kind.REGRESS).check_ends(np.zeros(2), 9, (1,))
    Task(Kind.RECONSTRUCT).check_ends(np.array([0, 1]), 9, (9,))
