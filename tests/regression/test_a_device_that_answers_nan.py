"""A float32 network whose device answered NaN ended in an internal error in place of the verdict's report.

No comparison holds of a NaN, so that its outputs passed for probabilities; a percentage of one is no integer.
"""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.artifacts import ElementType, TensorSpec
from toolkit.report.outputs import confidence

SPEC = TensorSpec("probabilities", (1, 3), ElementType.FLOAT32, 0.0, 0)


@pytest.mark.parametrize(
    ("output", "sure"),
    [
        ([0.25, 0.5, 0.25], 0.5),
        ([np.nan] * 3, None),
        ([0.5, np.nan, 0.5], None),
        ([np.inf, 0, 0], None),
        ([-1.0, 1.0, 1.0], None),
    ],
)
def test_what_is_no_number_is_no_probability(output: list[float], sure: float | None) -> None:
    assert confidence(np.array(output, "<f4").tobytes().hex(), (SPEC,)) == sure
