"""A digit that leans is set upright by the moments of its ink: firmware/engine/straighten.c, bit for bit, in NumPy.

Deskewing as it has been done to MNIST since LeCun et al. (1998), in integers. The slant is cov(x, y) / var(y) of the
ink, to the nearest of 256 parts of a pixel a row, at most a pixel; each row moves back by that times its distance from
the centre, between two pixels in proportion.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import ElementType, TensorSpec

SIDE = 28
FILES = ("straighten.c", "straighten.h")
"""In firmware/engine."""
DEFINE = '\n#include "straighten.h"\n#define MODEL_STRAIGHTEN 1 /* the engine sets the digit upright first */\n'
"""Behind what the compiler wrote to model.h: a sketch's sources include nothing that is not there."""

_ONE, _MOST, _AHEAD = 256, 256, 64
_CHUNK = 4096

Bytes = npt.NDArray[np.uint8]


def straightened(pixels: Bytes) -> Bytes:
    """The pixels, uint8 [N, ...] of 28 x 28 each, with every digit upright; the same shape."""
    flat = np.ascontiguousarray(pixels, np.uint8).reshape(-1, SIDE, SIDE)
    out = np.empty_like(flat)
    for start in range(0, len(flat), _CHUNK):
        part = slice(start, start + _CHUNK)
        out[part] = _part(flat[part].astype(np.int64))
    return out.reshape(pixels.shape)


def takes(first: TensorSpec) -> bool:
    """Whether an input is such a digit."""
    return first.dtype is ElementType.INT8 and first.elements == SIDE * SIDE and first.zero_point == -128


def as_read(tensor: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """An input tensor, int8 [N, ...] with zero point -128, as the network reads it behind the engine."""
    pixels = np.ascontiguousarray(tensor).view(np.uint8) ^ np.uint8(128)
    return (straightened(pixels) ^ np.uint8(128)).view(np.int8)


def _part(ink: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    along = np.arange(SIDE)
    mass = ink.sum(axis=(1, 2))
    rows, columns = ink.sum(axis=2), ink.sum(axis=1)
    sum_x, sum_y = columns @ along, rows @ along
    sum_xy, sum_yy = (ink @ along) @ along, rows @ (along * along)
    cov, var = mass * sum_xy - sum_x * sum_y, mass * sum_yy - sum_y * sum_y
    size = np.minimum((np.abs(cov) * 2 * _ONE + var) // np.maximum(2 * var, 1), _MOST)
    lean = np.where(var > 0, np.where(cov < 0, -size, size), 0)
    centre = (sum_y * _ONE + mass // 2) // np.maximum(mass, 1)
    place = (lean[:, None] * (along * _ONE - centre[:, None]) + _AHEAD * _ONE * _ONE) // _ONE  # [N, rows]
    whole, part = place // _ONE - _AHEAD, place % _ONE
    # A pixel of 0 on either side stands for all outside.
    framed = np.pad(ink, ((0, 0), (0, 0), (1, 1)))
    left = np.clip(along + 1 + whole[..., None], 0, SIDE + 1)
    right = np.clip(along + 2 + whole[..., None], 0, SIDE + 1)
    values: npt.NDArray[np.int64] = np.take_along_axis(framed, left, 2) * (_ONE - part[..., None])
    values += np.take_along_axis(framed, right, 2) * part[..., None]
    return (values + _ONE // 2) // _ONE
