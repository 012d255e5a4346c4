"""Layers as a product of matrices, weights as int8 and as int16: every byte, and the layers that must go elsewhere."""

from __future__ import annotations

import functools
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.compiler.checks import bounded, check, check_plan
from tests.compiler.graphs import ACTIVATIONS, Graph, activation, out_size, padding
from toolkit import resources
from toolkit.artifacts import OPTIMISATIONS
from toolkit.compiler import compile_model
from toolkit.compiler.lower import Target

SCALAR = (("armv6m", "speed"), ("rv32", "speed"))
DSP = tuple(("armv7em", each) for each in OPTIMISATIONS)
KERNEL = "aot_gemm_dsp.c"


@st.composite
def layers(draw: Any, least: int = 8) -> tuple[bytes, int]:
    """A convolution of some channels, 8 or more unless `least` says otherwise, on an image of any width, perhaps a
    pool."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    in_c, out_c = draw(st.sampled_from([1, 2, 3, 4, 6, 8, 13, 40])), draw(st.integers(least, least + 6))
    window, stride = (
        (draw(st.integers(1, 4)), draw(st.integers(1, 4))),
        (draw(st.integers(1, 2)), draw(st.integers(1, 3))),
    )
    dilation, same = draw(st.sampled_from([1, 1, 2])), draw(st.booleans())
    size = (draw(st.integers(7, 9)), draw(st.integers(4, 9)))
    out = [out_size(size[i], window[i], stride[i], (dilation, 1)[i], same) for i in (0, 1)]
    g = Graph()
    zeros = [int(z) for z in rng.integers(-128, 128, 2)]
    source = g.tensor((1, *size, in_c), "int8", 0.02, zeros[0])
    scales = [float(s) for s in rng.uniform(0.002, 0.02, out_c if draw(st.booleans()) else 1)]
    shape = (out_c, *window, in_c)
    weights = g.tensor(shape, "int8", scales, 0, 0, rng.integers(draw(st.sampled_from([-127, -127, -128])), 128, shape))
    bias = g.tensor((out_c,), "int32", [0.02 * s for s in scales], data=rng.integers(-3000, 3000, out_c))
    conv = g.tensor((1, *out, out_c), "int8", float(rng.uniform(0.03, 0.1)), zeros[1])
    members = {"padding": padding(same), "dilationHFactor": dilation, "dilationWFactor": 1}
    members |= {"strideH": stride[0], "strideW": stride[1]}
    members["fusedActivationFunction"] = activation(draw(st.sampled_from(ACTIVATIONS)))
    g.operator("CONV_2D", [source, weights, bias], [conv], "Conv2DOptions", **members)
    pool = draw(st.sampled_from([None, (2, 2), (1, 2), (3, 2)]))
    if pool is None or out[0] < pool[0] or out[1] < pool[1]:
        return g.file(source, conv), seed
    smaller = [out[i] // pool[i] for i in (0, 1)]
    pooled = g.tensor((1, *smaller, out_c), "int8", g.graph.tensors[conv].quantization.scale[0], zeros[1])
    windows = {"filterHeight": pool[0], "filterWidth": pool[1], "strideH": pool[0], "strideW": pool[1]}
    g.operator("MAX_POOL_2D", [conv], [pooled], "Pool2DOptions", padding=padding(same=False), **windows)
    return g.file(source, pooled), seed


@settings(bounded, max_examples=16)
@given(layers())
def test_convolutions(made: tuple[bytes, int]) -> None:
    tflite, seed = made
    which = (*DSP, *SCALAR)[seed % 5]
    check(tflite, seed % 1000, (which,))
    check_plan(tflite, *which)


@settings(bounded, max_examples=12)
@given(layers(1))
def test_columns_widened_for_each_tile(made: tuple[bytes, int]) -> None:
    """aot_conv_dsp_columns(), taken where rows stream in least RAM."""
    tflite, seed = made
    with mock.patch("toolkit.compiler.compile.Target", functools.partial(Target, least_scratch=True)):
        check(tflite, seed % 1000, (("armv7em", "balanced"),))
        lean = check_plan(tflite, "armv7em")
    assert lean.arena_bytes <= compile_model(tflite, isa="armv7em", fpu=True, optimise="speed").arena_bytes


def test_columns_are_taken_for_their_scratch() -> None:
    """`half` by rows on a Cortex-M4F: 704 bytes, 784 with whole rows widened."""
    tflite = (resources.models() / "half" / "half_int8.tflite").read_bytes()
    rows, off = (compile_model(tflite, isa="armv7em", fpu=True, stream=each) for each in ("rows", "off"))
    assert ["_columns(" in each.sources["model.c"] for each in (rows, off)] == [True, False]
    assert rows.arena_bytes <= 704


def test_a_pooled_convolution_widens_one_window() -> None:
    """The proposed network by rows on a Cortex-M4F."""
    tflite = (resources.models() / "proposed" / "proposed_int8.tflite").read_bytes()
    rows, on = (compile_model(tflite, isa="armv7em", fpu=True, stream=each) for each in ("rows", "on"))
    assert rows.arena_bytes <= 408 and on.arena_bytes <= 896
    assert all("aot_conv_pool2_dsp.h" in each.kernels for each in (rows, on))


def _dense(inputs: int, outputs: int, rows: int, weights: NDArray[Any], scales: list[float]) -> bytes:
    g = Graph()
    source = g.tensor((rows, inputs), "int8", 0.02, 3)
    kernel = g.tensor((outputs, inputs), "int8", scales, data=weights)
    bias = g.tensor((outputs,), "int32", [0.02 * s for s in scales], data=np.arange(outputs) * 100 - 300)
    output = g.tensor((rows, outputs), "int8", 0.1, -4)
    g.operator("FULLY_CONNECTED", [source, kernel, bias], [output], "FullyConnectedOptions")
    return g.file(source, output)


@pytest.mark.parametrize(("inputs", "outputs", "rows"), [(5, 9, 1), (90, 8, 1), (163, 11, 1), (7, 8, 2), (18, 13, 3)])
@pytest.mark.parametrize("one_scale", [True, False])
def test_dense(inputs: int, outputs: int, rows: int, one_scale: bool) -> None:
    rng = np.random.default_rng(inputs)
    scales = [0.01] if one_scale else [float(s) for s in rng.uniform(0.002, 0.02, outputs)]
    tflite = _dense(inputs, outputs, rows, rng.integers(-127, 128, (outputs, inputs)), scales)
    assert all(KERNEL in compile_model(tflite, isa=isa, fpu=True, optimise=o).kernels for isa, o in DSP)
    check(tflite, 1, ((*DSP, *SCALAR)[(inputs + one_scale) % 5],))


def _taken(tflite: bytes, optimise: str = "balanced") -> bool:
    return KERNEL in compile_model(tflite, isa="armv7em", fpu=True, optimise=optimise).kernels


@pytest.mark.parametrize(("below", "taken"), [(0, True), (5, True), (-1, False)])
def test_the_least_weight_beside_a_negative_one_has_no_room_in_a_word(below: int, taken: bool) -> None:
    """256 * -128 + c is an int16 only if c is not negative."""
    weights = np.ones((8, 4), np.int8)
    weights[3, 2], weights[2, 2] = -128, below
    tflite = _dense(4, 8, 1, weights, [0.01])
    assert (_taken(tflite), _taken(tflite, "speed")) == (taken, True)
    check(tflite, 1, DSP[:1])


@pytest.mark.parametrize(("inputs", "taken"), [(516, True), (517, False)])
def test_sums_of_an_odd_channel_fit_24_bits(inputs: int, taken: bool) -> None:
    """They are held as 256 times what they are: 128 * 127 * 516 is less than 2**23, 128 * 127 * 517 is not."""
    weights = np.full((8, inputs), 127, np.int8)
    tflite = _dense(inputs, 8, 1, weights, [0.00001])
    assert (_taken(tflite), _taken(tflite, "speed")) == (taken, True)
    check(tflite, 1, DSP[:1])
