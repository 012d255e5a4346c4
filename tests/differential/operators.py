"""Operators without weights: functions, arithmetic, reductions, matrix products, moves."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tests.differential.draft import Draft
from tests.differential.layers import leaky

_UNARY_OPTIONS = {
    "HARD_SWISH": "HardSwishOptions", "ABS": "AbsOptions", "NEG": "NegOptions", "SQUARE": "SquareOptions",
    "EXP": "ExpOptions", "QUANTIZE": "QuantizeOptions",
}  # fmt: skip


def unary(kind: str) -> Callable[[Draft], tuple[int, int]]:
    def draw(n: Draft) -> tuple[int, int]:
        d = n.dice
        zero = -128 if kind in ("SQRT", "RSQRT") else d.zero()
        source = n.tensor((1, 256), d.scale(), zero)
        scale = n.scale(source)
        if kind == "LOGISTIC":
            output = n.tensor((1, 256), 1 / 256, -128)
        elif kind == "TANH":
            output = n.tensor((1, 256), 1 / 128, 0)
        elif kind in ("RELU6", "RELU_N1_TO_1"):
            output = n.like(source)
        elif kind == "HARD_SWISH":
            output = n.tensor((1, 256), d.near(scale), d.zero())
        elif kind == "SQRT":
            output = n.tensor((1, 256), d.scale_after(math.sqrt(scale), 16), d.zero())
        elif kind == "RSQRT":
            output = n.tensor((1, 256), d.scale_after(1 / math.sqrt(scale), 1), d.zero())
        else:
            output = n.tensor((1, 256), d.near(scale), d.zero())
        n.graph.operator(kind, [source], [output], _UNARY_OPTIONS.get(kind, ""))
        return source, output

    return draw


def leaky_relu(n: Draft) -> tuple[int, int]:
    """LEAKY_RELU alone."""
    source = n.fresh((1, 256))
    return source, leaky(n, source)


def binary(kind: str) -> Callable[[Draft], tuple[int, int]]:
    def draw(n: Draft) -> tuple[int, int]:
        d = n.dice
        shape = [*d.shape(0, 3, 6), d.small(1, 40)]
        other = [1 if d.chance(0.25) else s for s in shape][d.number(0, len(shape) - 1) if d.chance(0.3) else 0 :]
        source = n.fresh(shape)
        a = n.scale(source)
        # Powers of two bring both operands to one scale without a rounding: then the output's alone decides.
        b = d.pick((a, a / 2, a * 2, d.fraction(a))) if d.fine else d.pick((d.fraction(a), d.scale()))
        if d.chance(0.5):
            zero = d.zero()
            data = d.operand(other, zero) if n.int8 else np.abs(d.reals(other)) + 0.1
            second = n.tensor(other, b, zero, data)
        else:
            # The same values in another scale: both operands are computed.
            second = n.tensor(shape, b, d.zero())
            n.graph.operator("LEAKY_RELU", [source], [second], "LeakyReluOptions", alpha=d.pick((0.1, -1.0)))
            if kind == "DIV":
                second = n.constant(shape, b, d.zero())
        scale = d.scale_after(a * b, 2 * 127 if d.fine else 127 * 127) if kind == "MUL" else d.near(max(a, b))
        operands = [source, second] if d.chance(0.5) or kind == "DIV" else [second, source]
        output = n.tensor(np.broadcast_shapes(shape, tuple(n.shape(second))), scale, d.zero())
        members = {"fusedActivationFunction": n.fused()}
        n.graph.operator(kind, operands, [output], f"{kind.capitalize()}Options", **members)
        return source, output

    return draw


def reduction(kind: str) -> Callable[[Draft], tuple[int, int]]:
    def draw(n: Draft) -> tuple[int, int]:
        d = n.dice
        shape = [1, *d.shape(1, 3, 9)]
        axes = sorted({d.number(1, len(shape) - 1) for _ in range(d.number(1, 3))})
        keep = d.chance(0.5)
        out = [1 if i in axes else s for i, s in enumerate(shape) if keep or i not in axes]
        count = math.prod(shape[i] for i in axes)
        source = n.fresh(shape)
        which = n.graph.tensor((len(axes),), "int32", data=np.array([a - len(shape) * d.number(0, 1) for a in axes]))
        output = n.after(out, n.scale(source), 127 if kind == "MEAN" else 127 * math.sqrt(count))
        n.graph.operator(kind, [source, which], [output], "ReducerOptions", keepDims=keep)
        return source, output

    return draw


def batch_matmul(n: Draft) -> tuple[int, int]:
    """BATCH_MATMUL of the input with a constant, or with what was made of itself."""
    d = n.dice
    rows, inner, columns = d.small(1, 7), d.small(1, 24), d.small(1, 7)
    own = d.chance(0.4)
    if own:
        columns = rows
    batch = d.shape(0, 2, 3)
    adj_x, adj_y = d.chance(0.5), d.chance(0.5)
    a = (*batch, *((inner, rows) if adj_x else (rows, inner)))
    b = (*(1 if d.chance(0.3) else s for s in batch), *((columns, inner) if adj_y else (inner, columns)))
    source = n.fresh(a)
    if own:
        adj_y = not adj_x
        second = leaky(n, source)
    else:
        second = n.constant(b, d.pick((d.scale(), d.fraction(n.scale(source)))), d.zero())
    unit = n.scale(source) * n.scale(second)
    output = n.after((*batch, rows, columns), unit, 74 * (2 if d.fine and not own else 74) * 2 * math.sqrt(inner))
    n.graph.operator("BATCH_MATMUL", [source, second], [output], "BatchMatMulOptions", adjX=adj_x, adjY=adj_y)
    return source, output


def softmax(n: Draft) -> tuple[int, int]:
    """SOFTMAX."""
    d = n.dice
    shape = (*([1] if d.chance(0.5) else d.shape(1, 2, 4)), d.small(1, 40))
    source = n.tensor(shape, d.log(1e-4, 100.0), d.zero())
    output = n.tensor(shape, 1 / 256, -128)
    beta = d.pick((1.0, 1.0, 0.5, 3.0, d.log(0.01, 10)))
    n.graph.operator("SOFTMAX", [source], [output], "SoftmaxOptions", beta=beta)
    return source, output


def pad(kind: str) -> Callable[[Draft], tuple[int, int]]:
    def draw(n: Draft) -> tuple[int, int]:
        d = n.dice
        shape = d.shape(2, 4, 6)
        amounts = [[d.small(0, 4), d.small(0, 4)] if d.chance(0.6) else [0, 0] for _ in shape]
        source = n.fresh(shape)
        output = n.like(source, [s + b + a for s, (b, a) in zip(shape, amounts, strict=True)])
        how = n.graph.tensor((len(shape), 2), "int32", data=np.array(amounts))
        operands = [source, how]
        if kind == "PADV2":
            operands.append(n.constant((1,), n.scale(source), int(zero_point(n, source))))
        n.graph.operator(kind, operands, [output], "PadOptions" if kind == "PAD" else "PadV2Options")
        return source, output

    return draw


def zero_point(n: Draft, tensor: int) -> int:
    return int(n.graph.graph.tensors[tensor].quantization.zeroPoint[0]) if n.int8 else 0


def concatenation(n: Draft) -> tuple[int, int]:
    """CONCATENATION of the input, perhaps more than once, and constants."""
    d = n.dice
    shape = d.shape(2, 4, 6)
    axis = d.number(0, len(shape) - 1)
    source = n.fresh(shape)
    parts = [source]
    for _ in range(d.number(0, 3)):
        other = [d.small(1, 5) if i == axis else s for i, s in enumerate(shape)]
        parts.append(source if d.chance(0.4) else n.constant(other, n.scale(source), zero_point(n, source)))
    parts = [parts[i] for i in d.rng.permutation(len(parts))]
    total = sum(n.shape(p)[axis] for p in parts)
    output = n.like(source, [total if i == axis else s for i, s in enumerate(shape)])
    members = {"axis": axis - len(shape) * d.number(0, 1)}
    n.graph.operator("CONCATENATION", parts, [output], "ConcatenationOptions", **members)
    return source, output


def transpose(n: Draft) -> tuple[int, int]:
    """TRANSPOSE."""
    d = n.dice
    shape = d.shape(2, 5, 6)
    order = [int(i) for i in d.rng.permutation(len(shape))]
    source = n.fresh(shape)
    output = n.like(source, [shape[i] for i in order])
    how = n.graph.tensor((len(shape),), "int32", data=np.array(order))
    n.graph.operator("TRANSPOSE", [source, how], [output], "TransposeOptions")
    return source, output


def quantise(n: Draft) -> tuple[int, int]:
    """float32 -> QUANTIZE -> an int8 function -> DEQUANTIZE -> float32."""
    d, g = n.dice, n.graph
    n.int8 = False
    source, output = n.fresh((1, 256)), n.fresh((1, 256))
    scale = d.pick((0.25, 0.5, 1 / 64, d.log(1e-3, 1)))
    first = g.tensor((1, 256), "int8", scale, d.zero())
    last = g.tensor((1, 256), "int8", d.fraction(scale), d.zero())
    g.operator("QUANTIZE", [source], [first], "QuantizeOptions")
    g.operator("RELU", [first], [last])
    g.operator("DEQUANTIZE", [last], [output], "DequantizeOptions")
    return source, output


_WIDTHS = {"int8": 8, "uint8": 8, "int16": 16, "int32": 24, "float32": 8}
_TYPES = (
    ("uint8", "int8"), ("int8", "uint8"), ("int8", "int16"), ("int8", "int32"), ("int16", "int8"), ("int16", "int16"),
    ("int16", "int32"), ("uint8", "float32"), ("int16", "float32"),
)  # fmt: skip


def conversion(n: Draft) -> tuple[int, int]:
    """QUANTIZE or DEQUANTIZE from one type to another."""
    d, g = n.dice, n.graph
    given, taken = d.pick(_TYPES)
    scale = d.scale() / 2 ** (_WIDTHS[given] - 8)
    other = d.pick((scale, d.fraction(scale), d.near(scale))) * 2.0 ** (_WIDTHS[given] - _WIDTHS[taken])
    made = []
    for kind, by in ((given, scale), (taken, other)):
        zero = {"int8": d.zero(), "uint8": d.zero() + 128, "int16": d.zero() * 200}.get(kind, 0)
        made.append(g.tensor((1, 256), kind, None if kind == "float32" else float(np.float32(by)), zero))
    name = "DEQUANTIZE" if taken == "float32" else "QUANTIZE"
    g.operator(name, made[:1], made[1:], f"{name.capitalize()}Options")
    return made[0], made[1]
