"""Windows over images: where they lie, what they see, and the three poolings.

Sources: tensorflow/lite/kernels/padding.h and, below tensorflow/lite/kernels/internal/reference, pooling.h and
integer_ops/pooling.h.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from toolkit.reference.exact.node import NUMPY, Array, Kernel, Node, Values, given

_MOST_TAPS = 1 << 16


@dataclass(frozen=True)
class Window:
    """A window that moves over an image.

    Attributes:
        size, strides, dilations, before: rows and columns; `before` is the padding above and left.
        rows, columns: its positions.
    """

    size: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    before: tuple[int, int]
    rows: int
    columns: int


def window(
    node: Node, options: Any, size: tuple[int, int], shape: tuple[int, ...], to: tuple[int, ...] | None = None
) -> Window:
    """ComputePaddingHeightWidth, and the positions that the output has.

    Args:
        node: the operator.
        options: its strides, dilations and padding.
        size: of the window.
        shape: of the image, [N, batch, height, width, channels].
        to: how many positions there are; None: as the output has.

    Raises:
        CannotError: the output has others.
    """
    import tflite

    if len(shape) != 5:
        raise node.cannot(f"takes images of 4 dimensions, not {len(shape) - 1}")
    strides = (int(options.StrideH()), int(options.StrideW()))
    dilated = hasattr(options, "DilationHFactor")
    dilations = (int(options.DilationHFactor()), int(options.DilationWFactor())) if dilated else (1, 1)
    if min(*strides, *dilations, *size) < 1:
        raise node.cannot("has a window, stride or dilation of 0")
    if size[0] * size[1] > _MOST_TAPS:
        raise node.cannot(f"has a window of {size[0]} x {size[1]}")
    before, positions = [], []
    for image, reach, stride, dilation in zip(shape[2:4], size, strides, dilations, strict=True):
        extent = (reach - 1) * dilation + 1
        count = (image + stride - (1 if options.Padding() == tflite.Padding.SAME else extent)) // stride
        before.append(max((count - 1) * stride + extent - image, 0) // 2)
        positions.append(count)
    if tuple(positions) != tuple(to or node.output.shape[1:3]):
        raise node.cannot(f"makes {positions} positions, its output has {list(to or node.output.shape[1:3])}")
    return Window(size, strides, dilations, (before[0], before[1]), positions[0], positions[1])


def _along(where: Window, axis: int, tap: int, image: int) -> tuple[slice, slice]:
    """Along one axis: the positions at which this tap lies inside the image, and what they read."""
    offset = tap * where.dilations[axis] - where.before[axis]
    stride, count = where.strides[axis], (where.rows, where.columns)[axis]
    first = max(0, -(offset // stride)) if offset < 0 else 0
    last = max(first, min(count, (image - 1 - offset) // stride + 1))
    start = first * stride + offset
    return slice(first, last), slice(start, start + (last - first) * stride, stride)


def taps(images: Array, where: Window) -> Iterator[tuple[tuple[slice, ...], Array]]:
    """For each tap in order: the positions that see the image through it, and what they see.

    Args:
        images: [N, height, width, channels].
        where: the window.
    """
    for y in range(where.size[0]):
        rows, seen_rows = _along(where, 0, y, images.shape[1])
        for x in range(where.size[1]):
            columns, seen_columns = _along(where, 1, x, images.shape[2])
            yield (slice(None), rows, columns), images[:, seen_rows, seen_columns]


def patches(images: Array, where: Window) -> Array:
    """[N, rows, columns, taps * channels]: what each position sees, 0 outside."""
    if where.size == where.strides == (1, 1):
        return images
    count = where.size[0] * where.size[1]
    made = np.zeros((len(images), where.rows, where.columns, count, images.shape[-1]), images.dtype)
    for tap, (place, part) in enumerate(taps(images, where)):
        made[..., tap, :][place] = part
    return made.reshape(*made.shape[:3], -1)


def _pooled(node: Node, values: Values) -> tuple[Array, Window, int]:
    options = node.options("Pool2DOptions")
    x = given(node, values, 0)
    where = window(node, options, (int(options.FilterHeight()), int(options.FilterWidth())), x.shape)
    if x.dtype not in (np.int8, np.int16, np.float32):
        raise node.cannot(f"is not known on {x.dtype}")
    source, output = node.input(0), node.output
    if x.dtype != np.float32 and (
        abs(node.scale(source) - node.scale(output)) > 1e-6 or node.zero(source) != node.zero(output)
    ):
        raise node.cannot("has an input and an output that are quantised differently")
    return x, where, int(options.FusedActivationFunction())


def _ended(node: Node, made: Array, number: int) -> Array:
    if node.output.type == "float32":
        return node.clamp(made.astype(np.float32), number)
    low, high = node.fused(number)
    return np.clip(made, low, high).astype(node.output.type)


def max_pool(node: Node, values: Values) -> list[Array]:
    """MAX_POOL_2D."""
    x, where, number = _pooled(node, values)
    flat = x.reshape(-1, *x.shape[2:])
    least = np.finfo(np.float32).min if x.dtype == np.float32 else np.iinfo(x.dtype).min
    made = np.full((len(flat), where.rows, where.columns, flat.shape[-1]), least, NUMPY[node.output.type])
    for place, part in taps(flat, where):
        np.maximum(made[place], part, out=made[place])
    return [_ended(node, made, number).reshape(len(x), x.shape[1], *made.shape[1:])]


def average_pool(node: Node, values: Values) -> list[Array]:
    """AVERAGE_POOL_2D: over what lies inside the image; integers rounded, halves away from zero."""
    x, where, number = _pooled(node, values)
    flat = x.reshape(-1, *x.shape[2:])
    real = x.dtype == np.float32
    sums = np.zeros((len(flat), where.rows, where.columns, flat.shape[-1]), np.float64 if real else np.int64)
    counts = np.zeros((1, where.rows, where.columns, 1), np.int64)
    for place, part in taps(flat, where):
        sums[place] += part
        counts[place] += 1
    if not counts.all():
        raise node.cannot("has a position that sees nothing")
    made = sums / counts if real else np.sign(sums) * ((np.abs(sums) + counts // 2) // counts)
    return [_ended(node, made, number).reshape(len(x), x.shape[1], *made.shape[1:])]


def l2_pool(node: Node, values: Values) -> list[Array]:
    """L2_POOL_2D, float32 only: the root of the mean square."""
    x, where, number = _pooled(node, values)
    if x.dtype != np.float32:
        raise node.cannot(f"is not known on {x.dtype}")
    flat = x.reshape(-1, *x.shape[2:]).astype(np.float64)
    sums = np.zeros((len(flat), where.rows, where.columns, flat.shape[-1]), np.float64)
    counts = np.zeros((1, where.rows, where.columns, 1), np.int64)
    for place, part in taps(flat, where):
        sums[place] += part * part
        counts[place] += 1
    if not counts.all():
        raise node.cannot("has a position that sees nothing")
    made = np.sqrt(sums / counts)
    return [_ended(node, made, number).reshape(len(x), x.shape[1], *made.shape[1:])]


KERNELS: dict[str, Kernel] = {"MAX_POOL_2D": max_pool, "AVERAGE_POOL_2D": average_pool, "L2_POOL_2D": l2_pool}
