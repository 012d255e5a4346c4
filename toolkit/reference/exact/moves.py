"""Operators that only move elements: each element of the output is one of the input, or a constant.

Sources: tensorflow/lite/micro/kernels/{reshape,transpose,pad,mirror_pad,concatenation,pack,unpack,split,split_v,slice,
strided_slice,space_to_batch_nd,batch_to_space_nd,space_to_depth,depth_to_space}*.cc.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from toolkit.reference.exact.node import NUMPY, Array, Kernel, Node, Values, given
from toolkit.reference.exact.picks import together


def _axis(axis: int, rank: int) -> int:
    """Of the array [N, ...]."""
    return axis % rank + 1


def reshape(node: Node, values: Values) -> list[Array]:
    """RESHAPE, SQUEEZE, EXPAND_DIMS: the output has its shape already."""
    x = given(node, values, 0)
    if x[:1].size != math.prod(node.output.shape):
        raise node.cannot(f"makes {list(node.output.shape)} of {list(x.shape[1:])}")
    return [x.reshape(len(x), *node.output.shape)]


def shape(node: Node, values: Values) -> list[Array]:
    """SHAPE."""
    return [np.array([given(node, values, 0).shape[1:]], NUMPY[node.output.type])]


def transpose(node: Node, values: Values) -> list[Array]:
    """TRANSPOSE."""
    x = given(node, values, 0)
    order = node.known(values, 1)
    return [x.transpose(0, *(_axis(each, x.ndim - 1) for each in order))]


def pad(node: Node, values: Values) -> list[Array]:
    """PAD and PADV2: with the value that is given, otherwise the zero point."""
    x = given(node, values, 0)
    amounts = np.array(node.known(values, 1), np.int64).reshape(-1, 2)
    node.same_quantisation()
    if [size + int(a) + int(b) for size, (a, b) in zip(x.shape[1:], amounts, strict=True)] != [*node.output.shape]:
        raise node.cannot(f"pads {list(x.shape[1:])} by {amounts.tolist()} to {list(node.output.shape)}")
    if len(values) > 2 and values[2] is not None:
        value: Any = given(node, values, 2).reshape(-1)[0]
    else:
        value = node.zero(node.output) if node.output.type in ("int8", "int16") else 0
    return [np.pad(x, [(0, 0), *((int(a), int(b)) for a, b in amounts)], constant_values=value)]


def mirror_pad(node: Node, values: Values) -> list[Array]:
    """MIRROR_PAD: REFLECT or SYMMETRIC."""
    amounts = np.array(node.known(values, 1), np.int64).reshape(-1, 2)
    how = "symmetric" if node.options("MirrorPadOptions").Mode() else "reflect"
    x, widths = given(node, values, 0), [(0, 0), *((int(a), int(b)) for a, b in amounts)]
    if [size + a + b for size, (a, b) in zip(x.shape[1:], widths[1:], strict=True)] != [*node.output.shape]:
        raise node.cannot(f"pads {list(x.shape[1:])} by {amounts.tolist()} to {list(node.output.shape)}")
    return [np.pad(x, widths, mode=how)]  # type: ignore[call-overload]


def concatenation(node: Node, values: Values) -> list[Array]:
    """CONCATENATION: of one quantisation."""
    options = node.options("ConcatenationOptions")
    parts = [given(node, values, place) for place in range(len(values))]
    for tensor in (node.input(place) for place in range(len(values))):
        if tensor.type == "int8" and (node.scale(tensor), node.zero(tensor)) != (
            node.scale(node.output),
            node.zero(node.output),
        ):
            raise node.cannot("joins tensors that are quantised differently")
    if options.FusedActivationFunction():
        raise node.cannot("has a fused activation")
    return [np.concatenate(together(*parts), axis=_axis(options.Axis(), len(node.output.shape)))]


def pack(node: Node, values: Values) -> list[Array]:
    """PACK."""
    parts = [given(node, values, place) for place in range(len(values))]
    return [np.stack(together(*parts), axis=_axis(node.options("PackOptions").Axis(), len(node.output.shape)))]


def unpack(node: Node, values: Values) -> list[Array]:
    """UNPACK."""
    x = given(node, values, 0)
    axis = _axis(node.options("UnpackOptions").Axis(), x.ndim - 1)
    if x.shape[axis] != len(node.outputs):
        raise node.cannot(f"makes {len(node.outputs)} of {x.shape[axis]}")
    return [np.take(x, place, axis=axis) for place in range(x.shape[axis])]


def split(node: Node, values: Values) -> list[Array]:
    """SPLIT: its inputs are the axis and the tensor."""
    x = given(node, values, 1)
    (axis,) = node.known(values, 0)
    return list(np.split(x, len(node.outputs), axis=_axis(axis, x.ndim - 1)))


def split_v(node: Node, values: Values) -> list[Array]:
    """SPLIT_V: the outputs say how much each takes."""
    x = given(node, values, 0)
    (axis,) = node.known(values, 2)
    at = axis % (x.ndim - 1)
    ends = np.cumsum([output.shape[at] for output in node.outputs])
    return list(np.split(x, ends[:-1], axis=at + 1))


def slice_(node: Node, values: Values) -> list[Array]:
    """SLICE."""
    starts, sizes = node.known(values, 1), node.known(values, 2)
    parts = [slice(s, None if n < 0 else s + n) for s, n in zip(starts, sizes, strict=True)]
    return [given(node, values, 0)[(slice(None), *parts)]]


def strided_slice(node: Node, values: Values) -> list[Array]:
    """STRIDED_SLICE with begin, end and shrink masks."""
    options = node.options("StridedSliceOptions")
    if options.EllipsisMask() or options.NewAxisMask() or getattr(options, "Offset", bool)():
        raise node.cannot("has an ellipsis, a new axis or offsets")
    starts, stops, strides = (node.known(values, place) for place in (1, 2, 3))
    parts: list[Any] = [slice(None)]
    for axis, (start, stop, stride) in enumerate(zip(starts, stops, strides, strict=True)):
        bit = 1 << axis
        if options.ShrinkAxisMask() & bit:
            parts.append(start)
            continue
        first = None if options.BeginMask() & bit else start
        parts.append(slice(first, None if options.EndMask() & bit else stop, stride))
    return [given(node, values, 0)[tuple(parts)]]


def space_to_batch(node: Node, values: Values) -> list[Array]:
    """SPACE_TO_BATCH_ND without padding: TensorFlow Lite Micro pads with whatever its memory holds."""
    x = given(node, values, 0)
    block, pads = node.known(values, 1), node.known(values, 2)
    if any(pads):
        raise node.cannot("pads, which the interpreter does with whatever its memory holds")
    batch, rest = x.shape[1], x.shape[2 + len(block) :]
    inner = [each for size, b in zip(x.shape[2:], block, strict=False) for each in (size // b, b)]
    spread = x.reshape(len(x), batch, *inner, *rest)
    count = len(block)
    order = [0, *(3 + 2 * k for k in range(count)), 1, *(2 + 2 * k for k in range(count))]
    moved = spread.transpose(*order, *range(2 + 2 * count, spread.ndim))
    return [moved.reshape(len(x), *node.output.shape)]


def batch_to_space(node: Node, values: Values) -> list[Array]:
    """BATCH_TO_SPACE_ND."""
    x = given(node, values, 0)
    block = node.known(values, 1)
    crops = np.array(node.known(values, 2), np.int64).reshape(-1, 2)
    count, batch = len(block), x.shape[1] // math.prod(block)
    spread = x.reshape(len(x), *block, batch, *x.shape[2:])
    order = [0, count + 1]
    for k in range(count):
        order += [count + 2 + k, 1 + k]
    moved = spread.transpose(*order, *range(2 * count + 2, spread.ndim))
    sizes = [size * b for size, b in zip(x.shape[2:], block, strict=False)]
    whole = moved.reshape(len(x), batch, *sizes, *x.shape[2 + count :])
    parts = [slice(int(a), size - int(b)) for size, (a, b) in zip(sizes, crops, strict=True)]
    return [whole[(slice(None), slice(None), *parts)]]


def space_to_depth(node: Node, values: Values) -> list[Array]:
    """SPACE_TO_DEPTH."""
    x, b = given(node, values, 0), int(node.options("SpaceToDepthOptions").BlockSize())
    n, batch, height, width, depth = x.shape
    spread = x.reshape(n, batch, height // b, b, width // b, b, depth)
    return [spread.transpose(0, 1, 2, 4, 3, 5, 6).reshape(n, *node.output.shape)]


def depth_to_space(node: Node, values: Values) -> list[Array]:
    """DEPTH_TO_SPACE."""
    x, b = given(node, values, 0), int(node.options("DepthToSpaceOptions").BlockSize())
    n, batch, height, width, depth = x.shape
    spread = x.reshape(n, batch, height, width, b, b, depth // (b * b))
    return [spread.transpose(0, 1, 2, 4, 3, 5, 6).reshape(n, *node.output.shape)]


KERNELS: dict[str, Kernel] = {
    "RESHAPE": reshape,
    "SQUEEZE": reshape,
    "EXPAND_DIMS": reshape,
    "SHAPE": shape,
    "TRANSPOSE": transpose,
    "PAD": pad,
    "PADV2": pad,
    "MIRROR_PAD": mirror_pad,
    "CONCATENATION": concatenation,
    "PACK": pack,
    "UNPACK": unpack,
    "SPLIT": split,
    "SPLIT_V": split_v,
    "SLICE": slice_,
    "STRIDED_SLICE": strided_slice,
    "SPACE_TO_BATCH_ND": space_to_batch,
    "BATCH_TO_SPACE_ND": batch_to_space,
    "SPACE_TO_DEPTH": space_to_depth,
    "DEPTH_TO_SPACE": depth_to_space,
}
