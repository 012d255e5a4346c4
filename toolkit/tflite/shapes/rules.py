"""What shape each operator makes of its inputs' shapes, as LiteRT has it. Tests hold the rules against LiteRT."""

from __future__ import annotations

import math

import numpy as np

from toolkit.tflite.shapes import arrange, image
from toolkit.tflite.shapes.node import Node, Rule, Shape, UnknownError


def _same(node: Node) -> list[Shape]:
    return [node.shape(0)] * node.outputs


def _broadcast(node: Node) -> list[Shape]:
    try:
        return [np.broadcast_shapes(*(node.shape(place) for place in range(len(node.shapes))))]
    except ValueError as caught:
        raise UnknownError("has shapes that do not broadcast") from caught


def _dense(node: Node) -> list[Shape]:
    data, weights = node.shape(0), node.shape(1)
    if len(weights) != 2 or weights[1] < 1:
        raise UnknownError("has weights of another rank")
    if node.options is not None and node.options.keepNumDims:
        return [(*data[:-1], weights[0])]
    if math.prod(data) % weights[1]:
        raise UnknownError("has weights that do not fit its input")
    return [(math.prod(data) // weights[1], weights[0])]


def _reduce(node: Node) -> list[Shape]:
    shape = node.shape(0)
    axes = {node.axis(int(axis), len(shape)) for axis in node.value(1).reshape(-1)}
    if node.options is not None and node.options.keepDims:
        return [tuple(1 if axis in axes else size for axis, size in enumerate(shape))]
    return [tuple(size for axis, size in enumerate(shape) if axis not in axes)]


def _arg(node: Node) -> list[Shape]:
    shape = node.shape(0)
    axis = node.axis(int(node.value(1).reshape(-1)[0]), len(shape))
    return [(*shape[:axis], *shape[axis + 1 :])]


def _matmul(node: Node) -> list[Shape]:
    a, b = node.shape(0), node.shape(1)
    if min(len(a), len(b)) < 2:
        raise UnknownError("multiplies no matrices")
    adj_a, adj_b = (node.options.adjX, node.options.adjY) if node.options is not None else (False, False)
    try:
        batch = np.broadcast_shapes(a[:-2], b[:-2])
    except ValueError as caught:
        raise UnknownError("has shapes that do not broadcast") from caught
    return [(*batch, a[-1] if adj_a else a[-2], b[-2] if adj_b else b[-1])]


def stated(place: int) -> Rule:
    """The output's shape is the value of the input at `place`."""
    return lambda node: [tuple(int(size) for size in node.value(place).reshape(-1))]


def _sequence(node: Node) -> list[Shape]:
    """UNIDIRECTIONAL_SEQUENCE_LSTM: [time, batch, outputs], or [batch, time, outputs]."""
    data, recurrent = node.shape(0), node.shape(8)
    if len(data) != 3 or len(recurrent) != 2:
        raise UnknownError("is no sequence operator")
    return [(*data[:2], recurrent[1])]


def _svdf(node: Node) -> list[Shape]:
    rank = node.options.rank if node.options is not None else 0
    if rank < 1 or node.shape(1)[0] % rank:
        raise UnknownError("has filters that do not fit its rank")
    return [(node.shape(0)[0], node.shape(1)[0] // rank)]


def _range(node: Node) -> list[Shape]:
    start, limit, delta = (int(node.value(place).reshape(-1)[0]) for place in range(3))
    if delta == 0:
        raise UnknownError("has a step of 0")
    return [(max(0, -(-(limit - start) // delta)),)]


_ELEMENTWISE = (
    "ABS", "CAST", "CEIL", "COS", "CUMSUM", "DEQUANTIZE", "DYNAMIC_UPDATE_SLICE", "ELU", "EXP", "FLOOR", "GELU",
    "HARD_SWISH", "L2_NORMALIZATION", "LEAKY_RELU", "LOG", "LOGICAL_NOT", "LOGISTIC", "LOG_SOFTMAX", "NEG", "QUANTIZE",
    "RELU", "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1", "REVERSE_V2", "ROUND", "RSQRT", "SIGN", "SIN", "SOFTMAX", "SQRT",
    "SQUARE", "TANH", "ZEROS_LIKE",
)  # fmt: skip
_BROADCAST = (
    "ADD", "ADD_N", "DIV", "EQUAL", "FLOOR_DIV", "FLOOR_MOD", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL",
    "LOGICAL_AND", "LOGICAL_OR", "MAXIMUM", "MINIMUM", "MUL", "NOT_EQUAL", "POW", "PRELU", "SELECT_V2",
    "SQUARED_DIFFERENCE", "SUB",
)  # fmt: skip
_REDUCE = ("MEAN", "REDUCE_ALL", "REDUCE_ANY", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "SUM")

RULES: dict[str, Rule] = {
    **image.RULES,
    **arrange.RULES,
    **dict.fromkeys(_ELEMENTWISE, _same),
    **dict.fromkeys(_BROADCAST, _broadcast),
    **dict.fromkeys(_REDUCE, _reduce),
    "ARG_MAX": _arg,
    "ARG_MIN": _arg,
    "BATCH_MATMUL": _matmul,
    "BROADCAST_ARGS": lambda node: [(max(node.shape(0)[0], node.shape(1)[0]),)],
    "BROADCAST_TO": stated(1),
    "FILL": stated(0),
    "FULLY_CONNECTED": _dense,
    "RANGE": _range,
    "RANK": lambda _: [()],
    "SHAPE": lambda node: [(len(node.shape(0)),)],
    "SVDF": _svdf,
    "TRANSPOSE_CONV": stated(0),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _sequence,
}


def shapes_of(node: Node) -> list[Shape]:
    """The shapes of an operator's outputs.

    Raises:
        UnknownError: they depend on data, or the operator has no rule here.
    """
    rule = RULES.get(node.kind)
    if rule is None:
        raise UnknownError("has no rule here")
    try:
        made = [tuple(int(size) for size in shape) for shape in rule(node)]
    except (ValueError, IndexError, TypeError, AttributeError, OverflowError, ZeroDivisionError) as caught:
        raise UnknownError("has options or shapes that do not fit") from caught
    if len(made) != node.outputs or any(size < 0 for shape in made for size in shape):
        raise UnknownError("has options or shapes that do not fit")
    return made
