"""Shapes of operators that move elements and compute none: reshape, join, split, slice, gather, transpose, pad."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from toolkit.tflite.shapes.node import Node, Rule, Shape, UnknownError


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


def cut(node: Node) -> list[Shape]:
    """SLICE: from where, how far; -1 is to the end."""
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


RULES: dict[str, Rule] = {
    "CONCATENATION": _concatenation,
    "EMBEDDING_LOOKUP": lambda node: [(*node.shape(0), *node.shape(1)[1:])],
    "EXPAND_DIMS": _expand,
    "GATHER": _gather,
    "GATHER_ND": _gather_nd,
    "MIRROR_PAD": _pad,
    "PACK": _pack,
    "PAD": _pad,
    "PADV2": _pad,
    "RESHAPE": _reshape,
    "SLICE": cut,
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "SQUEEZE": _squeeze,
    "STRIDED_SLICE": _strided_slice,
    "TRANSPOSE": _transpose,
    "UNPACK": _unpack,
}
