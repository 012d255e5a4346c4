"""Cores with a multiplication and little else: the assembly for a Cortex-M0+ on QEMU; on this computer the C
beside it and RISC-V's kernels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.compiler import engine
from tests.compiler.checks import check, check_plan
from tests.compiler.graphs import Graph, activation, out_size, padding
from tests.kernels import cortex_m
from toolkit.compiler import compile_model

SETS = (("armv6m", "speed"), ("rv32", "speed"))


class Chain(Graph):
    """Layers one after the other, on random weights."""

    def __init__(self, size: tuple[int, int], channels: int, seed: int, zero: int = 3) -> None:
        super().__init__()
        self.rng = np.random.default_rng(seed)
        self.size, self.channels = size, channels
        self.first = self.last = self.tensor((1, *size, channels), "int8", 0.02, zero)

    def convolution(
        self, kernel: tuple[int, int], out_c: int, after: str, zero: int, stride: int = 1, *, same: bool = True
    ) -> None:
        """A convolution to `out_c` channels; a depthwise one if that is 0."""
        channels = out_c or self.channels
        scales = [float(s) for s in self.rng.uniform(0.002, 0.02, channels)]
        shape = (out_c, *kernel, self.channels) if out_c else (1, *kernel, channels)
        taps = self.rng.integers(-127, 128, shape)
        weights = self.tensor(shape, "int8", scales, 0, 0 if out_c else 3, taps)
        data = self.rng.integers(-3000, 3000, channels)
        bias = self.tensor((channels,), "int32", [0.02 * s for s in scales], data=data)
        self.size = (
            out_size(self.size[0], kernel[0], stride, 1, same),
            out_size(self.size[1], kernel[1], stride, 1, same),
        )
        output = self.tensor((1, *self.size, channels), "int8", 0.02, zero)
        members = {"strideH": stride, "strideW": stride, "dilationHFactor": 1, "dilationWFactor": 1}
        members |= {"padding": padding(same), "fusedActivationFunction": activation(after)}
        kind, options = "CONV_2D", "Conv2DOptions"
        if not out_c:
            kind, options = "DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions"
            members["depthMultiplier"] = 1
        self.operator(kind, [self.last, weights, bias], [output], options, **members)
        self.last, self.channels = output, channels

    def dense(self, rows: NDArray[np.int64], scale: float, scale_after: float, after: str) -> None:
        """A dense layer on all that there is."""
        kernel = self.tensor(rows.shape, "int8", [scale], data=rows)
        bias = self.tensor((len(rows),), "int32", [0.02 * scale], data=self.rng.integers(-300, 300, len(rows)))
        output = self.tensor((1, len(rows)), "int8", scale_after, -30)
        members = {"fusedActivationFunction": activation(after)}
        self.operator("FULLY_CONNECTED", [self.last, kernel, bias], [output], "FullyConnectedOptions", **members)
        self.last = output


def mixed() -> bytes:
    """Every way through the kernels: positions by four, over two rows, and one by one; a ReLU whose clamp begins at
    the zero point, others, and none; channels that are no multiple of four."""
    chain = Chain((9, 9), 7, 1)
    chain.convolution((3, 3), 10, "RELU", -128)
    chain.convolution((3, 3), 0, "RELU6", -128)
    chain.convolution((1, 1), 9, "NONE", 5)
    chain.convolution((3, 2), 0, "NONE", -30, same=False)
    chain.convolution((1, 1), 6, "RELU", -7)
    chain.convolution((2, 2), 0, "RELU", -128, 2)
    chain.dense(chain.rng.integers(-90, 91, (11, 96)), 0.01, 0.2, "NONE")
    return chain.file(chain.first, chain.last)


def large(after: str) -> bytes:
    """Sums of up to 2**22, of either sign, of which three products of 32 bits have no room; some that have."""
    chain = Chain((1, 1), 700, 2, zero=-128)
    rows = chain.rng.integers(0, np.array([[127, 40, 30, 4, 3, 2, 1]]).T + 1, (7, 700))
    rows[::2] *= -1
    chain.dense(rows, 0.001, 0.06, after)
    return chain.file(chain.first, chain.last)


def halves() -> bytes:
    """A shift of 2: every fourth sum or so lies between two values, and a negative one is rounded down."""
    chain = Chain((1, 1), 6, 4)
    chain.dense(chain.rng.integers(-2, 3, (60, 6)), 0.01, 0.0011, "NONE")
    return chain.file(chain.first, chain.last)


NETWORKS = {"mixed": mixed(), "halves": halves(), "large": large("NONE"), "large, ReLU": large("RELU")}


@pytest.mark.parametrize("tflite", NETWORKS.values(), ids=NETWORKS)
def test_the_c(tflite: bytes) -> None:
    check(tflite, 3, SETS)
    for isa, optimise in SETS:
        check_plan(tflite, isa, optimise)


@pytest.mark.parametrize("tflite", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("stream", ["off", "on"])
@pytest.mark.emulator
@pytest.mark.skipif(not cortex_m.available(), reason="needs arm-none-eabi-gcc and qemu-system-arm")
def test_the_assembly(tflite: bytes, stream: str, tmp_path: Path) -> None:
    model = compile_model(tflite, isa="armv6m", fpu=False, stream=stream)
    assert "aot_armv6m_sums.c" in model.kernels and "aot_conv_s8.c" not in model.kernels
    inputs = engine.random_inputs(model, 4, 5)
    got = cortex_m.run(model, inputs, "armv6m", "speed", tmp_path)
    np.testing.assert_array_equal(got, engine.reference(tflite, inputs))
