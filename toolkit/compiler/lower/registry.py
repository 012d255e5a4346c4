"""Which function lowers which operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from toolkit.compiler import ir
from toolkit.compiler.fuse import Layer
from toolkit.compiler.ir import Graph
from toolkit.compiler.lower import linear, simple
from toolkit.compiler.lower.base import Call, Context, Target
from toolkit.errors import ModelError

_LOWER: dict[type[ir.Operator], Callable[[Context, Any], Call]] = {
    ir.Convolution: linear.convolution,
    ir.Dense: linear.dense,
    ir.Pool: simple.pool,
    ir.Unary: simple.unary,
    ir.Softmax: simple.softmax,
}


def lower(graph: Graph, layer: Layer, name: str, target: Target) -> Call:
    """The C of one layer.

    Raises:
        ModelError: its operator, type or shape is not supported.
    """
    context = Context(graph, layer, name, target)
    function = _LOWER.get(type(context.first))
    if function is None:
        raise ModelError(
            f"operator {context.first.kind} is not supported yet", "see docs/compiler.md for those that are"
        )
    return function(context, context.first)
