"""A float32 device that answered zeros to a network of tiny outputs was proven: the bound was one for the tensor."""

from __future__ import annotations

import numpy as np
import pytest

from tests.regression.float_networks import Floats, dense, inputs, judged, weights
from toolkit.artifacts import Verdict

TINY = dense(weights(4, 8, 1e-6), np.zeros(4, np.float32))
# One output of a million beside three of about 0.1.
MIXED = dense(weights(4, 8, 0.1), np.array([1e6, 0, 0, 0], np.float32))
SENT = inputs(20, 8)


def _beside(outputs: Floats) -> Floats:
    outputs[:, 1:] = (-7, 3, 5)
    return outputs


@pytest.mark.parametrize(
    ("tflite", "device"),
    [
        (TINY, np.zeros_like),
        (TINY, lambda outputs: outputs * np.float32(1.001)),
        (MIXED, _beside),
        (MIXED, lambda outputs: outputs + np.float32(1e-3)),
    ],
    ids=["zeros", "a thousandth more", "others beside a large one", "a small shift"],
)
def test_a_wrong_element_differs_however_small_it_is(tflite: bytes, device: object) -> None:
    result = judged(tflite, SENT, device)  # type: ignore[arg-type]
    assert result.verdict is Verdict.DIFFERS
    assert result.within_tolerance == 0
    assert result.first_difference is not None
    assert result.first_difference.said.startswith("random input 0, element ")


@pytest.mark.parametrize("tflite", [TINY, MIXED])
def test_the_last_bits_are_no_difference(tflite: bytes) -> None:
    result = judged(tflite, SENT, lambda outputs: np.nextafter(outputs, np.float32(9e9)))
    assert (result.verdict, result.bit_exact) == (Verdict.PROVEN, 0)


def _in_another_order(matrix: Floats, sent: Floats) -> Floats:
    """Dense layer, summed from the back in single precision."""
    sums = np.zeros((len(sent), len(matrix)), np.float32)
    for place in range(matrix.shape[1] - 1, -1, -1):
        sums = sums + sent[:, place : place + 1] * matrix[:, place]
    return sums


def test_where_terms_cancel_a_sound_device_is_not_blamed() -> None:
    """Sums of 300 terms: among 2,000 outputs are some so near 0 that another order changes most of their digits."""
    matrix, sent = weights(20, 300), inputs(100, 300)
    matrix[:10, 150:] = -matrix[:10, :150]
    sent[:, 150:] = sent[:, :150] * np.float32(1 + 1e-4)
    result = judged(dense(matrix, np.zeros(20, np.float32)), sent, lambda _: _in_another_order(matrix, sent))
    host = judged(dense(matrix, np.zeros(20, np.float32)), sent, lambda outputs: outputs)
    assert host.bit_exact == 100
    assert result.bit_exact == 0
    assert result.max_difference > 0
    assert result.verdict is Verdict.PROVEN
    wrong = judged(dense(matrix, np.zeros(20, np.float32)), sent, lambda outputs: outputs + np.float32(2e-3))
    assert wrong.verdict is Verdict.DIFFERS


def test_probabilities_too_small_for_float32_may_be_flushed_to_zero_and_others_may_not() -> None:
    matrix = np.zeros((3, 8), np.float32)
    matrix[:, 0] = (0.0, 92.0, 40.0)
    tflite = dense(matrix, np.zeros(3, np.float32), softmax=True)
    sent = inputs(20, 8)
    sent[:, 0] = np.linspace(0.96, 1.0, 20)

    def flushed(below: float) -> Verdict:
        return judged(tflite, sent, lambda outputs: np.where(outputs < below, np.float32(0), outputs)).verdict

    assert flushed(float(np.finfo(np.float32).tiny)) is Verdict.PROVEN
    assert flushed(1e-15) is Verdict.DIFFERS
