"""By how much rounding may move a float32 network's outputs."""

from __future__ import annotations

import numpy as np

from tests.regression.float_networks import dense, inputs, weights
from toolkit import reference
from toolkit.reference.rounding import DRAWS, UNIT, Rounding, changed

SENT = inputs(1, 64)


def _moved(tflite: bytes) -> np.ndarray:
    expected = reference.expected_outputs(tflite, SENT)[0]
    return np.stack(list(reference.rounding(tflite).moved([SENT], expected)))


def test_every_constant_is_changed_by_the_root_of_its_sums_length() -> None:
    matrix, bias = weights(3, 64), np.ones(3, np.float32)
    plain = dense(matrix, bias)
    other = changed(plain, 0)
    assert len(other) == len(plain)
    assert other != changed(plain, 1)
    assert other == changed(plain, 0)
    place = plain.index(matrix.tobytes())
    got = np.frombuffer(other, "<f4", matrix.size, place).astype(np.float64)
    by = np.abs(got / matrix.ravel() - 1) / UNIT
    assert np.all((by > 8 - 1.1) & (by < 8 + 1.1))  # the root of 64, and the rounding of the change itself


def test_it_is_as_large_as_the_terms_and_not_as_other_outputs() -> None:
    matrix = weights(3, 64)
    matrix[1] *= np.float32(1e-6)
    matrix[2] = 0
    moved = _moved(dense(matrix, np.zeros(3, np.float32)))
    assert moved.shape == (DRAWS, 3)
    large, small, nothing = moved.max(axis=0)
    assert 1e-7 < large < 1e-4
    assert small < 1e-4 * large
    assert nothing == 0


def test_draws_are_the_same_each_time() -> None:
    tflite = dense(weights(3, 64), np.zeros(3, np.float32))
    np.testing.assert_array_equal(_moved(tflite), _moved(tflite))


def test_a_network_with_a_state_is_not_asked() -> None:
    """Its answers depend on what came before: a large difference would be explained by that alone."""
    tflite = dense(weights(3, 64), np.zeros(3, np.float32))
    calls = iter(range(100))
    rounding = Rounding(tflite, lambda _: lambda _: [np.full((1, 3), next(calls), np.float32)])
    assert list(rounding.moved([SENT], np.zeros(3, "<f4").view(np.uint8))) != []
    assert list(rounding.moved([SENT], np.zeros(3, "<f4").view(np.uint8))) == []
