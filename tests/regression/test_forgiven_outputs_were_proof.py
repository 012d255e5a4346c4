"""Zeros were proven for a float32 network whose outputs are all subnormal, or all moved by rounding: any answer was
forgiven, and the distinct outputs that were counted were the host's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.compiler.graphs import Graph
from tests.regression.float_networks import Floats, dense, inputs, judged, weights
from toolkit.artifacts import Verdict

SENT = inputs(60, 8)
SUBNORMAL = dense(weights(4, 8, 1e-40), np.zeros(4, np.float32))


def _cancelled(size: float) -> bytes:
    """A dense layer's outputs of about 30, plus `size`, minus `size`."""
    graph = Graph()
    source = graph.tensor((1, 8), "float32")
    constants = [
        graph.tensor(each.shape, "float32", data=each) for each in (weights(4, 8, 10.0), np.full(4, size, np.float32))
    ]
    raised, last = graph.tensor((1, 4), "float32"), graph.tensor((1, 4), "float32")
    graph.operator("FULLY_CONNECTED", [source, *constants], [raised], "FullyConnectedOptions")
    same = graph.tensor((1, 4), "float32", data=np.full((1, 4), size, np.float32))
    graph.operator("SUB", [raised, same], [last], "SubOptions")
    return graph.file(source, last)


CANCELLED = _cancelled(1e8)


@pytest.mark.parametrize(
    ("tflite", "device"),
    [
        (SUBNORMAL, np.zeros_like),
        (SUBNORMAL, np.negative),
        (CANCELLED, np.zeros_like),
        (CANCELLED, lambda outputs: np.full_like(outputs, 8)),
        (CANCELLED, lambda outputs: -outputs),
    ],
    ids=["subnormal, zeros", "subnormal, negated", "cancelled, zeros", "cancelled, eights", "cancelled, negated"],
)
def test_a_device_that_is_forgiven_everything_is_not_proven(tflite: bytes, device: Callable[[Floats], Floats]) -> None:
    result = judged(tflite, SENT, device)
    assert result.within_tolerance == len(SENT)  # each by itself is within what is allowed
    assert result.verdict is Verdict.WEAK


@pytest.mark.parametrize("tflite", [SUBNORMAL, CANCELLED, _cancelled(1e5)])
def test_a_device_that_needs_no_forgiveness_is_proven(tflite: bytes) -> None:
    result = judged(tflite, SENT, lambda outputs: outputs)
    assert (result.verdict, result.bit_exact) == (Verdict.PROVEN, 60)
    assert result.distinct_outputs > 3


def test_one_output_of_three_may_be_forgiven() -> None:
    """Such as the sum of terms that cancel, beside two that do not."""
    matrix = weights(3, 8)
    matrix[2] *= np.float32(1e-39)
    kept = np.array([1, 1, 0], np.float32)
    result = judged(dense(matrix, np.zeros(3, np.float32)), SENT, lambda outputs: np.asarray(outputs * kept))
    assert (result.verdict, result.distinct_outputs) == (Verdict.PROVEN, 60)
