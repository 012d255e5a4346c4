"""The assembly of the DSP and MVE kernels, each form of it, on emulated cores against the official interpreter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.compiler import engine
from tests.compiler.graphs import Graph, padding
from tests.kernels import cortex_m
from toolkit.compiler import compile_model, slots

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.skipif(not cortex_m.available(), reason="needs arm-none-eabi-gcc and qemu-system-arm"),
]

Case = tuple[int, int, int, bool, bool, bool]
VectorCase = tuple[int, int, int, int, int, int, int, bool, bool, str]

# (input channels, output channels, kernel, pool, padding, depthwise): each takes another way through the kernels.
CASES = [
    pytest.param((1, 1, 3, True, False, False), id="image, even channels only"),
    pytest.param((1, 12, 3, True, False, False), id="image, shifts in both words"),
    pytest.param((1, 13, 3, True, False, False), id="too many channels for the image kernel"),
    pytest.param((3, 4, 3, True, False, False), id="pooled tile"),
    pytest.param((3, 7, 3, True, False, False), id="pooled tile with an empty lane"),
    pytest.param((2, 6, 3, True, False, False), id="pooled tile and a rest of two"),
    pytest.param((5, 5, 3, True, False, False), id="too large to unroll, and a rest of one"),
    pytest.param((4, 3, 2, True, False, False), id="pooled, two kernel rows"),
    pytest.param((6, 5, 1, True, False, False), id="pooled pointwise"),
    pytest.param((8, 6, 1, False, False, False), id="pointwise"),
    pytest.param((4, 8, 3, False, True, False), id="padded tile"),
    pytest.param((16, 7, 3, False, True, False), id="padded, too large to unroll"),
    pytest.param((8, 8, 3, False, True, True), id="depthwise, padded"),
    pytest.param((12, 12, 3, False, False, True), id="depthwise"),
    pytest.param((8, 8, 5, False, True, True), id="depthwise of 25 taps"),
    pytest.param((4, 4, 6, False, True, True), id="too many taps for the quick depthwise kernel"),
    pytest.param((24, 24, 3, False, True, True), id="depthwise, three eights"),
    pytest.param((1, 7, 3, True, False, False), id="image, three groups"),
    pytest.param((40, 5, 3, True, False, False), id="pooled, many steps and a rest of one"),
    pytest.param((40, 11, 3, False, True, False), id="padded, many steps and a rest of three"),
    pytest.param((34, 4, 3, True, False, False), id="pooled, seven steps a turn"),
    pytest.param((224, 5, 1, False, False, False), id="pointwise, seven steps a turn"),
    pytest.param((300, 6, 1, False, False, False), id="pointwise, many steps"),
]

# (height, width, input channels, output channels, kernel's height and width, stride, padding, depthwise, activation):
# the forms of the MVE kernels that those do not have.
VECTOR_CASES: dict[str, VectorCase] = {
    "depthwise, wide, the last columns twice": (4, 21, 20, 20, 3, 3, 1, True, True, "RELU"),
    "depthwise, stride 2, in several pieces": (7, 19, 24, 24, 3, 3, 2, True, True, "NONE"),
    "depthwise, far columns, two rows of taps": (6, 9, 132, 132, 2, 3, 1, True, True, "RELU6"),
    "depthwise, 4x4, four columns a load": (6, 7, 4, 4, 4, 4, 1, True, True, "NONE"),
    "depthwise, one row of taps": (9, 9, 6, 6, 1, 2, 1, False, True, "RELU"),
    "depthwise, an image of one column": (23, 1, 17, 17, 3, 1, 1, True, True, "NONE"),
    "gathered, sixteen channels and one": (11, 10, 1, 17, 7, 4, 2, True, False, "RELU"),
    "gathered, more than are gathered at once": (5, 21, 3, 8, 3, 3, 2, True, False, "RELU6"),
    "pointwise, odd count, 48 channels and 5": (3, 5, 40, 53, 1, 1, 1, False, False, "RELU"),
    "pointwise, output far apart": (3, 3, 64, 140, 1, 1, 1, False, False, "NONE"),
    "pointwise, a loop of steps, 24 channels": (3, 4, 272, 24, 1, 1, 1, False, False, "RELU"),
    "padded, loops of steps and rows": (5, 5, 130, 9, 3, 3, 1, True, False, "NONE"),
}


def _network(case: Case, seed: int) -> bytes:
    """A convolution, LeakyReLU, and perhaps a 2x2 max-pool."""
    in_c, out_c, kernel, pooled, same, depthwise = case
    rng = np.random.default_rng(seed)
    g = Graph()
    size, zero = 9, int(rng.integers(-128, 128))
    out = size if same else size - kernel + 1
    source = g.tensor((1, size, size, in_c), "int8", 0.02, zero)
    scales = [float(s) for s in rng.uniform(0.002, 0.02, out_c)]
    shape = (1, kernel, kernel, out_c) if depthwise else (out_c, kernel, kernel, in_c)
    weights = g.tensor(shape, "int8", scales, 0, 3 if depthwise else 0, rng.integers(-127, 128, shape))
    bias = g.tensor((out_c,), "int32", [0.02 * s for s in scales], data=rng.integers(-3000, 3000, out_c))
    # One channel's sums are small, and some are to be saturated, but not most.
    scales_after = (0.4, 0.3) if in_c == 1 else (0.05, 0.04)
    conv, leaky = (g.tensor((1, out, out, out_c), "int8", scales_after[i], (9, -20)[i]) for i in (0, 1))
    members = {"padding": padding(same), "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    if depthwise:
        members["depthMultiplier"] = 1
    kind, options = ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions") if depthwise else ("CONV_2D", "Conv2DOptions")
    g.operator(kind, [source, weights, bias], [conv], options, **members)
    g.operator("LEAKY_RELU", [conv], [leaky], "LeakyReluOptions", alpha=0.1)
    if not pooled:
        return g.file(source, leaky)
    output = g.tensor((1, out // 2, out // 2, out_c), "int8", scales_after[1], -20)
    window = {"filterHeight": 2, "filterWidth": 2, "strideH": 2, "strideW": 2, "padding": padding(same=False)}
    g.operator("MAX_POOL_2D", [leaky], [output], "Pool2DOptions", **window)
    return g.file(source, output)


@pytest.mark.parametrize(
    ("isa", "optimise"),
    [
        ("armv7em", "balanced"),
        ("armv7em", "speed"),
        ("armv7em", "size"),
        ("armv8_1m_mve", "speed"),
        ("armv8_1m_mve", "size"),
    ],
)
@pytest.mark.parametrize("case", CASES)
def test_assembly_gives_the_same_bytes(case: Case, isa: str, optimise: str, tmp_path: Path) -> None:
    tflite = _network(case, sum(case))
    model = compile_model(tflite, isa=isa, fpu=True, optimise=optimise)
    if isa == "armv8_1m_mve" and case[0] == 1:
        assert "aot_conv3x3c1_pool2_mve.h" in model.kernels
    inputs = engine.random_inputs(model, 3, 5)
    got = cortex_m.run(model, inputs, isa, optimise, tmp_path)
    np.testing.assert_array_equal(got, engine.reference(tflite, inputs))


def _plain(case: VectorCase, seed: int) -> bytes:
    """A convolution or depthwise convolution with an activation."""
    height, width, in_c, out_c, kernel_h, kernel_w, stride, same, depthwise, activation = case
    rng = np.random.default_rng(seed)
    g = Graph()
    out_h, out_w = (
        -(-size // stride) if same else -(-(size - kernel + 1) // stride)
        for size, kernel in ((height, kernel_h), (width, kernel_w))
    )
    source = g.tensor((1, height, width, in_c), "int8", 0.02, int(rng.integers(-128, 128)))
    shape = (1, kernel_h, kernel_w, out_c) if depthwise else (out_c, kernel_h, kernel_w, in_c)
    taps = kernel_h * kernel_w * (1 if depthwise else in_c)
    scales = [float(s) for s in rng.uniform(0.002, 0.02, out_c)]
    weights = g.tensor(shape, "int8", scales, 0, 3 if depthwise else 0, rng.integers(-127, 128, shape))
    bias = g.tensor((out_c,), "int32", [0.02 * s for s in scales], data=rng.integers(-3000, 3000, out_c))
    zero = {"NONE": 9, "RELU": -128, "RELU6": -50}[activation]
    conv = g.tensor((1, out_h, out_w, out_c), "int8", 0.01 * taps**0.5, zero)
    code = ["NONE", "RELU", "RELU_N1_TO_1", "RELU6"].index(activation)
    members = {"padding": padding(same), "strideH": stride, "strideW": stride, "fusedActivationFunction": code}
    members |= {"dilationHFactor": 1, "dilationWFactor": 1} | ({"depthMultiplier": 1} if depthwise else {})
    kind, options = ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions") if depthwise else ("CONV_2D", "Conv2DOptions")
    g.operator(kind, [source, weights, bias], [conv], options, **members)
    return g.file(source, conv)


@pytest.mark.parametrize(
    ("case", "optimise"),
    # A depthwise layer's assembly is the same for size, and CASES have what calls it.
    [
        pytest.param(case, optimise, id=f"{name} for {optimise}")
        for name, case in VECTOR_CASES.items()
        for optimise in ("speed", "size")
        if optimise == "speed" or not case[8]
    ],
)
def test_vectors_give_the_same_bytes(case: VectorCase, optimise: str, tmp_path: Path) -> None:
    tflite = _plain(case, sum(case[:6]))
    model = compile_model(tflite, isa="armv8_1m_mve", fpu=True, optimise=optimise)
    header = "aot_depthwise4x4_mve.h" if case[8] else "aot_gemm_mve.h"
    assert header in model.kernels
    inputs = engine.random_inputs(model, 3, 5)
    expected = engine.reference(tflite, inputs)
    np.testing.assert_array_equal(cortex_m.run(model, inputs, "armv8_1m_mve", optimise, tmp_path), expected)
    np.testing.assert_array_equal(engine.run(model, inputs), expected, err_msg="the twin in C")


def test_two_positions_are_read_before_their_outputs_cover_them(tmp_path: Path) -> None:
    """The first channels of a position were written over its neighbour, which was still to be read for the others."""
    tflite = _plain((28, 1, 40, 128, 1, 1, 1, False, False, "RELU"), 3)
    model = compile_model(tflite, isa="armv8_1m_mve", fpu=True)
    assert model.arena_bytes < 28 * (40 + 128)
    inputs = engine.random_inputs(model, 3, 5)
    got = cortex_m.run(model, inputs, "armv8_1m_mve", "balanced", tmp_path)
    np.testing.assert_array_equal(got, engine.reference(tflite, inputs))


@pytest.mark.parametrize("isa", cortex_m.CORES)
def test_padding_behind_a_row_is_kept(isa: str, tmp_path: Path) -> None:
    """GCC 12 took the masked store of the row's last bytes for a whole one, and left the padding below it out."""
    rng = np.random.default_rng(4)
    g = Graph()
    source = g.tensor((1, 1, 9, 1), "int8", 0.02, 90)
    weights = g.tensor((2, 1, 2, 1), "int8", [0.01], data=rng.integers(-127, 128, (2, 1, 2, 1)))
    bias = g.tensor((2,), "int32", [0.0002], data=rng.integers(-3000, 3000, 2))
    conv = g.tensor((1, 1, 5, 2), "int8", 0.05, 4)
    members = {"padding": padding(same=True), "strideH": 1, "strideW": 2, "dilationHFactor": 1, "dilationWFactor": 1}
    g.operator("CONV_2D", [source, weights, bias], [conv], "Conv2DOptions", **members)
    tflite = g.file(source, conv)
    model = compile_model(tflite, isa=isa, fpu=True)
    inputs = engine.random_inputs(model, 3, 5)
    got = cortex_m.run(model, inputs, isa, "speed", tmp_path)
    np.testing.assert_array_equal(got, engine.reference(tflite, inputs))


@pytest.mark.parametrize("depthwise", [False, True])
def test_another_network_of_that_shape_has_the_same_kernels(depthwise: bool) -> None:
    """Zero points and activations are operands where a board takes other networks: tinyml update."""
    networks = [
        _plain((6, 7, 8, 8, 3, 3, 1, True, depthwise, activation), seed)
        for seed, activation in enumerate(("NONE", "RELU", "RELU6"))
    ]
    kernels = [slots.take_apart(each, isa="armv8_1m_mve", fpu=True).kernels for each in networks]
    assert kernels[0] == kernels[1] == kernels[2]
