"""`tinyml train` printed "INFO: Created TensorFlow Lite XNNPACK delegate for CPU." among its results.

No test saw it: it comes from LiteRT's C++ side, past Python's own standard error.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit import reference
from toolkit.artifacts import DType
from toolkit.models import resolve


def test_scoring_says_nothing(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    tflite = resolve("proposed", DType.FLOAT32, tmp_path).path.read_bytes()
    infer = reference.runner(tflite, reference.OPTIMISED)
    assert infer([np.zeros((1, 28, 28, 1), np.float32)])[0].shape == (1, 10)
    assert capfd.readouterr().err == ""
