"""A NaN is a difference wherever it stands, and both sides say where."""

from __future__ import annotations

import numpy as np
import pytest

from tests.regression.float_networks import dense, inputs, judged, weights
from toolkit.artifacts import Verdict
from toolkit.verify import tolerance

SENT = inputs(5, 8)


def test_nan_on_the_device_alone() -> None:
    def device(outputs: np.ndarray) -> np.ndarray:
        outputs[3, 2] = np.nan
        return outputs

    result = judged(dense(weights(4, 8), np.zeros(4, np.float32)), SENT, device)
    assert result.verdict is Verdict.DIFFERS
    assert result.within_tolerance == 4
    assert result.max_difference == -1
    assert result.first_difference is not None
    assert result.first_difference.said.startswith("random input 3, element 2 of 4: host ")
    assert result.first_difference.said.endswith("device nan; NaN never counts as equal")


def test_nan_on_both_sides_is_no_proof() -> None:
    bias = np.array([0, np.nan, 0, 0], np.float32)
    result = judged(dense(weights(4, 8), bias), SENT, lambda outputs: outputs)
    assert result.verdict is Verdict.DIFFERS
    assert result.bit_exact == 5
    assert str(result.first_difference) == (
        "random input 0, element 1 of 4: host nan, device nan; NaN never counts as equal"
    )


@pytest.mark.parametrize(("host", "device", "equal"), [
    (np.inf, np.inf, True), (-np.inf, -np.inf, True), (np.inf, -np.inf, False), (np.inf, 3e38, False),
    (3e38, np.inf, False), (np.nan, np.inf, False), (0.0, -0.0, True), (np.nan, np.nan, False),
])  # fmt: skip
def test_infinities(host: float, device: float, equal: bool) -> None:
    moved = [np.array([np.inf]), np.array([np.nan])]
    assert tolerance.unexplained(np.array([host]), np.array([device]), moved)[0] != equal
