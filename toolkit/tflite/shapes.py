"""What shape each operator makes of its inputs' shapes, and the integers of shape arithmetic, as LiteRT has them.

A rule takes a `Node` and gives the shapes of its outputs; it raises `UnknownError` where they depend on data. Tests
hold the rules against LiteRT.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, ...]
Value = NDArray[np.int64]

# Shape arithmetic is about a handful of dimensions; what is larger is data.
LARGEST_VALUE = 4096


class UnknownError(Exception):
    """The shape or value cannot be told from what is constant in the file."""


@dataclass(frozen=True)
class Node:
    """One operator.

    Attributes:
        kind: the schema's name.
        options: its options table in object form, or None.
        shapes: of its inputs; None for an optional one that is absent.
        values: of its integer inputs where they are constant, else None.
        outputs: how many it has.
    """

    kind: str
    options: Any
    shapes: tuple[Shape | None, ...]
    values: tuple[Value | None, ...]
    outputs: int

    def shape(self, place: int) -> Shape:
        """Of the input at `place`."""
        shape = self.shapes[place] if place < len(self.shapes) else None
        if shape is None:
            raise UnknownError(f"has no input {place}")
        return shape

    def value(self, place: int) -> Value:
        """Of the constant input at `place`."""
        value = self.values[place] if place < len(self.values) else None
        if value is None:
            raise UnknownError("takes its shape from what is computed")
        return value

    def axis(self, number: int, rank: int) -> int:
        """An axis that may count from the end."""
        if not -rank <= number < rank:
            raise UnknownError(f"has axis {number} of {rank}")
        return number % rank


_Rule = Callable[[Node], list[Shape]]


def _same(node: Node) -> list[Shape]:
    return [node.shape(0)] * node.outputs


def _broadcast(node: Node) -> list[Shape]:
    try:
        return [np.broadcast_shapes(*(node.shape(place) for place in range(len(node.shapes))))]
    except ValueError as caught:
        raise UnknownError("has shapes that do not broadcast") from caught


def _positions(size: int, kernel: int, stride: int, dilation: int, same: bool) -> int:
    if min(size, kernel, stride, dilation) < 1:
        raise UnknownError("has a window of no size")
    return -(-size // stride) if same else (size - (kernel - 1) * dilation - 1) // stride + 1


def _window(node: Node, kernel: tuple[int, int], channels: int) -> list[Shape]:
    options, image = node.options, node.shape(0)
    if options is None or len(image) != 4:
        raise UnknownError("is no image operator")
    dilation = getattr(options, "dilationHFactor", 1), getattr(options, "dilationWFactor", 1)
    stride = options.strideH, options.strideW
    size = [
        _positions(image[1 + axis], kernel[axis], stride[axis], dilation[axis], options.padding == 0) for axis in (0, 1)
    ]
    return [(image[0], *size, channels)]


def _convolution(node: Node) -> list[Shape]:
    weights = node.shape(1)
    if len(weights) != 4:
        raise UnknownError("has weights of another rank")
    return _window(node, weights[1:3], weights[3] if node.kind == "DEPTHWISE_CONV_2D" else weights[0])


def _pool(node: Node) -> list[Shape]:
    if node.options is None or len(node.shape(0)) != 4:
        raise UnknownError("is no image operator")
    return _window(node, (node.options.filterHeight, node.options.filterWidth), node.shape(0)[3])


def _dense(node: Node) -> list[Shape]:
    data, weights = node.shape(0), node.shape(1)
    if len(weights) != 2 or weights[1] < 1:
        raise UnknownError("has weights of another rank")
    if node.options is not None and node.options.keepNumDims:
        return [(*data[:-1], weights[0])]
    if math.prod(data) % weights[1]:
        raise UnknownError("has weights that do not fit its input")
    return [(math.prod(data) // weights[1], weights[0])]


def _stretched(wanted: list[int], elements: int) -> Shape:
    """A reshape's target with its -1, if it has one, replaced."""
    rest = math.prod(size for size in wanted if size != -1)
    if wanted.count(-1) > 1 or (-1 in wanted and (rest < 1 or elements % rest)):
        raise UnknownError(f"has the target {wanted} for {elements} elements")
    shape = tuple(elements // rest if size == -1 else size for size in wanted)
    if math.prod(shape) != elements:
        raise UnknownError(f"has the target {wanted} for {elements} elements")
    return shape


def _reshape(node: Node) -> list[Shape]:
    if len(node.shapes) > 1 and node.shapes[1] is not None:
        wanted = [int(size) for size in node.value(1).reshape(-1)]
    elif node.options is not None and node.options.newShape is not None:
        wanted = [int(size) for size in node.options.newShape]
    else:
        raise UnknownError("has no target")
    return [_stretched(wanted, math.prod(node.shape(0)))]


def _squeeze(node: Node) -> list[Shape]:
    shape = node.shape(0)
    stated = node.options.squeezeDims if node.options is not None else None
    axes = {node.axis(int(a), len(shape)) for a in stated} if stated is not None and len(stated) else None
    gone = {axis for axis, size in enumerate(shape) if size == 1} if axes is None else axes
    if any(shape[axis] != 1 for axis in gone):
        raise UnknownError("squeezes a dimension that is not 1")
    return [tuple(size for axis, size in enumerate(shape) if axis not in gone)]


def _expand(node: Node) -> list[Shape]:
    shape = node.shape(0)
    axis = node.axis(int(node.value(1).reshape(-1)[0]), len(shape) + 1)
    return [(*shape[:axis], 1, *shape[axis:])]


def _pack(node: Node) -> list[Shape]:
    shape = node.shape(0)
    if node.options is None or any(each != shape for each in node.shapes):
        raise UnknownError("packs different shapes")
    axis = node.axis(node.options.axis, len(shape) + 1)
    return [(*shape[:axis], len(node.shapes), *shape[axis:])]


def _unpack(node: Node) -> list[Shape]:
    shape = node.shape(0)
    axis = node.axis(node.options.axis if node.options is not None else 0, len(shape))
    if shape[axis] != node.outputs:
        raise UnknownError("unpacks another number of slices")
    return [(*shape[:axis], *shape[axis + 1 :])] * node.outputs


def _concatenation(node: Node) -> list[Shape]:
    first = node.shape(0)
    axis = node.axis(node.options.axis if node.options is not None else 0, len(first))
    shapes = [node.shape(place) for place in range(len(node.shapes))]
    rest = (*first[:axis], *first[axis + 1 :])
    if any(len(each) != len(first) or (*each[:axis], *each[axis + 1 :]) != rest for each in shapes):
        raise UnknownError("joins different shapes")
    return [(*first[:axis], sum(each[axis] for each in shapes), *first[axis + 1 :])]


def _split(node: Node) -> list[Shape]:
    shape = node.shape(1)
    axis = node.axis(int(node.value(0).reshape(-1)[0]), len(shape))
    if shape[axis] % node.outputs:
        raise UnknownError("splits unevenly")
    return [(*shape[:axis], shape[axis] // node.outputs, *shape[axis + 1 :])] * node.outputs


def _split_v(node: Node) -> list[Shape]:
    shape = node.shape(0)
    axis = node.axis(int(node.value(2).reshape(-1)[0]), len(shape))
    sizes = [int(size) for size in node.value(1).reshape(-1)]
    if len(sizes) != node.outputs:
        raise UnknownError("splits into another number")
    return [(*shape[:axis], size, *shape[axis + 1 :]) for size in _stretched_sum(sizes, shape[axis])]


def _stretched_sum(sizes: list[int], total: int) -> list[int]:
    if sizes.count(-1) > 1:
        raise UnknownError("has two open sizes")
    rest = total - sum(size for size in sizes if size != -1)
    sizes = [rest if size == -1 else size for size in sizes]
    if any(size < 0 for size in sizes) or sum(sizes) != total:
        raise UnknownError("splits into sizes that do not fit")
    return sizes


def _slice(node: Node) -> list[Shape]:
    shape = node.shape(0)
    begin, size = (node.value(place).reshape(-1).tolist() for place in (1, 2))
    if len(begin) != len(shape) or len(size) != len(shape):
        raise UnknownError("slices another rank")
    made = tuple(d - b if s == -1 else s for d, b, s in zip(shape, begin, size, strict=True))
    if any(not 0 <= b <= b + s <= d for d, b, s in zip(shape, begin, made, strict=True)):
        raise UnknownError("slices past the end")
    return [made]


def slices(node: Node) -> tuple[Any, ...]:
    """STRIDED_SLICE as NumPy's index, which has the same rules for masks, negative ends and new axes."""
    begin, end, strides = (node.value(place).reshape(-1).tolist() for place in (1, 2, 3))
    options = node.options
    if options is None or getattr(options, "offset", False) or not len(begin) == len(end) == len(strides):
        raise UnknownError("slices in a way that is not known here")
    index: list[Any] = []
    for place, (first, last, step) in enumerate(zip(begin, end, strides, strict=True)):
        bit = 1 << place
        if options.ellipsisMask & bit:
            index.append(Ellipsis)
        elif options.newAxisMask & bit:
            index.append(np.newaxis)
        elif step == 0 or (options.shrinkAxisMask & bit and step < 0):
            raise UnknownError(f"has a stride of {step}")
        elif options.shrinkAxisMask & bit:
            index.append(0 if options.beginMask & bit else first)
        else:
            index.append(
                slice(None if options.beginMask & bit else first, None if options.endMask & bit else last, step)
            )
    return tuple(index)


def _strided_slice(node: Node) -> list[Shape]:
    try:
        return [np.broadcast_to(np.int8(0), node.shape(0))[slices(node)].shape]
    except IndexError as caught:
        raise UnknownError("slices past the end") from caught


def _gather(node: Node) -> list[Shape]:
    data, indices = node.shape(0), node.shape(1)
    axis = node.axis(node.options.axis if node.options is not None else 0, len(data))
    batch = getattr(node.options, "batchDims", 0) if node.options is not None else 0
    batch = batch + len(indices) if batch < 0 else batch
    if not 0 <= batch <= min(axis, len(indices)):
        raise UnknownError(f"has {batch} batch dimensions")
    return [(*data[:axis], *indices[batch:], *data[axis + 1 :])]


def _gather_nd(node: Node) -> list[Shape]:
    data, indices = node.shape(0), node.shape(1)
    if not indices or indices[-1] > len(data):
        raise UnknownError("has indices of another rank")
    return [(*indices[:-1], *data[indices[-1] :])]


def _transpose(node: Node) -> list[Shape]:
    shape = node.shape(0)
    order = [node.axis(int(axis), len(shape)) for axis in node.value(1).reshape(-1)]
    if sorted(order) != list(range(len(shape))):
        raise UnknownError("transposes another rank")
    return [tuple(shape[axis] for axis in order)]


def _pad(node: Node) -> list[Shape]:
    shape, amounts = node.shape(0), node.value(1)
    if amounts.shape != (len(shape), 2):
        raise UnknownError("pads another rank")
    made = tuple(size + int(before) + int(after) for size, (before, after) in zip(shape, amounts, strict=True))
    return [made]


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


def _space_to_batch(node: Node) -> list[Shape]:
    shape, block, pads = node.shape(0), node.value(1).reshape(-1).tolist(), node.value(2)
    if len(block) + 2 > len(shape) + 1 or pads.shape != (len(block), 2) or any(each < 1 for each in block):
        raise UnknownError("has blocks of another rank")
    made = [shape[0] * math.prod(block)]
    for axis, (size, (before, after)) in enumerate(zip(block, pads.tolist(), strict=True), 1):
        if (shape[axis] + before + after) % size:
            raise UnknownError("has blocks that do not fit")
        made.append((shape[axis] + before + after) // size)
    return [(*made, *shape[1 + len(block) :])]


def _batch_to_space(node: Node) -> list[Shape]:
    shape, block, crops = node.shape(0), node.value(1).reshape(-1).tolist(), node.value(2)
    if len(block) + 2 > len(shape) + 1 or crops.shape != (len(block), 2) or any(each < 1 for each in block):
        raise UnknownError("has blocks of another rank")
    if shape[0] % math.prod(block):
        raise UnknownError("has blocks that do not fit")
    made = [shape[0] // math.prod(block)]
    for axis, (size, (before, after)) in enumerate(zip(block, crops.tolist(), strict=True), 1):
        made.append(shape[axis] * size - before - after)
    return [(*made, *shape[1 + len(block) :])]


def _depth(node: Node) -> list[Shape]:
    shape, options = node.shape(0), node.options
    if len(shape) != 4 or options is None or options.blockSize < 1:
        raise UnknownError("is no image operator")
    size, (batch, height, width, channels) = options.blockSize, shape
    if node.kind == "SPACE_TO_DEPTH":
        if height % size or width % size:
            raise UnknownError("has blocks that do not fit")
        return [(batch, height // size, width // size, channels * size * size)]
    if channels % (size * size):
        raise UnknownError("has blocks that do not fit")
    return [(batch, height * size, width * size, channels // (size * size))]


def _resize(node: Node) -> list[Shape]:
    shape, size = node.shape(0), node.value(1).reshape(-1).tolist()
    if len(shape) != 4 or len(size) != 2:
        raise UnknownError("is no image operator")
    return [(shape[0], *size, shape[3])]


def _stated(place: int) -> _Rule:
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

RULES: dict[str, _Rule] = {
    **dict.fromkeys(_ELEMENTWISE, _same),
    **dict.fromkeys(_BROADCAST, _broadcast),
    **dict.fromkeys(_REDUCE, _reduce),
    "ARG_MAX": _arg,
    "ARG_MIN": _arg,
    "AVERAGE_POOL_2D": _pool,
    "BATCH_MATMUL": _matmul,
    "BATCH_TO_SPACE_ND": _batch_to_space,
    "BROADCAST_ARGS": lambda node: [(max(node.shape(0)[0], node.shape(1)[0]),)],
    "BROADCAST_TO": _stated(1),
    "CONCATENATION": _concatenation,
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _convolution,
    "DEPTH_TO_SPACE": _depth,
    "EMBEDDING_LOOKUP": lambda node: [(*node.shape(0), *node.shape(1)[1:])],
    "EXPAND_DIMS": _expand,
    "FILL": _stated(0),
    "FULLY_CONNECTED": _dense,
    "GATHER": _gather,
    "GATHER_ND": _gather_nd,
    "L2_POOL_2D": _pool,
    "MAX_POOL_2D": _pool,
    "MIRROR_PAD": _pad,
    "PACK": _pack,
    "PAD": _pad,
    "PADV2": _pad,
    "RANGE": _range,
    "RANK": lambda _: [()],
    "RESHAPE": _reshape,
    "RESIZE_BILINEAR": _resize,
    "RESIZE_NEAREST_NEIGHBOR": _resize,
    "SHAPE": lambda node: [(len(node.shape(0)),)],
    "SLICE": _slice,
    "SPACE_TO_BATCH_ND": _space_to_batch,
    "SPACE_TO_DEPTH": _depth,
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "SQUEEZE": _squeeze,
    "STRIDED_SLICE": _strided_slice,
    "SVDF": _svdf,
    "TRANSPOSE": _transpose,
    "TRANSPOSE_CONV": _stated(0),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _sequence,
    "UNPACK": _unpack,
}


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
    (made,) = _slice(node)
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
    "FILL": lambda node: np.full(_stated(0)(node)[0], node.value(1).reshape(-1)[0]),
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
