"""Channels that give one value whatever they read: the same bytes, and the layer stays on the fast kernels."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.checks import check
from tests.compiler.graphs import Graph, activation, padding
from toolkit.compiler import compile_model

CHANNELS = 8


def network(kind: str, seed: int, *, pad: bool, tiny: bool) -> bytes:
    """A convolution of which half of the channels are dead, as training leaves them: a tiny scale, a bias near 2**30.

    Args:
        tiny: their weights are not all 0, but their sums cannot move the output.
    """
    rng = np.random.default_rng(seed)
    g = Graph()
    source = g.tensor((1, 9, 9, CHANNELS), "int8", 0.02, int(rng.integers(-128, 128)))
    depthwise = kind == "DEPTHWISE_CONV_2D"
    shape = (1, 3, 3, CHANNELS) if depthwise else (CHANNELS, 3, 3, CHANNELS)
    scales = rng.uniform(0.002, 0.02, CHANNELS)
    data = rng.integers(-127, 128, shape)
    bias_data = rng.integers(-3000, 3000, CHANNELS)
    dead = rng.permutation(CHANNELS)[: CHANNELS // 2]
    for channel in dead:
        scales[channel] = 1e-11
        bias_data[channel] = int(rng.integers(1 << 29, 1 << 30)) * int(rng.choice([-1, 1]))
        of_channel = (..., channel) if depthwise else (channel, ...)
        data[of_channel] = rng.integers(-3, 4, data[of_channel].shape) if tiny else 0
    weights = g.tensor(shape, "int8", scales.tolist(), 0, 3 if depthwise else 0, data)
    bias = g.tensor((CHANNELS,), "int32", [0.02 * s for s in scales], 0, 0, bias_data)
    size = 9 if pad else 7
    output = g.tensor((1, size, size, CHANNELS), "int8", 0.05, int(rng.integers(-128, 128)))
    fused = activation(str(rng.choice(["NONE", "RELU", "RELU6"])))
    values = {"padding": padding(pad), "strideH": 1, "strideW": 1, "fusedActivationFunction": fused}
    values |= {"dilationHFactor": 1, "dilationWFactor": 1} | ({"depthMultiplier": 1} if depthwise else {})
    options = "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions"
    g.operator(kind, [source, weights, bias], [output], options, **values)
    return g.file(source, output)


@pytest.mark.parametrize("pad", [True, False])
@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D"])
def test_they_give_what_the_interpreter_gives(kind: str, pad: bool) -> None:
    for seed in range(3):
        check(network(kind, seed, pad=pad, tiny=seed == 2), seed)


@pytest.mark.parametrize("isa", ["armv7em", "armv8_1m_mve"])
@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D"])
def test_the_layer_stays_on_the_fast_kernels(kind: str, isa: str) -> None:
    """One dead channel made portable C of the whole layer: 4.5 instructions a multiply-accumulate instead of 1.4."""
    (layer,) = compile_model(network(kind, 1, pad=True, tiny=False), isa=isa, fpu=True).layers
    assert not any(kernel.endswith("_s8.c") for kernel in layer.kernels)


def test_a_channel_that_moves_by_one_step_is_no_settled_one() -> None:
    """Both ends of its sums give neighbouring values: its weights must stay."""
    g = Graph()
    source = g.tensor((1, 4), "int8", 1.0, 0)
    weights = g.tensor((2, 4), "int8", [1 / 1024, 1 / 1024], 0, 0, np.array([[1, 1, 0, 0], [0, 0, 0, 0]]))
    bias = g.tensor((2,), "int32", [1 / 1024, 1 / 1024], 0, 0, np.array([512 + 200, 512]))
    output = g.tensor((1, 2), "int8", 1.0, 0)
    g.operator("FULLY_CONNECTED", [source, weights, bias], [output], "FullyConnectedOptions")
    tflite = g.file(source, output)
    check(tflite, 3)
    text = compile_model(tflite, isa="native", fpu=True, optimise="size").sources["model.c"]
    assert "1, 1, 0, 0, 0, 0, 0, 0" in text
