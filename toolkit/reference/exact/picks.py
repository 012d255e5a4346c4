"""Operators that pick elements by places, or make them of shapes.

Sources: tensorflow/lite/micro/kernels/{gather,gather_nd,embedding_lookup,dynamic_update_slice,reverse,select,
broadcast_to,broadcast_args,fill,zeros_like}.cc and the headers of those names below tensorflow/lite/kernels/internal/
reference.
"""

from __future__ import annotations

import math

import numpy as np

from toolkit.reference.exact.node import NUMPY, Array, Kernel, Node, Values, aligned, given


def together(*values: Array) -> list[Array]:
    """With one number of samples."""
    count = max(len(value) for value in values)
    return [np.broadcast_to(value, (count, *value.shape[1:])) for value in values]


def known_on(node: Node, value: Array, *types: str) -> None:
    """Hold a tensor to the types that the kernel has.

    Raises:
        CannotError: it is of another one.
    """
    if str(value.dtype) not in types:
        raise node.cannot(f"is not known on {value.dtype}")


def gather(node: Node, values: Values) -> list[Array]:
    """GATHER without batch dimensions; of one sample's indices, or the same for all."""
    options = node.options("GatherOptions")
    if options.BatchDims():
        raise node.cannot("has batch dimensions")
    x, places = given(node, values, 0), given(node, values, 1)
    axis = options.Axis() % (x.ndim - 1)
    if places.size and not 0 <= int(places.min()) <= int(places.max()) < x.shape[axis + 1]:
        raise node.refuses("reads beyond its input")
    if len(places) == 1:
        return [np.take(x, places[0], axis=axis + 1)]
    sources = np.broadcast_to(x, (len(places), *x.shape[1:]))
    return [np.stack([np.take(one, where, axis=axis) for one, where in zip(sources, places, strict=True)])]


def gather_nd(node: Node, values: Values) -> list[Array]:
    """GATHER_ND: the last dimension of the indices is a place in the first dimensions of the input."""
    x, places = together(given(node, values, 0), given(node, values, 1))
    known_on(node, x, "float32", "int8")
    known_on(node, places, "int32")
    count, depth = len(x), places.shape[-1]
    if depth > x.ndim - 1 or depth > 5:
        raise node.cannot(f"picks by {depth} places of {x.ndim - 1}")
    sizes = x.shape[1 : depth + 1]
    strides = np.array([math.prod(sizes[axis + 1 :]) for axis in range(depth)], np.int64)
    flat = (places.astype(np.int64) * strides).sum(axis=-1)
    if flat.size and not 0 <= int(flat.min()) <= int(flat.max()) < math.prod(sizes):
        raise node.refuses("reads beyond its input")
    rows = x.reshape(count, math.prod(sizes), *x.shape[depth + 1 :])
    return [rows[np.arange(count).reshape(-1, *[1] * (flat.ndim - 1)), flat]]


def embedding_lookup(node: Node, values: Values) -> list[Array]:
    """EMBEDDING_LOOKUP: rows of a table; an int8 table becomes float32 where the output is."""
    places, table = given(node, values, 0), given(node, values, 1)
    known_on(node, table, "float32", "int8")
    if len(table) != 1:
        raise node.cannot("has a table that is computed")
    if places.size and not 0 <= int(places.min()) <= int(places.max()) < table.shape[1]:
        raise node.refuses("reads beyond its table")
    rows = np.take(table[0], places, axis=0)
    if rows.dtype == np.int8 and node.output.type == "float32":
        if node.zero(node.input(1)):
            raise node.cannot("has a table with a zero point")
        return [(rows * np.float64(node.scale(node.input(1)))).astype(np.float32)]
    return [rows]


def dynamic_update_slice(node: Node, values: Values) -> list[Array]:
    """DYNAMIC_UPDATE_SLICE: the start is moved until the update lies within the operand."""
    x, update, starts = together(*(given(node, values, place) for place in range(3)))
    known_on(node, x, "float32", "int8", "int16", "int32")
    room = np.array(x.shape[1:], np.int64) - update.shape[1:]
    if (room < 0).any():
        raise node.cannot("has an update that is larger than what it updates")
    made = x.copy()
    for one, new, start in zip(made, update, np.clip(starts, 0, room), strict=True):
        one[tuple(slice(int(at), int(at) + size) for at, size in zip(start, new.shape, strict=True))] = new
    return [made]


def reverse(node: Node, values: Values) -> list[Array]:
    """REVERSE_V2 along axes that follow one another."""
    x = given(node, values, 0)
    rank = x.ndim - 1
    known_on(node, x, "float32", "int8", "int16", "int32", "int64", "uint8", "bool")
    axes = sorted(axis + rank if axis < 0 else axis for axis in node.known(values, 1))
    if not axes or axes != list(range(axes[0], axes[0] + len(axes))) or not 0 <= axes[0] <= axes[-1] < rank:
        raise node.cannot(f"reverses the axes {axes} of {rank}")
    return [np.flip(x, tuple(axis + 1 for axis in axes))]


def select(node: Node, values: Values) -> list[Array]:
    """SELECT_V2, broadcast."""
    condition, x, y = aligned(*(given(node, values, place) for place in range(3)))
    known_on(node, condition, "bool")
    known_on(node, x, "float32", "int8", "int16")
    if x.dtype != y.dtype:
        raise node.cannot(f"takes {x.dtype} and {y.dtype}")
    made = np.where(condition, x, y)
    # One element of any rank is one element.
    return [made.reshape(len(made), *node.output.shape) if made[:1].size == 1 else made]


def broadcast_to(node: Node, values: Values) -> list[Array]:
    """BROADCAST_TO, of at most five dimensions."""
    x = given(node, values, 0)
    shape = node.known(values, 1)
    if len(shape) > 5 or x.ndim - 1 > len(shape):
        raise node.cannot(f"makes {shape} of {list(x.shape[1:])}")
    padded = x.reshape(len(x), *[1] * (len(shape) + 1 - x.ndim), *x.shape[1:])
    return [np.broadcast_to(padded, (len(x), *shape))]


def broadcast_args(node: Node, values: Values) -> list[Array]:
    """BROADCAST_ARGS: the shape to which two shapes are broadcast."""
    a, b = node.known(values, 0), node.known(values, 1)
    return [np.array([np.broadcast_shapes(tuple(a), tuple(b))], NUMPY[node.output.type])]


def fill(node: Node, values: Values) -> list[Array]:
    """FILL: its inputs are a shape and one value."""
    value = given(node, values, 1)
    known_on(node, value, "float32", "int32", "int8")
    shape = node.known(values, 0)
    return [np.broadcast_to(value.reshape(len(value), *[1] * len(shape)), (len(value), *shape))]


def zeros_like(node: Node, values: Values) -> list[Array]:
    """ZEROS_LIKE."""
    x = given(node, values, 0)
    known_on(node, x, "float32", "int8", "int32", "int64")
    return [np.zeros((1, *x.shape[1:]), x.dtype)]


KERNELS: dict[str, Kernel] = {
    "GATHER": gather,
    "GATHER_ND": gather_nd,
    "EMBEDDING_LOOKUP": embedding_lookup,
    "DYNAMIC_UPDATE_SLICE": dynamic_update_slice,
    "REVERSE_V2": reverse,
    "SELECT_V2": select,
    "BROADCAST_TO": broadcast_to,
    "BROADCAST_ARGS": broadcast_args,
    "FILL": fill,
    "ZEROS_LIKE": zeros_like,
}
