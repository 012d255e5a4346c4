"""Operators of two tensors, element by element, with broadcasting.

Sources: tensorflow/lite/micro/kernels/{add,sub,mul,div,maximum_minimum,squared_difference,comparisons,logical}*.cc,
tensorflow/lite/kernels/internal/reference/{integer_ops/add.h,integer_ops/mul.h,sub.h}. Scales as in `functions`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from toolkit.reference.exact import fixed
from toolkit.reference.exact.node import Array, Kernel, Node, Values, aligned, given

_OPTIONS = {"ADD": "AddOptions", "SUB": "SubOptions", "MUL": "MulOptions", "DIV": "DivOptions"}


def _operands(node: Node, values: Values) -> tuple[Array, Array, int]:
    """Both inputs, of one type, and the number of the fused activation."""
    a, b = aligned(given(node, values, 0), given(node, values, 1))
    if a.dtype != b.dtype:
        raise node.cannot(f"takes {a.dtype} and {b.dtype}")
    options = node.option(_OPTIONS[node.kind]) if node.kind in _OPTIONS else None
    return a, b, 0 if options is None else int(options.FusedActivationFunction())


def _centred(node: Node, a: Array, b: Array) -> tuple[fixed.Ints, fixed.Ints]:
    return a.astype(np.int64) - node.zero(node.input(0)), b.astype(np.int64) - node.zero(node.input(1))


def _plain(node: Node, made: Array, number: int) -> list[Array]:
    """Of float32 and int32; an int32 wraps."""
    if made.dtype.kind == "f":
        return [node.clamp(made, number).astype(np.float32)]
    if number:
        raise node.cannot(f"has a fused activation on {made.dtype}")
    return [made]


def _sum(sign: int) -> Kernel:
    def compute(node: Node, values: Values) -> list[Array]:
        a, b, number = _operands(node, values)
        if a.dtype in (np.float32, np.int32):
            return _plain(node, a + b if sign > 0 else a - b, number)
        if a.dtype not in (np.int8, np.int16) or str(a.dtype) != node.output.type:
            raise node.cannot(f"is not known from {a.dtype} to {node.output.type}")
        left = 15 if a.dtype == np.int16 else 20
        scales = [node.scale(node.input(place)) for place in (0, 1)]
        twice = 2 * max(scales)
        if twice == 0.0:
            raise node.cannot("has scales of 0")
        parts = []
        for x, scale in zip(_centred(node, a, b), scales, strict=True):
            m, shift = node.multiplier(scale / twice)
            if shift > 0:
                raise node.cannot("has scales that the interpreter refuses")
            parts.append(fixed.rescale(x << left, m, shift))
        m, shift = node.multiplier(twice / ((1 << left) * node.scale(node.output)))
        if shift > 0:
            raise node.cannot("has scales that the interpreter refuses")
        total = fixed.rescale(fixed.wrapped(parts[0] + sign * parts[1]), m, shift)
        return [fixed.clipped(total + node.zero(node.output), *node.fused(number), node.output.type)]

    return compute


def mul(node: Node, values: Values) -> list[Array]:
    """MUL."""
    a, b, number = _operands(node, values)
    if a.dtype in (np.float32, np.int32):
        return _plain(node, a * b, number)
    if a.dtype not in (np.int8, np.int16) or str(a.dtype) != node.output.type:
        raise node.cannot(f"is not known from {a.dtype} to {node.output.type}")
    x, y = _centred(node, a, b)
    real = node.scale(node.input(0)) * node.scale(node.input(1)) / node.scale(node.output)
    total = fixed.rescale(x * y, *node.multiplier(real)) + node.zero(node.output)
    return [fixed.clipped(total, *node.fused(number), node.output.type)]


def div(node: Node, values: Values) -> list[Array]:
    """DIV, float32 only."""
    a, b, number = _operands(node, values)
    if a.dtype != np.float32:
        raise node.cannot(f"is not known on {a.dtype}")
    return _plain(node, a / b, number)


def _extreme(function: Callable[[Array, Array], Array]) -> Kernel:
    def compute(node: Node, values: Values) -> list[Array]:
        a, b, _ = _operands(node, values)
        return [function(a, b)]

    return compute


def squared_difference(node: Node, values: Values) -> list[Array]:
    """SQUARED_DIFFERENCE, float32 and int32."""
    a, b, _ = _operands(node, values)
    if a.dtype not in (np.float32, np.int32):
        raise node.cannot(f"is not known on {a.dtype}")
    return [(a - b) * (a - b)]


def _comparison(function: Callable[[Array, Array], Array]) -> Kernel:
    def compute(node: Node, values: Values) -> list[Array]:
        a, b, _ = _operands(node, values)
        if a.dtype == np.int8:
            ends = [(node.scale(node.input(place)), node.zero(node.input(place))) for place in (0, 1)]
            if ends[0] != ends[1]:
                raise node.cannot("compares two quantisations")
        return [function(a, b)]

    return compute


def logical_not(node: Node, values: Values) -> list[Array]:
    """LOGICAL_NOT."""
    return [np.logical_not(given(node, values, 0))]


KERNELS: dict[str, Kernel] = {
    "ADD": _sum(1),
    "SUB": _sum(-1),
    "MUL": mul,
    "DIV": div,
    "MAXIMUM": _extreme(np.maximum),
    "MINIMUM": _extreme(np.minimum),
    "SQUARED_DIFFERENCE": squared_difference,
    "EQUAL": _comparison(np.equal),
    "NOT_EQUAL": _comparison(np.not_equal),
    "LESS": _comparison(np.less),
    "LESS_EQUAL": _comparison(np.less_equal),
    "GREATER": _comparison(np.greater),
    "GREATER_EQUAL": _comparison(np.greater_equal),
    "LOGICAL_AND": _comparison(np.logical_and),
    "LOGICAL_OR": _comparison(np.logical_or),
    "LOGICAL_NOT": logical_not,
}
