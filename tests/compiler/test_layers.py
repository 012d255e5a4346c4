"""Random layers against the official interpreter: every int8 byte equal, every float very close."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compiler.checks import bounded, check
from tests.compiler.graphs import ACTIVATIONS, Graph, activation, out_size, padding


def _scales(draw: Any, channels: int, per_channel: bool) -> list[float]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return [float(s) for s in rng.uniform(0.002, 0.02, channels if per_channel else 1)]


def _tail(draw: Any, g: Graph, last: int, shape: list[int]) -> int:
    """Perhaps LeakyReLU and perhaps a max-pool after the tensor `last`, in either order."""
    kind = g.graph.tensors[last]
    dtype = "int8" if kind.quantization else "float32"
    int8 = kind.quantization is not None
    *out, out_c = shape
    for step in draw(st.permutations(["leaky", "pool"])):
        if step == "leaky" and draw(st.booleans()):
            scale = kind.quantization.scale[0] * draw(st.floats(0.6, 1.5)) if int8 else None
            last_zero = draw(st.integers(-128, 127)) if int8 else 0
            leaky = g.tensor((1, *out, out_c), dtype, scale, last_zero)
            alpha = draw(st.sampled_from([0.0, 0.1, 0.3, 1.5, -0.2]))
            g.operator("LEAKY_RELU", [last], [leaky], "LeakyReluOptions", alpha=alpha)
            last = leaky
        if step == "pool" and draw(st.booleans()) and min(out) > 1:
            window = draw(st.sampled_from([(2, 2), (1, 2), (3, 3), (2, 1)]))
            hop = draw(st.sampled_from([window, (2, 2), (1, 1)]))
            pool_same = draw(st.booleans()) or min(out[i] - window[i] for i in (0, 1)) < 0
            out = [out_size(out[i], window[i], hop[i], 1, pool_same) for i in (0, 1)]
            described = g.graph.tensors[last].quantization
            scale, zero = (described.scale[0], described.zeroPoint[0]) if described else (None, 0)
            pool = g.tensor((1, *out, out_c), dtype, scale, zero)
            members = {"filterHeight": window[0], "filterWidth": window[1], "strideH": hop[0], "strideW": hop[1]}
            more = {
                "padding": padding(pool_same),
                "fusedActivationFunction": activation(draw(st.sampled_from(ACTIVATIONS[:3]))),
            }
            g.operator("MAX_POOL_2D", [last], [pool], "Pool2DOptions", **members, **more)
            last = pool
    return last


@st.composite
def convolutions(draw: Any, dtype: str) -> tuple[bytes, int]:
    """A (depthwise, grouped) convolution, perhaps LeakyReLU, perhaps a max-pool, perhaps a ReLU of its own."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    depthwise = draw(st.booleans())
    groups = draw(st.sampled_from([1, 1, 1, 2]))
    in_c = draw(st.sampled_from([1, 2, 3, 4, 5, 8])) * (1 if depthwise else groups)
    out_c = in_c * draw(st.sampled_from([1, 1, 2])) if depthwise else draw(st.integers(1, 6)) * groups
    kernel = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    stride = (draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    dilation = (1, 1) if max(stride) > 1 else (draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    same = draw(st.booleans())
    size = tuple((k - 1) * d + 1 + draw(st.integers(0, 9)) for k, d in zip(kernel, dilation, strict=True))
    out = [out_size(size[i], kernel[i], stride[i], dilation[i], same) for i in (0, 1)]

    g = Graph()
    int8 = dtype == "int8"
    zero = draw(st.integers(-128, 127)) if int8 else 0
    source = g.tensor((1, *size, in_c), dtype, 0.02 if int8 else None, zero)
    shape = (1, *kernel, out_c) if depthwise else (out_c, *kernel, in_c // groups)
    axis = 3 if depthwise else 0
    if int8:
        scales = _scales(draw, out_c, draw(st.booleans()))
        weights = g.tensor(shape, dtype, scales, 0, axis, rng.integers(-127, 128, shape))
        bias_data = rng.integers(-3000, 3000, out_c)
        bias = g.tensor((out_c,), "int32", [0.02 * s for s in scales], 0, 0, bias_data)
    else:
        weights = g.tensor(shape, dtype, data=rng.normal(size=shape))
        bias = g.tensor((out_c,), dtype, data=rng.normal(size=out_c))
    conv_scale = draw(st.sampled_from([0.01, 0.05, 0.2])) if int8 else None
    conv = g.tensor((1, *out, out_c), dtype, conv_scale, draw(st.integers(-128, 127)) if int8 else 0)
    fused = activation(draw(st.sampled_from(ACTIVATIONS)))
    values = {
        "padding": padding(same),
        "strideH": stride[0],
        "strideW": stride[1],
        "dilationHFactor": dilation[0],
        "dilationWFactor": dilation[1],
        "fusedActivationFunction": fused,
    }
    inputs = [source, weights] + ([bias] if draw(st.booleans()) else [])
    if depthwise:
        multiplier = {"depthMultiplier": out_c // in_c}
        g.operator("DEPTHWISE_CONV_2D", inputs, [conv], "DepthwiseConv2DOptions", **values, **multiplier)
    else:
        g.operator("CONV_2D", [*inputs, -1][:3], [conv], "Conv2DOptions", **values)
    last = _tail(draw, g, conv, [*out, out_c])
    return g.file(source, last), seed % 1000


@bounded
@given(convolutions("int8"))
def test_int8_convolutions(case: tuple[bytes, int]) -> None:
    check(*case)


@settings(bounded, max_examples=10)
@given(convolutions("float32"))
def test_float_convolutions(case: tuple[bytes, int]) -> None:
    check(*case, variants=(("native", "speed"), ("native", "size")))
