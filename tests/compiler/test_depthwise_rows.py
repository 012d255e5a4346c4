"""Depthwise 3x3 of stride 1, two rows at a time, on images of any height; where its output may lie under its input."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.checks import check, check_plan
from tests.compiler.graphs import Graph, activation, out_size, padding
from toolkit.compiler import compile_model

CASES = [
    (4, 5, 5, True, "NONE", -128),
    (8, 2, 3, True, "RELU", -128),
    (12, 7, 4, False, "RELU6", 3),
    (4, 4, 4, False, "NONE", 77),
    (16, 3, 1, True, "RELU6", 0),
    (4, 2, 1, True, "NONE", 5),
]


@pytest.mark.parametrize(("channels", "height", "width", "same", "after", "zero"), CASES)
def test_every_byte(channels: int, height: int, width: int, same: bool, after: str, zero: int) -> None:
    rng = np.random.default_rng(channels + height)
    g = Graph()
    source = g.tensor((1, height, width, channels), "int8", 0.02, zero)
    scales = [float(s) for s in rng.uniform(0.002, 0.02, channels)]
    taps = rng.integers(-128, 128, (1, 3, 3, channels))
    weights = g.tensor(taps.shape, "int8", scales, 0, 3, taps)
    bias = g.tensor((channels,), "int32", [0.02 * s for s in scales], data=rng.integers(-3000, 3000, channels))
    out = [out_size(size, 3, 1, 1, same) for size in (height, width)]
    output = g.tensor((1, *out, channels), "int8", 0.05, -30)
    members = dict.fromkeys(("strideH", "strideW", "dilationHFactor", "dilationWFactor", "depthMultiplier"), 1)
    members |= {"padding": padding(same), "fusedActivationFunction": activation(after)}
    g.operator("DEPTHWISE_CONV_2D", [source, weights, bias], [output], "DepthwiseConv2DOptions", **members)
    tflite = g.file(source, output)
    assert "aot_depthwise3x3_dsp.c" in compile_model(tflite, isa="armv7em", fpu=True).kernels
    # Armv6-M and RISC-V: four positions at a time, over the rows.
    for isa in ("armv7em", "armv6m", "rv32"):
        check(tflite, 1, ((isa, "balanced"),))
        check_plan(tflite, isa, "balanced")
