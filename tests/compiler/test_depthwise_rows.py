"""Depthwise layers of four channels or more: 3x3 of stride 1 two rows at a time, others position by position.

On images of any height, with any number of channels: the last four may have had some before. And where an output may
lie under its input.
"""

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
    (5, 5, 4, True, "NONE", -7),
    (6, 4, 7, False, "RELU", -128),
    (7, 3, 3, True, "RELU6", 20),
    (13, 6, 5, False, "NONE", 0),
]


def _network(channels: int, height: int, width: int, same: bool, after: str, zero: int, stride: int = 1) -> bytes:
    rng = np.random.default_rng(channels + height)
    g = Graph()
    source = g.tensor((1, height, width, channels), "int8", 0.02, zero)
    scales = [float(s) for s in rng.uniform(0.002, 0.02, channels)]
    taps = rng.integers(-128, 128, (1, 3, 3, channels))
    weights = g.tensor(taps.shape, "int8", scales, 0, 3, taps)
    bias = g.tensor((channels,), "int32", [0.02 * s for s in scales], data=rng.integers(-3000, 3000, channels))
    out = [out_size(size, 3, stride, 1, same) for size in (height, width)]
    output = g.tensor((1, *out, channels), "int8", 0.05, -30)
    members = dict.fromkeys(("dilationHFactor", "dilationWFactor", "depthMultiplier"), 1)
    members |= dict.fromkeys(("strideH", "strideW"), stride)
    members |= {"padding": padding(same), "fusedActivationFunction": activation(after)}
    g.operator("DEPTHWISE_CONV_2D", [source, weights, bias], [output], "DepthwiseConv2DOptions", **members)
    return g.file(source, output)


@pytest.mark.parametrize(("channels", "height", "width", "same", "after", "zero"), CASES)
def test_every_byte(channels: int, height: int, width: int, same: bool, after: str, zero: int) -> None:
    tflite = _network(channels, height, width, same, after, zero)
    assert "aot_depthwise3x3_dsp.c" in compile_model(tflite, isa="armv7em", fpu=True).kernels
    # Armv6-M and RISC-V: four positions at a time, over the rows.
    for isa in ("armv7em", "armv6m", "rv32"):
        check(tflite, 1, ((isa, "balanced"),))
        check_plan(tflite, isa, "balanced")


@pytest.mark.parametrize("channels", [4, 5, 6, 7, 8, 13])
def test_every_byte_of_other_strides(channels: int) -> None:
    tflite = _network(channels, 7, 6, True, "RELU", -128, stride=2)
    assert "aot_depthwise_dsp.c" in compile_model(tflite, isa="armv7em", fpu=True).kernels
    check(tflite, 1, (("armv7em", "balanced"), ("armv7em", "speed")))
    check_plan(tflite, "armv7em", "balanced")
