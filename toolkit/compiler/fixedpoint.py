"""TensorFlow Lite's fixed-point arithmetic, in Python, bit for bit: for constants and tables made at compile time.

Sources: tensorflow/lite/kernels/internal/{quantization_util.cc,common.cc} and gemmlowp's fixedpoint.h, in their
double-rounding form, which is what TFLM's reference kernels are built with. Arrays are int64 that hold int32 values.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import ModelError

Ints = NDArray[np.int64]
INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1
LARGEST = 2.0**30


def round_half_away(value: float) -> int:
    """std::round."""
    return math.floor(value + 0.5) if value >= 0 else math.ceil(value - 0.5)


def quantize_multiplier(real: float, largest: float = LARGEST) -> tuple[int, int]:
    """(multiplier, shift) with real = multiplier * 2**(shift - 31) and multiplier in [2**30, 2**31).

    Raises:
        ModelError: from `largest` on; from 2**30 on, which no sound network needs, an int32 cannot be shifted so far.
    """
    if real == 0.0:
        return 0, 0
    if not abs(real) < largest:
        raise ModelError(
            f"the model scales by {real:g} between two tensors, at most {largest:g} can be computed",
            "its quantisation is damaged; convert it again",
        )
    fraction, shift = math.frexp(real)
    multiplier = round_half_away(fraction * (1 << 31))
    if abs(multiplier) == 1 << 31:
        multiplier //= 2
        shift += 1
    if shift < -31:
        return 0, 0
    return multiplier, shift


def doubling_high_multiply(a: Ints, b: Ints | int) -> Ints:
    """SaturatingRoundingDoublingHighMul: a * b / 2**31, halves rounded up (saturated only for -2**31 squared)."""
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    return np.asarray(np.minimum((product + (1 << 30)) >> 31, INT32_MAX), np.int64)


def rounding_divide(x: Ints, exponent: int) -> Ints:
    """RoundingDivideByPOT: x / 2**exponent, halves rounded away from zero."""
    if exponent == 0:
        return x
    return (x + (x >> 63) + (1 << (exponent - 1))) >> exponent


def multiply(x: Ints, multiplier: int, shift: int) -> Ints:
    """MultiplyByQuantizedMultiplier. The shifted `x` must fit int32, as in the original."""
    shifted = np.asarray(x, np.int64) << max(shift, 0)
    return rounding_divide(doubling_high_multiply(shifted, multiplier), max(-shift, 0))


def _saturating_shift_left(x: Ints, exponent: int) -> Ints:
    return np.asarray(np.clip(x << exponent, INT32_MIN, INT32_MAX), np.int64)


# exp(-2**k) in Q0.31 for k = -2 ... 4; gemmlowp's own constants.
_BARREL = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)


def exp_on_negative(a: Ints, integer_bits: int) -> Ints:
    """gemmlowp::exp_on_negative_values: fixed point with `integer_bits` (at most 5), at most 0, to Q0.31."""
    a = np.asarray(a, np.int64)
    one_quarter = 1 << (31 - integer_bits - 2)
    modulo = (a & (one_quarter - 1)) - one_quarter
    x = _saturating_shift_left(modulo, integer_bits) + (1 << 28)
    x2 = doubling_high_multiply(x, x)
    x3 = doubling_high_multiply(x2, x)
    x4 = doubling_high_multiply(x2, x2)
    inner = doubling_high_multiply(rounding_divide(x4, 2) + x3, 715827883) + x2
    result = 1895147668 + doubling_high_multiply(x + rounding_divide(inner, 1), 1895147668)
    remainder = modulo - a
    for place, factor in enumerate(_BARREL):
        if place - 2 < integer_bits:
            bit = 31 - integer_bits + place - 2
            result = np.where(remainder & (1 << bit), doubling_high_multiply(result, factor), result)
    return np.where(a == 0, INT32_MAX, result)


def _half_sum_with_one(a: Ints) -> Ints:
    total = a + INT32_MAX
    return (total + np.where(total >= 0, 1, -1)) // 2  # both operands are positive here, so // is the original's /


def one_over_one_plus(a: Ints) -> Ints:
    """gemmlowp::one_over_one_plus_x_for_x_in_0_1: Q0.31 to Q0.31."""
    half = _half_sum_with_one(a)
    x = 1515870810 + doubling_high_multiply(half, -1010580540)
    for _ in range(3):
        x = x + _saturating_shift_left(doubling_high_multiply(x, (1 << 29) - doubling_high_multiply(half, x)), 2)
    # Q2.29, halved by calling it Q1.30, back to Q0.31.
    return _saturating_shift_left(x, 1)


def one_minus_x_over_one_plus_x(a: Ints) -> Ints:
    """gemmlowp::one_minus_x_over_one_plus_x_for_x_in_0_1: Q0.31 to Q0.31."""
    half = _half_sum_with_one(a)
    x = 1515870810 + doubling_high_multiply(half, -1010580540)
    for _ in range(3):
        x = x + _saturating_shift_left(doubling_high_multiply(x, (1 << 29) - doubling_high_multiply(half, x)), 2)
    return _saturating_shift_left(x - (1 << 29), 2)


def inverse_sqrt(value: int) -> tuple[int, int]:
    """GetInvSqrtQuantizedMultiplierExp with the shift reversed: (multiplier, shift) for 1 / sqrt(value), value > 0."""
    if value == 1:
        return INT32_MAX, 0
    shift = 11
    left = ((32 - value.bit_length()) - 1) // 2 - 1
    shift -= left
    value <<= 2 * left
    point = np.asarray(value >> 1, np.int64)
    half = rounding_divide(point, 1)
    three_halves = (1 << 28) + (1 << 27)
    x = np.asarray(1 << 28, np.int64)
    for _ in range(5):
        # Products of Q3.28 numbers have more integer bits each time; Rescale shifts them back, saturating.
        square = doubling_high_multiply(x, x)
        cube = _saturating_shift_left(doubling_high_multiply(square, x), 6)
        x = _saturating_shift_left(
            doubling_high_multiply(np.asarray(three_halves), x) - doubling_high_multiply(half, cube), 3
        )
    multiplier = int(doubling_high_multiply(x, 1518500250))
    if shift < 0:
        multiplier <<= -shift
        shift = 0
    return multiplier, -shift


def softmax_multiplier(scale: float, beta: float) -> tuple[int, int, int]:
    """PreprocessSoftmaxScaling and CalculateInputRadius: (multiplier, left shift, smallest difference that counts).

    The multiplier is capped: from there on a difference of 1 counts for nothing, and so none is ever shifted out of 32
    bits.
    """
    real = min(beta * scale * (1 << 26), float(INT32_MAX))
    multiplier, shift = quantize_multiplier(real, 2.0**31)
    smallest = -math.floor(1.0 * 31 * (1 << 26) / (1 << shift)) if shift >= 0 else 0
    return multiplier, shift, smallest


def integers(low: int = -128, high: int = 127) -> Ints:
    """low, low + 1, ... high."""
    return np.arange(low, high + 1, dtype=np.int64)
