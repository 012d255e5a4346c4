"""The integers of shape arithmetic: SHAPE, STRIDED_SLICE, PACK and the like, where they do not depend on data."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from toolkit.tflite.shapes.arrange import cut, slices
from toolkit.tflite.shapes.node import Node, Shape, UnknownError, Value
from toolkit.tflite.shapes.rules import stated

# Shape arithmetic is about a handful of dimensions; what is larger is data.
LARGEST_VALUE = 4096


def _reduced(function: Callable[..., Any]) -> Callable[[Node], Any]:
    def apply(node: Node) -> Any:
        value = node.value(0)
        axes = tuple({node.axis(int(axis), value.ndim) for axis in node.value(1).reshape(-1)})
        return function(value, axis=axes, keepdims=bool(node.options is not None and node.options.keepDims))

    return apply


def _paired(function: Callable[..., Any]) -> Callable[[Node], Any]:
    return lambda node: function(node.value(0), node.value(1))


def _gathered(node: Node) -> Any:
    axis = node.axis(node.options.axis if node.options is not None else 0, node.value(0).ndim)
    if int(getattr(node.options, "batchDims", 0)) != 0:
        raise UnknownError("has batch dimensions")
    return np.take(node.value(0), node.value(1), axis=axis)


def _sliced(node: Node) -> Any:
    (made,) = cut(node)
    return node.value(0)[tuple(slice(b, b + s) for b, s in zip(node.value(1).reshape(-1).tolist(), made, strict=True))]


def _all(node: Node) -> list[Value]:
    return [node.value(place) for place in range(len(node.values))]


# Values of shape arithmetic; each is brought into the shape that the operator's rule gives.
_VALUES: dict[str, Callable[[Node], Any]] = {
    "ADD": _paired(np.add),
    "BROADCAST_ARGS": lambda node: np.broadcast_shapes(*(tuple(value.tolist()) for value in _all(node))),
    "CAST": lambda node: node.value(0),
    "CONCATENATION": lambda node: np.concatenate(_all(node), axis=node.options.axis if node.options else 0),
    "EXPAND_DIMS": lambda node: node.value(0),
    "FILL": lambda node: np.full(stated(0)(node)[0], node.value(1).reshape(-1)[0]),
    "FLOOR_DIV": _paired(np.floor_divide),
    "GATHER": _gathered,
    "MAXIMUM": _paired(np.maximum),
    "MINIMUM": _paired(np.minimum),
    "MUL": _paired(np.multiply),
    "PACK": lambda node: np.stack(_all(node), axis=node.options.axis if node.options else 0),
    "RANGE": lambda node: np.arange(*(int(node.value(place).reshape(-1)[0]) for place in range(3))),
    "RANK": lambda node: len(node.shape(0)),
    "REDUCE_MAX": _reduced(np.max),
    "REDUCE_MIN": _reduced(np.min),
    "REDUCE_PROD": _reduced(lambda value, **how: np.prod(value.astype(object), **how)),  # which cannot overflow
    "RESHAPE": lambda node: node.value(0),
    "SHAPE": lambda node: node.shape(0),
    "SLICE": _sliced,
    "SQUEEZE": lambda node: node.value(0),
    "STRIDED_SLICE": lambda node: node.value(0)[slices(node)],
    "SUB": _paired(np.subtract),
    "SUM": _reduced(np.sum),
}
# Whose value is that of a shape, whatever stands in the tensor.
OF_SHAPES = frozenset({"SHAPE", "RANK"})


def value_of(node: Node, shape: Shape) -> Value | None:
    """The integers that an operator of shape arithmetic makes, in `shape`; None where they depend on data."""
    if node.kind not in _VALUES or math.prod(shape) > LARGEST_VALUE:
        return None
    if int(getattr(node.options, "fusedActivationFunction", 0)) != 0:
        return None
    try:
        with np.errstate(all="ignore"):
            return np.asarray(_VALUES[node.kind](node), np.int64).reshape(shape)
    except (UnknownError, ValueError, IndexError, TypeError, OverflowError, ZeroDivisionError):
        return None
