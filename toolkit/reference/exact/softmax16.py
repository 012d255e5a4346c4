"""SOFTMAX on int16: two tables of 513 entries with interpolation.

Sources: SoftmaxInt16 in tensorflow/lite/kernels/internal/reference/softmax.h, LUTPopulateInt16 and LUTLookup in
tensorflow/lite/kernels/internal/common.h, tensorflow/lite/micro/kernels/softmax_common.cc.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from toolkit.reference.exact import fixed
from toolkit.reference.exact.node import Array, Node

_STEPS = 512
_F = np.float32


def _round(x: Array) -> Array:
    """TfLiteRound of float32: halves away from zero."""
    return np.asarray(np.sign(x) * np.floor(np.abs(x) + _F(0.5)), np.float32)


def _table(scale: float, zero: int, function: Callable[[Array], Array]) -> fixed.Ints:
    """LUTPopulateInt16 with outputs of 2 / 65535 a step about 0; every operation in single precision."""
    input_scale, output_scale = _F(scale), _F(2.0) / _F(65535)
    least, most = (input_scale * _F(end - zero) for end in (-32768, 32767))
    step = (most - least) / _F(_STEPS)
    inverse = _F(65536) / (output_scale * _F(32767) - output_scale * _F(-32768))
    place = np.arange(_STEPS, dtype=np.float32)
    here = function(least + place * step)
    middle = function(least + place * step + step / _F(2))
    after = function(least + (place + _F(1)) * step)
    between = _round((after * inverse + _round(here * inverse)) / _F(2))
    bias = _round((between - _round(middle * inverse)) / _F(2))
    last = _round(function(np.array([most])) * inverse)
    made = np.concatenate([_round(here * inverse) - bias, last])
    whole: fixed.Ints = np.clip(made, -32768, 32767).astype(np.int64)
    return whole


@functools.cache
def _tables() -> tuple[fixed.Ints, fixed.Ints]:
    """exp on [-10, 0], and 1 / (1 + x) on [0, 1]."""
    exponential = _table(float(_F(10.0) / _F(65535)), 32767, lambda x: np.exp(x.astype(np.float64)).astype(np.float32))
    inverse = _table(float(_F(1.0) / _F(65535)), -32768, lambda x: _F(1) / (_F(1) + x))
    return exponential, inverse


def _looked_up(table: fixed.Ints, x: fixed.Ints) -> fixed.Ints:
    """LUTLookup: a base and a slope of 128 steps."""
    place = 256 + (x >> 7)
    base = np.take(table, place)
    return base + (((np.take(table, place + 1) - base) * (x & 0x7F) + 64) >> 7)


def softmax16(node: Node, x: Array, beta: float) -> Array:
    """int16 to int16 along the last axis.

    Raises:
        CannotError: a scale or zero point that the kernel refuses.
    """
    if node.zero(node.input(0)) or node.zero(node.output):
        raise node.cannot("has a zero point on int16")
    if abs(node.scale(node.output) - 1 / 32768) > 0.001 / 32768:
        raise node.cannot("has an output that is not 1/32768 a step")
    exponentials, inverses = _tables()
    m, shift = node.multiplier(node.scale(node.input(0)) * beta / (10.0 / 65535.0))
    far = x.astype(np.int64) - x.max(axis=-1, keepdims=True)
    each = _looked_up(exponentials, np.clip(fixed.rescale(far, m, shift) + 32767, -32768, 32767))
    sums = each.sum(axis=-1, keepdims=True)
    headroom = 32 - fixed.bits(sums)
    shifted = (np.left_shift(sums, headroom - 1) + (1 << 13)) >> 14
    inverse = _looked_up(inverses, np.clip(shifted - ((1 << 15) + (1 << 16)), -32768, 32767))
    right = 31 - headroom
    return fixed.clipped((each * inverse + np.left_shift(1, right - 1)) >> right, 0, 32767, "int16")
