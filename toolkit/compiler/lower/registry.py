"""Which function lowers which operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from toolkit.compiler import ir
from toolkit.compiler.fuse import Layer
from toolkit.compiler.ir import Graph
from toolkit.compiler.lower import arithmetic, linear, move, simple
from toolkit.compiler.lower.base import Call, Context, Target

_LOWER: dict[type[ir.Operator], Callable[[Context, Any], Call]] = {
    ir.Convolution: linear.convolution,
    ir.Dense: linear.dense,
    ir.Pool: simple.pool,
    ir.Unary: simple.unary,
    ir.Softmax: simple.softmax,
    ir.Binary: arithmetic.binary,
    ir.Reduce: arithmetic.reduce,
    ir.BatchMatMul: arithmetic.matmul,
    ir.Pad: move.pad,
    ir.Concatenation: move.concatenation,
    ir.Transpose: move.transpose,
}


def lower(graph: Graph, layer: Layer, name: str, target: Target) -> Call:
    """The C of one layer.

    Raises:
        ModelError: its operator, type or shape is not supported.
    """
    context = Context(graph, layer, name, target)
    operator = context.first
    for preferred in target.isa.others.get(type(operator), ()):
        if (call := preferred(context, operator)) is not None:
            return call
    return _LOWER[type(operator)](context, operator)
