"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR.

Sources: tensorflow/lite/micro/kernels/resize_{nearest_neighbor,bilinear}.cc and the headers of those names below
tensorflow/lite/kernels/internal/reference.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.reference.exact import fixed
from toolkit.reference.exact.node import Array, Kernel, Node, Values, given

_F = np.float32


def _sizes(node: Node, values: Values, options: str) -> tuple[Array, Any, tuple[int, ...]]:
    """The images [N, batch, height, width, channels], the options, and the height and width to make."""
    x, sizes = given(node, values, 0), tuple(node.known(values, 1))
    if x.ndim != 5 or len(sizes) != 2 or sizes != node.output.shape[1:3]:
        raise node.cannot(f"makes {list(sizes)} of {list(node.output.shape)}")
    return x, node.options(options), sizes


def nearest(node: Node, values: Values) -> list[Array]:
    """RESIZE_NEAREST_NEIGHBOR: places in single precision."""
    made, options, sizes = _sizes(node, values, "ResizeNearestNeighborOptions")
    corners, half = options.AlignCorners(), options.HalfPixelCenters()
    for axis, size in zip((2, 3), sizes, strict=True):
        source = made.shape[axis]
        by = source / _F(size)
        if corners and size > 1:
            by = (source - 1) / _F(size - 1)
        real = (np.arange(size, dtype=np.float32) + _F(0.5 if half else 0.0)) * _F(by)
        whole = np.array([fixed.half_away(float(each)) for each in real]) if corners else np.floor(real)
        made = np.take(made, np.clip(whole.astype(np.int64), 0, source - 1), axis=axis)
    return [made]


def bilinear(node: Node, values: Values) -> list[Array]:
    """RESIZE_BILINEAR: int8 with places of 1/1024, halves away from zero; float32 in single precision."""
    x, options, sizes = _sizes(node, values, "ResizeBilinearOptions")
    if options.AlignCorners() and options.HalfPixelCenters():
        raise node.cannot("has aligned corners and half pixels")
    whole = x.dtype == np.int8
    if not whole and x.dtype != np.float32:
        raise node.cannot(f"is not known on {x.dtype}")
    ends, shares = [], []
    for size, source in zip(sizes, x.shape[2:4], strict=True):
        low, high, share = (_places if whole else _real_places)(size, source, options)
        ends.append((low, high))
        shares.append((1024 - share, share) if whole else (1 - share, share))
    kind: type[np.integer[Any]] | type[np.floating[Any]] = np.int64 if whole else np.float32
    total: Array = np.zeros((1, 1, 1, 1, 1), kind)
    # In the kernel's order: upper and lower left, then upper and lower right.
    for right, below in ((0, 0), (0, 1), (1, 0), (1, 1)):
        corner = np.take(np.take(x, ends[0][below], axis=2), ends[1][right], axis=3).astype(kind)
        total = total + corner * shares[0][below].reshape(-1, 1, 1) * shares[1][right].reshape(-1, 1)
    if not whole:
        return [total.astype(np.float32)]
    total = np.where(total > 0, total + (1 << 19), total - (1 << 19))
    return [(np.sign(total) * (np.abs(total) >> 20)).astype(np.int8)]


def _places(size: int, source: int, options: Any) -> tuple[fixed.Ints, fixed.Ints, fixed.Ints]:
    """ComputeInterpolationValuesInteger of every position: both neighbours, and the share of the second in 1/1024."""
    scale = (1024 * source + size // 2) // size
    if options.AlignCorners() and size > 1:
        scale = (1024 * (source - 1) + (size - 1) // 2) // (size - 1)
    at = np.arange(size, dtype=np.int64) * scale
    if options.HalfPixelCenters():
        at = at + scale // 2 - (1 << 9)
    low = np.maximum(at >> 10, 0)  # a division in C cuts off; below zero both give 0
    up = at + 1023
    high = np.minimum(np.sign(up) * (np.abs(up) >> 10), source - 1)
    return low, high, at - 1024 * low


def _real_places(size: int, source: int, options: Any) -> tuple[fixed.Ints, fixed.Ints, npt.NDArray[np.float32]]:
    """ComputeInterpolationValues, the same in single precision."""
    scale = _F(source) / _F(size)
    if options.AlignCorners() and size > 1:
        scale = _F(source - 1) / _F(size - 1)
    at = np.arange(size, dtype=np.float32)
    at = (at + _F(0.5)) * scale - _F(0.5) if options.HalfPixelCenters() else at * scale
    low = np.maximum(np.floor(at).astype(np.int64), 0)
    high = np.minimum(np.ceil(at).astype(np.int64), source - 1)
    return low, high, at - low.astype(np.float32)


KERNELS: dict[str, Kernel] = {"RESIZE_NEAREST_NEIGHBOR": nearest, "RESIZE_BILINEAR": bilinear}
