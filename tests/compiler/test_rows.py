"""Rows that stream: random chains, row by row, against the official interpreter; what is kept; what is told."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compiler import engine
from tests.compiler.checks import FLOAT_TOLERANCE, bounded
from tests.compiler.graphs import Graph, activation, out_size, padding
from toolkit import resources
from toolkit.compiler import compile_model
from toolkit.errors import ModelError

VARIANTS = (("native", "speed"), ("armv7em", "speed"), ("armv8_1m_mve", "size"))


def _scale(g: Graph, tensor: int) -> tuple[float | None, int]:
    described = g.graph.tensors[tensor].quantization
    return (float(described.scale[0]), int(described.zeroPoint[0])) if described else (None, 0)


def _layer(draw: Any, g: Graph, rng: Any, last: int, shape: list[int]) -> tuple[int, list[int]]:
    """One more layer behind `last`, whose shape is [height, width, channels]."""
    dtype = "int8" if g.graph.tensors[last].quantization else "float32"
    kind = draw(st.sampled_from(["conv", "conv", "depthwise", "pool", "average", "leaky"]))
    *size, channels = shape
    same = draw(st.booleans())
    kernel = [draw(st.integers(1, 3)) if same else draw(st.integers(1, min(3, size[i]))) for i in (0, 1)]
    stride = [draw(st.integers(1, 3)), draw(st.integers(1, 2))]
    scale, zero = _scale(g, last)
    if kind == "leaky":
        out = g.tensor((1, *shape), dtype, None if scale is None else scale * 1.1, 3 if scale else 0)
        g.operator("LEAKY_RELU", [last], [out], "LeakyReluOptions", alpha=0.2)
        return out, shape
    spread = [out_size(size[i], kernel[i], stride[i], 1, same) for i in (0, 1)]
    if kind in ("pool", "average"):
        out = g.tensor((1, *spread, channels), dtype, scale, zero)
        name = "MAX_POOL_2D" if kind == "pool" else "AVERAGE_POOL_2D"
        members = {"filterHeight": kernel[0], "filterWidth": kernel[1], "strideH": stride[0], "strideW": stride[1]}
        g.operator(name, [last], [out], "Pool2DOptions", **members, padding=padding(same))
        return out, [*spread, channels]
    depthwise = kind == "depthwise"
    out_c = channels if depthwise else draw(st.integers(1, 5))
    weights_shape = (1, *kernel, channels) if depthwise else (out_c, *kernel, channels)
    if dtype == "int8":
        assert scale is not None
        weights = g.tensor(weights_shape, dtype, 0.01, 0, 0, rng.integers(-127, 128, weights_shape))
        bias = g.tensor((out_c,), "int32", 0.01 * scale, 0, 0, rng.integers(-500, 500, out_c))
        out = g.tensor((1, *spread, out_c), dtype, draw(st.sampled_from([0.02, 0.06])), draw(st.integers(-128, 127)))
    else:
        weights = g.tensor(weights_shape, dtype, data=rng.normal(size=weights_shape) / 3)
        bias = g.tensor((out_c,), dtype, data=rng.normal(size=out_c))
        out = g.tensor((1, *spread, out_c), dtype)
    values = {
        "padding": padding(same),
        "strideH": stride[0],
        "strideW": stride[1],
        "dilationHFactor": 1,
        "dilationWFactor": 1,
        "fusedActivationFunction": activation(draw(st.sampled_from(["NONE", "RELU"]))),
    }
    if depthwise:
        options = ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions", {"depthMultiplier": 1})
    else:
        options = ("CONV_2D", "Conv2DOptions", {})
    g.operator(options[0], [last, weights, bias], [out], options[1], **values, **options[2])
    return out, [*spread, out_c]


def _residual(draw: Any, g: Graph, rng: Any, last: int, shape: list[int]) -> int:
    """A 3x3 or two beside the way past them, and their sum; a third reader of what comes in, perhaps."""
    described = g.graph.tensors[last].quantization
    zero = int(described.zeroPoint[0])
    channels = shape[2]
    way = last
    for _ in range(draw(st.integers(1, 2))):
        weights = g.tensor(
            (channels, 3, 3, channels), "int8", 0.01, 0, 0, rng.integers(-99, 99, (channels, 3, 3, channels))
        )
        bias = g.tensor((channels,), "int32", 0.0005, 0, 0, rng.integers(-500, 500, channels))
        out = g.tensor((1, *shape), "int8", 0.05, draw(st.integers(-20, 20)))
        values = {"padding": padding(True), "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
        g.operator("CONV_2D", [way, weights, bias], [out], "Conv2DOptions", **values)
        way = out
    total = g.tensor((1, *shape), "int8", 0.06, zero)
    g.operator("ADD", draw(st.permutations([last, way])), [total], "AddOptions")
    return total


@st.composite
def residuals(draw: Any) -> tuple[bytes, int]:
    """Chains with ways past some of their layers, and perhaps a mean at the end."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    g = Graph()
    shape = [draw(st.integers(3, 9)), draw(st.integers(3, 7)), draw(st.integers(1, 4))]
    source = last = g.tensor((1, *shape), "int8", 0.05, 5)
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            last, shape = _layer(draw, g, rng, last, shape)
        last = _residual(draw, g, rng, last, shape)
    if draw(st.booleans()):
        axes = g.tensor((2,), "int32", data=np.array([1, 2]))
        mean = g.tensor((1, shape[2]), "int8", 0.04, 1)
        g.operator("MEAN", [last, axes], [mean], "ReducerOptions", keepDims=False)
        last = mean
    return g.file(source, last), seed % 1000


@st.composite
def chains(draw: Any, dtype: str) -> tuple[bytes, int]:
    """One to five layers in a row."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    g = Graph()
    shape = [draw(st.integers(3, 12)), draw(st.integers(3, 9)), draw(st.integers(1, 4))]
    source = last = g.tensor((1, *shape), dtype, 0.03 if dtype == "int8" else None, 5 if dtype == "int8" else 0)
    for _ in range(draw(st.integers(1, 5))):
        last, shape = _layer(draw, g, rng, last, shape)
    return g.file(source, last), seed % 1000


def _hold(tflite: bytes, seed: int, variants: tuple[tuple[str, str], ...]) -> None:
    expected = None
    for isa, optimise in variants:
        for stream in ("on", "rows"):
            try:
                model = compile_model(tflite, isa=isa, fpu=True, optimise=optimise, stream=stream)
            except ModelError:
                assert stream == "rows"
                continue
            inputs = engine.random_inputs(model, 2, seed)
            expected = engine.reference(tflite, inputs) if expected is None else expected
            got = engine.run(model, inputs)
            if model.outputs[0].dtype == "int8":
                np.testing.assert_array_equal(got, expected, err_msg=f"{isa} {optimise} {stream}")
            else:
                np.testing.assert_allclose(got, expected, rtol=FLOAT_TOLERANCE, atol=FLOAT_TOLERANCE)


@settings(bounded, max_examples=3)
@given(chains("int8"))
def test_chains_of_int8(case: tuple[bytes, int]) -> None:
    _hold(*case, VARIANTS)


@settings(bounded, max_examples=3)
@given(residuals())
def test_ways_past_layers_and_means(case: tuple[bytes, int]) -> None:
    _hold(*case, VARIANTS[:2])


@settings(bounded, max_examples=3)
@given(chains("float32"))
def test_chains_of_float32(case: tuple[bytes, int]) -> None:
    _hold(*case, VARIANTS[:1])


def test_a_pad_below_and_at_the_sides() -> None:
    g = Graph()
    rng = np.random.default_rng(4)
    source = g.tensor((1, 6, 5, 2), "int8", 0.05, 5)
    padded = g.tensor((1, 7, 7, 2), "int8", 0.05, 5)
    g.operator("PAD", [source, g.tensor((4, 2), "int32", data=np.array([[0, 0], [0, 1], [1, 1], [0, 0]]))], [padded])
    weights = g.tensor((3, 3, 3, 2), "int8", 0.01, 0, 0, rng.integers(-99, 99, (3, 3, 3, 2)))
    out = g.tensor((1, 3, 3, 3), "int8", 0.05, -7)
    values = {"padding": padding(False), "strideH": 2, "strideW": 2, "dilationHFactor": 1, "dilationWFactor": 1}
    bias = g.tensor((3,), "int32", 0.0005, 0, 0, np.array([7, -80, 300]))
    g.operator("CONV_2D", [padded, weights, bias], [out], "Conv2DOptions", **values)
    tflite = g.file(source, out)
    assert compile_model(tflite, isa="native", fpu=True, stream="rows").streamed == 2
    _hold(tflite, 3, VARIANTS[:1])


def test_a_window_that_slides_too_far_would_be_seen() -> None:
    tflite = (resources.models() / "proposed" / "proposed_int8.tflite").read_bytes()
    sound = compile_model(tflite, isa="native", fpu=True, stream="rows")
    inputs = engine.random_inputs(sound, 2, 1)
    expected = engine.reference(tflite, inputs)
    np.testing.assert_array_equal(engine.run(sound, inputs), expected)
    text = sound.sources["model.c"]
    assert text.count(".step = 2") == 2
    wrong = dataclasses.replace(sound, sources=sound.sources | {"model.c": text.replace(".step = 2", ".step = 3", 1)})
    assert not np.array_equal(engine.run(wrong, inputs), expected)


def test_what_the_proposed_network_keeps() -> None:
    """Four rows of each tensor that a 3x3 with a pool of 2x2 reads: the fourth only while it is read, and of the input
    the third as well, behind which nothing is computed before the fourth comes."""
    tflite = (resources.models() / "proposed" / "proposed_int8.tflite").read_bytes()
    model = compile_model(tflite, isa="avr", fpu=False, stream="rows")
    assert (model.streamed, model.row_bytes) == (2, 28)
    kept = {kind: sorted(b.bytes for b in model.plan if b.kind == kind) for kind in ("rows", "row")}
    assert kept == {"rows": [2 * 28, 3 * 39], "row": [39, 2 * 28]}
    assert model.arena_bytes <= 384


def _in_twos(height: int, stride: int) -> bytes:
    """Odd widths: a convolution, depthwise and pointwise layers, and a sum past them."""
    rng = np.random.default_rng(height)
    g = Graph()
    source = g.tensor((1, stride * height, 7 * stride, 3), "int8", 0.05, 5)

    def layer(last: int, in_c: int, kernel: int, step: int, depthwise: bool = False) -> int:
        shape = (1, kernel, kernel, in_c) if depthwise else (8, kernel, kernel, in_c)
        weights = g.tensor(shape, "int8", 0.01, 0, 0, rng.integers(-99, 99, shape))
        bias = g.tensor((8,), "int32", 0.0005, 0, 0, rng.integers(-500, 500, 8))
        out = g.tensor((1, height, 7, 8), "int8", 0.05, int(rng.integers(-20, 20)))
        values = {
            "padding": padding(True),
            "strideH": step,
            "strideW": step,
            "dilationHFactor": 1,
            "dilationWFactor": 1,
        }
        if depthwise:
            g.operator(
                "DEPTHWISE_CONV_2D",
                [last, weights, bias],
                [out],
                "DepthwiseConv2DOptions",
                **values,
                depthMultiplier=1,
            )
        else:
            g.operator("CONV_2D", [last, weights, bias], [out], "Conv2DOptions", **values)
        return out

    first = layer(source, 3, 3, stride)
    way = layer(layer(first, 8, 3, 1, depthwise=True), 8, 1, 1)
    total = g.tensor((1, height, 7, 8), "int8", 0.06, -3)
    g.operator("ADD", [first, way], [total], "AddOptions")
    last = layer(layer(total, 8, 3, 1, depthwise=True), 8, 1, 1)
    mean = g.tensor((1, 8), "int8", 0.04, 1)
    axes = g.tensor((2,), "int32", data=np.array([1, 2]))
    g.operator("MEAN", [last, axes], [mean], "ReducerOptions", keepDims=False)
    return g.file(source, mean)


@pytest.mark.parametrize(("height", "stride"), [(31, 1), (32, 2)])
def test_rows_in_twos(height: int, stride: int) -> None:
    """Two rows at once, and the last one by itself; layers that take the two one by one."""
    tflite = _in_twos(height, stride)
    model = compile_model(tflite, isa="armv7em", fpu=True, stream="on")
    text = model.sources["model.c"]
    twos = text.count("| AOT_TWO_ROWS}")
    assert twos >= 3 and text.count("_last, ") == (twos if height % 2 else 0)
    inputs = engine.random_inputs(model, 3, 5)
    np.testing.assert_array_equal(engine.run(model, inputs), engine.reference(tflite, inputs))


def test_where_nothing_is_gained_tensors_lie_whole() -> None:
    tflite = (resources.models() / "proposed" / "proposed_int8.tflite").read_bytes()
    auto, off = (compile_model(tflite, isa="armv7em", fpu=True, stream=each) for each in ("auto", "off"))
    assert auto == off
