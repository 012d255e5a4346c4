"""Networks of one operator between scales and types, and transposed convolutions; as in `single`."""

from __future__ import annotations

import numpy as np

from tests.compiler.graphs import activation, padding
from tests.reference.sketch import Drawing, Drawn, Sketch


def _binary(kind: str) -> Drawing:
    def draw(sketch: Sketch, dtype: str) -> Drawn:
        shape = sketch.shape()
        a, b = sketch.broadcast(shape)
        inputs = [sketch.given(a, dtype), sketch.either(b, dtype)]
        return sketch.done(kind, inputs, [sketch.made(shape, dtype)], f"{kind.title()}Options")

    return draw


def _ends(sketch: Sketch, dtype: str) -> tuple[float | None, int]:
    """A scale and a zero point of every integer type; int16 has one too where only QUANTIZE and DEQUANTIZE see it."""
    if dtype == "float32":
        return None, 0
    zero = {"int8": sketch.size(-128, 127), "uint8": sketch.size(0, 255), "int16": sketch.size(-9, 9)}.get(dtype, 0)
    return sketch.scale(1e-4, 0.9), zero


def _quantize(sketch: Sketch, dtype: str) -> Drawn:
    source, to = dtype.split(" to ") if " to " in dtype else (dtype, dtype)
    shape = sketch.shape(longest=12)
    inputs = [sketch.given(shape, source, _ends(sketch, source))]
    return sketch.done("QUANTIZE", inputs, [sketch.made(shape, to, _ends(sketch, to))], "QuantizeOptions")


def _dequantize(sketch: Sketch, dtype: str) -> Drawn:
    source = dtype.split(" to ", maxsplit=1)[0]
    shape = sketch.shape(longest=12)
    inputs = [sketch.given(shape, source, _ends(sketch, source))]
    return sketch.done("DEQUANTIZE", inputs, [sketch.made(shape, "float32")], "DequantizeOptions")


def _broadcast_args(sketch: Sketch, dtype: str) -> Drawn:
    shape = sketch.shape()
    a, b = sketch.broadcast(shape)
    graph = sketch.graph
    known = sketch.made((len(a),), "int32")
    output = sketch.made((max(len(a), len(b)),), "int32")
    graph.operator("SHAPE", [sketch.given(a, "int8")], [known], "ShapeOptions", outType=2)
    return sketch.done("BROADCAST_ARGS", [known, sketch.constant(b)], [output])


def _transpose_conv(sketch: Sketch, dtype: str) -> Drawn:
    kind = dtype.split(" to ")[1]
    height, width, depth, channels = (sketch.size(1, most) for most in (5, 5, 4, 4))
    rows, columns, stride, same = sketch.size(1, 4), sketch.size(1, 4), sketch.size(1, 3), sketch.chance()
    out = [size * stride if same else (size - 1) * stride + tap for size, tap in ((height, rows), (width, columns))]
    weights = (channels, rows, columns, depth)
    scaled = to = sketch.quantisation(kind)
    inputs = [sketch.constant([1, *out, channels])]
    if kind == "float32":
        inputs.append(sketch.constant(sketch.values(weights, kind), kind))
        bias = sketch.constant(sketch.values((channels,), kind), kind)
    else:
        scales = [sketch.scale(1e-3, 1e-1) for _ in range(channels)]
        data = sketch.random.integers(-127, 128, weights)
        inputs.append(sketch.graph.tensor(weights, "int8", scales, 0, 0, data=data))
        assert scaled[0] is not None
        wide = "int64" if kind == "int16" else "int32"
        summands = sketch.random.integers(-5000, 5000, channels)
        bias = sketch.constant(summands, wide, (scaled[0] * scales[0], 0))
        size = scaled[0] * max(scales) * float(np.sqrt(rows * columns * depth)) * 70
        to = (size * sketch.scale(0.3, 1.0), sketch.quantisation(kind)[1])
    inputs.append(sketch.given((1, height, width, depth), kind, scaled))
    if sketch.chance(0.7):
        inputs.append(bias)
    fused = activation(str(sketch.random.choice(["NONE", "RELU"])))
    return sketch.done(
        "TRANSPOSE_CONV",
        inputs,
        [sketch.made((1, *out, channels), kind, to)],
        "TransposeConvOptions",
        padding=padding(same),
        strideH=stride,
        strideW=stride,
        fusedActivationFunction=fused,
    )


def _batch_matmul(sketch: Sketch, dtype: str) -> Drawn:
    outer = sketch.shape(least=0, most=2, longest=3)
    a, b = sketch.broadcast(outer) if outer else (outer, outer)
    rows, inner, columns = (sketch.size(1, most) for most in (5, 20, 5))
    left, right = sketch.quantisation(dtype), sketch.quantisation(dtype)
    adjoint = [sketch.chance(0.3), sketch.chance(0.3)]
    first = (*a, inner, rows) if adjoint[0] else (*a, rows, inner)
    second = (*b, columns, inner) if adjoint[1] else (*b, inner, columns)
    to = left
    if left[0] is not None and right[0] is not None:
        full = 20_000 if dtype == "int16" else 70
        to = (left[0] * right[0] * float(np.sqrt(inner)) * full, 0 if dtype == "int16" else sketch.size(-20, 20))
    inputs = [sketch.given(first, dtype, left), sketch.given(second, dtype, right)]
    output = sketch.made((*np.broadcast_shapes(a, b), rows, columns), dtype, to)
    return sketch.done("BATCH_MATMUL", inputs, [output], "BatchMatMulOptions", adjX=adjoint[0], adjY=adjoint[1])


_REQUANTISED = (
    *("float32 to int16", "float32 to int8", "int16", "int16 to int32", "int16 to int8", "int32 to int16"),
    *("int32 to int8", "int8", "int8 to int16", "int8 to int32", "int8 to uint8", "uint8 to int8"),
)

DRAWINGS: dict[str, tuple[Drawing, tuple[str, ...]]] = {
    **{kind: (_binary(kind), ("float32", "int32")) for kind in ("ADD", "SUB", "MUL")},
    "QUANTIZE": (_quantize, _REQUANTISED),
    "DEQUANTIZE": (_dequantize, tuple(f"{dtype} to float32" for dtype in ("int16", "int8", "uint8"))),
    "BROADCAST_ARGS": (_broadcast_args, ("int32",)),
    "TRANSPOSE_CONV": (_transpose_conv, tuple(f"int32 to {dtype}" for dtype in ("float32", "int16", "int8"))),
    "BATCH_MATMUL": (_batch_matmul, ("float32", "int16", "int8")),
}
