"""Columns widened anew for each tile, one channel left over: GCC warned of sums that are not there, and stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.compiler import engine
from tests.kernels import cortex_m
from tests.kernels.test_scalar_cores import Chain
from toolkit.compiler import compile_model


@pytest.mark.emulator
@pytest.mark.skipif(not cortex_m.available(), reason="needs arm-none-eabi-gcc and qemu-system-arm")
def test_the_strict_compiler_takes_them(tmp_path: Path) -> None:
    chain = Chain((9, 5), 24, 1)
    chain.convolution((2, 2), 5, "RELU", -128)
    tflite = chain.file(chain.first, chain.last)
    model = compile_model(tflite, isa="armv7em", fpu=True, stream="on")
    assert "aot_conv_dsp_columns" in "".join(model.sources.values())
    inputs = engine.random_inputs(model, 2, 5)
    got = cortex_m.run(model, inputs, "armv7em", "balanced", tmp_path)
    np.testing.assert_array_equal(got, engine.reference(tflite, inputs))
