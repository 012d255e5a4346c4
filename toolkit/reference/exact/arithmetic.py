"""Operators of two tensors, element by element, with broadcasting.

Sources: tensorflow/lite/micro/kernels/{add,sub,mul,div,floor_div,floor_mod,add_n,maximum_minimum,squared_difference,
comparisons,logical}*.cc, tensorflow/lite/kernels/internal/reference/{integer_ops/add,integer_ops/mul,sub,add_n}.h.
Scales as in `functions`.
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


def floor_div(node: Node, values: Values) -> list[Array]:
    """FLOOR_DIV, float32 only: the quotient in double precision; by 0 the interpreter gives up."""
    a, b, _ = _operands(node, values)
    if a.dtype != np.float32:
        raise node.cannot(f"is not known on {a.dtype}")
    if not b.all():
        raise node.refuses("divides by 0")
    return [np.floor(a.astype(np.float64) / b).astype(np.float32)]


def floor_mod(node: Node, values: Values) -> list[Array]:
    """FLOOR_MOD, float32 only: the remainder has the divisor's sign."""
    a, b, _ = _operands(node, values)
    if a.dtype != np.float32:
        raise node.cannot(f"is not known on {a.dtype}")
    rest = np.fmod(a, b)
    return [np.where((rest != 0) & ((b < 0) != (rest < 0)), rest + b, rest)]


def add_n(node: Node, values: Values) -> list[Array]:
    """ADD_N: of one shape and, on int8, one quantisation; the int8 kernel starts at minus the zero point, not at 0."""
    parts = [given(node, values, place) for place in range(len(values))]
    if len({(each.shape[1:], each.dtype) for each in parts}) != 1:
        raise node.cannot("adds several shapes or types")
    if parts[0].dtype == np.float32:
        return [np.asarray(sum(each.astype(np.float64) for each in parts), np.float32)]
    first = node.input(0)
    if parts[0].dtype != np.int8 or node.output.type != "int8":
        raise node.cannot(f"is not known from {parts[0].dtype} to {node.output.type}")
    if len({(node.scale(node.input(place)), node.zero(node.input(place))) for place in range(len(parts))}) != 1:
        raise node.cannot("adds several quantisations")
    halves = [halved(node, each.astype(np.int64) - node.zero(first)) for each in parts]
    return [summed(node, fixed.wrapped(np.asarray(sum(halves, halved(node, np.array(-node.zero(first)))))))]


def halved(node: Node, x: fixed.Ints) -> fixed.Ints:
    """An int8 summand of ADD_N and CUMSUM, less its zero point, in 2**-19 steps."""
    return _below_one(node, x << 20, 0.5)


def summed(node: Node, total: fixed.Ints) -> Array:
    """What a sum of `halved` is on int8."""
    scaled = _below_one(node, total, 2 * node.scale(node.input(0)) / ((1 << 20) * (node.scale(node.output) or 1.0)))
    return fixed.clipped(scaled + node.zero(node.output), *node.fused(0), node.output.type)


def _extreme(better: Callable[[Array, Array], Array]) -> Kernel:
    def compute(node: Node, values: Values) -> list[Array]:
        a, b, _ = _operands(node, values)
        if str(a.dtype) not in ("float32", "int8", "int16", "int32", "int64"):
            raise node.cannot(f"is not known on {a.dtype}")
        # As the kernels compare: a NaN on the left gives way, one on the right stays.
        return [np.where(better(a, b), a, b)]

    return compute


def squared_difference(node: Node, values: Values) -> list[Array]:
    """SQUARED_DIFFERENCE: float32, int32, int8 and int16."""
    a, b, _ = _operands(node, values)
    if a.dtype in (np.float32, np.int32):
        return [(a - b) * (a - b)]
    if a.dtype not in (np.int8, np.int16) or str(a.dtype) != node.output.type:
        raise node.cannot(f"is not known from {a.dtype} to {node.output.type}")
    left = 7 if a.dtype == np.int8 else 0
    twice = 2 * max(node.scale(node.input(place)) for place in (0, 1))
    x, y = (
        _below_one(node, each << left, node.scale(node.input(place)) / twice if twice else 0.0)
        for place, each in enumerate(_centred(node, a, b))
    )
    m, shift = node.multiplier(twice * twice / ((1 << 2 * left) * node.scale(node.output)))
    total = fixed.rescale(fixed.wrapped((x - y) * (x - y)), m, shift) + node.zero(node.output)
    return [fixed.clipped(total, *node.fused(0), node.output.type)]


def _below_one(node: Node, x: fixed.Ints, real: float) -> fixed.Ints:
    """MultiplyByQuantizedMultiplierSmallerThanOneExp; the interpreter aborts on 1 and above, and on 0."""
    if not 0.0 < real < 1.0:
        raise node.cannot(f"scales by {real:g}")
    m, shift = node.multiplier(real)
    if shift > 0:
        raise node.cannot("has scales that the interpreter refuses")
    return fixed.rescale(x, m, shift)


_COMPARED = ("float32", "int32", "int64", "int8")


def _comparison(function: Callable[[Array, Array], Array], *further: str) -> Kernel:
    def compute(node: Node, values: Values) -> list[Array]:
        a, b, _ = _operands(node, values)
        if str(a.dtype) not in (*_COMPARED, *further):
            raise node.cannot(f"is not known on {a.dtype}")
        if a.dtype == np.int8:
            a, b = (
                _below_one(node, each << 8, node.scale(node.input(place)))
                for place, each in enumerate(_centred(node, a, b))
            )
        return [function(a, b)]

    return compute


def _logical(function: Callable[[Array, Array], Array]) -> Kernel:
    def compute(node: Node, values: Values) -> list[Array]:
        a, b, _ = _operands(node, values)
        if a.dtype != np.bool_:
            raise node.cannot(f"is not known on {a.dtype}")
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
    "FLOOR_DIV": floor_div,
    "FLOOR_MOD": floor_mod,
    "ADD_N": add_n,
    "MAXIMUM": _extreme(np.greater),
    "MINIMUM": _extreme(np.less),
    "SQUARED_DIFFERENCE": squared_difference,
    "EQUAL": _comparison(np.equal, "bool"),
    "NOT_EQUAL": _comparison(np.not_equal, "bool"),
    "LESS": _comparison(np.less),
    "LESS_EQUAL": _comparison(np.less_equal),
    "GREATER": _comparison(np.greater),
    "GREATER_EQUAL": _comparison(np.greater_equal),
    "LOGICAL_AND": _logical(np.logical_and),
    "LOGICAL_OR": _logical(np.logical_or),
    "LOGICAL_NOT": logical_not,
}
