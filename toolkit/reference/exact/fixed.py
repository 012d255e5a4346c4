"""Fixed-point arithmetic of TensorFlow Lite Micro's reference kernels, over whole arrays, bit for bit.

Sources: tensorflow/lite/kernels/internal/{common.h,common.cc,quantization_util.cc} and gemmlowp's
fixedpoint/fixedpoint.h, in their double-rounding form, which the official wheel is built with. Arrays are int64 that
hold int32 values, so that a product of two never leaves its type.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
INT32_MAX = (1 << 31) - 1
INT32_MIN = -(1 << 31)


class RangeError(Exception):
    """A multiplier that the kernels cannot hold; the text says which."""


def half_away(value: float) -> int:
    """std::round: halves away from zero."""
    return math.floor(value + 0.5) if value >= 0 else math.ceil(value - 0.5)


def multiplier(real: float) -> tuple[int, int]:
    """QuantizeMultiplier: (m, shift) with real = m * 2**(shift - 31), 2**30 <= m < 2**31; (0, 0) for what is too small.

    Raises:
        RangeError: not finite, or so large that an int32 cannot be shifted so far.
    """
    if real == 0.0:
        return 0, 0
    if not math.isfinite(real):
        raise RangeError(f"scales by {real:g}")
    fraction, shift = math.frexp(real)
    whole = half_away(fraction * (1 << 31))
    if abs(whole) == 1 << 31:
        whole //= 2
        shift += 1
    if shift < -31:
        return 0, 0
    if shift > 30:
        raise RangeError(f"scales by {real:g}, more than an int32 can hold")
    return whole, shift


def multipliers(reals: Iterable[float]) -> tuple[Ints, Ints]:
    """`multiplier` of each, as two arrays."""
    pairs = [multiplier(real) for real in reals]
    return np.array([m for m, _ in pairs], np.int64), np.array([shift for _, shift in pairs], np.int64)


def high(a: Ints, b: Ints | int) -> Ints:
    """SaturatingRoundingDoublingHighMul: a * b / 2**31, halves up; saturated for -2**31 squared only."""
    product = np.multiply(a, b, dtype=np.int64)
    product += 1 << 30
    product >>= 31
    return np.minimum(product, INT32_MAX, out=product) if product.ndim else np.minimum(product, INT32_MAX)


def divide(x: Ints, exponent: Ints | int) -> Ints:
    """RoundingDivideByPOT: x / 2**exponent, halves away from zero; exponent >= 0, of x's shape or broadcast."""
    if isinstance(exponent, int) and exponent == 0:
        return x
    power = np.asarray(exponent, np.int64)
    half = np.where(power > 0, np.left_shift(1, np.maximum(power - 1, 0)), 0)
    # Towards the nearest, halves up; a negative number is one less before: then halves fall away from zero.
    return np.asarray((x + half - ((x < 0) & (power > 0))) >> power, np.int64)


def rescale(x: Ints, m: Ints | int, shift: Ints | int) -> Ints:
    """MultiplyByQuantizedMultiplier of int32: x * m * 2**(shift - 31), rounded twice. A shift to the left wraps."""
    left, right = np.maximum(shift, 0), np.maximum(np.negative(shift), 0)
    if np.any(left):
        x = wrapped(np.left_shift(x, left))
    if not np.any(right):
        return high(x, m)
    return divide(high(x, m), right)


def rescale_long(x: Ints, m: Ints | int, shift: Ints | int) -> Ints:
    """MultiplyByQuantizedMultiplier of int64 sums: the multiplier is cut to 16 bits, and rounded once, halves up."""
    reduced = np.where(np.asarray(m) < 0x7FFF0000, (np.asarray(m) + (1 << 15)) >> 16, 0x7FFF)
    total = 15 - np.asarray(shift, np.int64)
    return wrapped((x * reduced + np.left_shift(1, total - 1)) >> total)


def wrapped(x: Ints) -> Ints:
    """As an int32 wraps around."""
    return np.asarray(((x + (1 << 31)) & 0xFFFFFFFF) - (1 << 31), np.int64)


def shifted_left(x: Ints, exponent: int) -> Ints:
    """SaturatingRoundingMultiplyByPOT to the left."""
    return np.asarray(np.clip(np.left_shift(x, exponent), INT32_MIN, INT32_MAX), np.int64)


# exp(-2**k) in Q0.31, k = -2 ... 4: gemmlowp's exp_barrel_shifter.
_BARREL = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)


def exp_on_negative(a: Ints, integer_bits: int) -> Ints:
    """gemmlowp::exp_on_negative_values: a <= 0 with at most 5 integer bits, to Q0.31."""
    quarter = 1 << (31 - integer_bits - 2)
    within = (a & (quarter - 1)) - quarter
    # exp between -1/4 and 0: a Taylor series about -1/8.
    x = shifted_left(within, integer_bits) + (1 << 28)
    square = high(x, x)
    cube, fourth = high(square, x), high(square, square)
    series = divide(high(divide(fourth, 2) + cube, 715827883) + square, 1)
    result = np.minimum(1895147668 + high(x + series, 1895147668), INT32_MAX)
    rest = within - a
    for place, factor in enumerate(_BARREL):
        if place - 2 < integer_bits:
            bit = np.left_shift(1, 31 - integer_bits + place - 2)
            result = np.where(rest & bit, high(result, factor), result)
    return np.where(a == 0, INT32_MAX, result)


def _newton(a: Ints) -> Ints:
    """2 / (1 + a) in Q2.29, a in [0, 1] in Q0.31: three Newton-Raphson steps from 48/17 - 32/17 * (1 + a) / 2."""
    half = (a + INT32_MAX + 1) >> 1
    x = 1515870810 + high(half, -1010580540)
    for _ in range(3):
        x = x + shifted_left(high(x, (1 << 29) - high(half, x)), 2)
    return x


def one_over_one_plus(a: Ints) -> Ints:
    """gemmlowp::one_over_one_plus_x_for_x_in_0_1."""
    return shifted_left(_newton(a), 1)


def one_minus_over_one_plus(a: Ints) -> Ints:
    """gemmlowp::one_minus_x_over_one_plus_x_for_x_in_0_1."""
    return shifted_left(_newton(a) - (1 << 29), 2)


def bits(x: Ints) -> Ints:
    """How many bits positive numbers below 2**53 take: 32 less CountLeadingZeros."""
    return np.asarray(np.frexp(np.asarray(x, np.float64))[1], np.int64)


@functools.cache
def inverse_root(value: int) -> tuple[int, int]:
    """GetInvSqrtQuantizedMultiplierExp, its shift reversed: (m, shift) for 1 / sqrt(value); 0 < value < 2**29."""
    if value <= 1:
        return INT32_MAX, 0
    pairs = (31 - value.bit_length()) // 2 - 1
    shift = 11 - pairs
    scaled = np.array([value << (2 * pairs)], np.int64) >> 1
    half = divide(scaled, 1)
    x = np.array([1 << 28], np.int64)
    for _ in range(5):
        cube = shifted_left(high(high(x, x), x), 6)
        x = shifted_left(high(np.full_like(x, (1 << 28) + (1 << 27)), x) - high(half, cube), 3)
    m = int(high(x, 1518500250)[0])
    return (m << -shift, 0) if shift < 0 else (m, -shift)


def clipped(x: Ints, low: int, top: int, dtype: str) -> npt.NDArray[Any]:
    """As an element type, between two ends."""
    return np.clip(x, low, top).astype(dtype)
