"""Element-wise int8 functions as tables of 256, computed as TFLM's reference kernels compute them.

Sources: tensorflow/lite/micro/kernels/{leaky_relu_common,activations_common,quantize_common}.cc and the reference
headers that they call. Where they differ from the locked interpreter in the precision of a quotient of scales, the
interpreter decides: see docs/compiler.md, "Scales".
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import fixedpoint
from toolkit.compiler.fixedpoint import Ints
from toolkit.compiler.ir import Activation, ElementType, Tensor, Unary
from toolkit.errors import ModelError

Table = NDArray[np.int8]

IDENTITY: Table = np.arange(-128, 128).astype(np.int8)


def _saturated(values: Ints) -> Table:
    return np.clip(values, -128, 127).astype(np.int8)


def _rescaled(x: Ints, real: float) -> Ints:
    multiplier, shift = fixedpoint.quantize_multiplier(real)
    return fixedpoint.multiply(x, multiplier, shift)


def quantised(value: float, tensor: Tensor) -> int:
    """zero_point + round(value / scale), in single precision as the reference divides."""
    return tensor.zero_point + fixedpoint.round_half_away(float(np.float32(value) / tensor.scale))


def activation_range(activation: Activation, tensor: Tensor) -> tuple[int, int]:
    """CalculateActivationRangeQuantized for an int8 tensor."""
    bounds: dict[Activation, tuple[float | None, float | None]] = {
        Activation.NONE: (None, None),
        Activation.RELU: (0.0, None),
        Activation.RELU6: (0.0, 6.0),
        Activation.RELU_N1_TO_1: (-1.0, 1.0),
    }
    low, high = bounds[activation]
    least = -128 if low is None else max(-128, quantised(low, tensor))
    most = 127 if high is None else min(127, quantised(high, tensor))
    if least > most:
        raise ModelError(f"tensor {tensor.name}: {activation} leaves no value", "calibrate the model again")
    return least, most


def clamp_table(low: int, high: int) -> Table:
    """A fused activation as a table."""
    return np.clip(IDENTITY, low, high)


def _leaky_relu(op: Unary, source: Tensor, output: Tensor) -> Table:
    x = fixedpoint.integers() - source.zero_point
    alpha = float(source.scale) * float(np.float32(op.alpha)) / float(output.scale)
    identity = float(source.scale) / float(output.scale)
    negative = _rescaled(x, abs(alpha)) * (-1 if alpha < 0 else 1)
    return _saturated(output.zero_point + np.where(x >= 0, _rescaled(x, identity), negative))


def _relu(_: Unary, source: Tensor, output: Tensor) -> Table:
    x = fixedpoint.integers() - source.zero_point
    scaled = output.zero_point + _rescaled(x, float(source.scale) / float(output.scale))
    return np.clip(scaled, max(-128, output.zero_point), 127).astype(np.int8)


def _clamped(low: float, high: float) -> Callable[[Unary, Tensor, Tensor], Table]:
    def table(op: Unary, source: Tensor, output: Tensor) -> Table:
        if source.quantisation != output.quantisation:
            raise ModelError(
                f"{op.kind}: input and output are quantised differently", "convert it fused into its layer"
            )
        return np.clip(IDENTITY, quantised(low, source), min(127, quantised(high, source))).astype(np.int8)

    return table


def requantised(source: Tensor, output: Tensor) -> Table:
    """QUANTIZE between 8-bit types, signed or not: the bytes of both are taken for int8."""
    bytes_as_int8 = fixedpoint.integers()
    x = bytes_as_int8 if source.dtype is ElementType.INT8 else bytes_as_int8 & 0xFF
    scaled = _rescaled(x - source.zero_point, float(source.scale) / float(output.scale))
    if output.dtype is ElementType.UINT8:
        return np.clip(output.zero_point + scaled, 0, 255).astype(np.uint8).view(np.int8)
    return _saturated(output.zero_point + scaled)


def _requantise(_: Unary, source: Tensor, output: Tensor) -> Table:
    return requantised(source, output)


def _relu_n1_to_1(op: Unary, source: Tensor, output: Tensor) -> Table:
    return _clamped(-1.0, 1.0)(op, source, output)


def _centred(source: Tensor) -> tuple[Ints, int, Ints]:
    """Input less zero point, the radius beyond which a sigmoid is flat, and the input in Q4.27."""
    real = float(source.scale) * (1 << 27)
    fraction, shift = math.frexp(real)
    multiplier = fixedpoint.round_half_away(fraction * (1 << 31))
    radius = (
        math.floor(1.0 * 15 * (1 << 27) / (1 << shift)) if shift >= 0 else math.floor(15.0 * (1 << 27) * 2.0**-shift)
    )
    x = fixedpoint.integers() - source.zero_point
    within = np.clip(x, -radius + 1, radius - 1) if radius > 0 else np.zeros_like(x)
    return x, radius, fixedpoint.multiply(within, multiplier, shift)


def _flat_beyond(x: Ints, radius: int, middle: Ints) -> Table:
    return _saturated(np.where(x <= -radius, -128, np.where(x >= radius, 127, middle)))


def _logistic(_: Unary, source: Tensor, output: Tensor) -> Table:
    if output.zero_point != -128:
        raise ModelError(f"LOGISTIC: output zero point {output.zero_point}; it must be -128", "convert it again")
    x, radius, q4 = _centred(source)
    half = fixedpoint.one_over_one_plus(fixedpoint.exp_on_negative(-np.abs(q4), 4))
    # Below 0 the original gives one less the value for -x; at 0 it gives a half.
    value = np.where(q4 > 0, half, fixedpoint.INT32_MAX - half)
    value = np.where(q4 == 0, 1 << 30, value)
    return _flat_beyond(x, radius, fixedpoint.rounding_divide(value, 23) - 128)


def _tanh(_: Unary, source: Tensor, __: Tensor) -> Table:
    x, radius, q4 = _centred(source)
    # ExactMulByPot<1> calls Q4.27 Q5.26, which doubles it.
    size = fixedpoint.one_minus_x_over_one_plus_x(fixedpoint.exp_on_negative(-np.abs(q4), 5))
    value = np.where(q4 < 0, -size, np.where(q4 == 0, 0, size))
    return _flat_beyond(x, radius, fixedpoint.rounding_divide(value, 24))


def _int16(x: Ints) -> Ints:
    return np.clip(x, -(1 << 15), (1 << 15) - 1)


def _hard_swish(_: Unary, source: Tensor, output: Tensor) -> Table:
    fine = float(np.float32(1 / 128) * source.scale)
    out_multiplier, out_shift = fixedpoint.quantize_multiplier(fine / float(output.scale))
    relu_multiplier, relu_shift = fixedpoint.quantize_multiplier(fine / float(np.float32(3.0 / 32768.0)))
    if out_shift > 0:
        raise ModelError("HARD_SWISH: its output scale is too small", "the reference refuses it; calibrate again")
    # DownScaleInt32ToInt16Multiplier.
    out16, relu16 = (0x7FFF if m >= 0x7FFF0000 else (m + (1 << 15)) >> 16 for m in (out_multiplier, relu_multiplier))
    x = (fixedpoint.integers() - source.zero_point) * (1 << 7)
    preshift = _int16((x * out16 + (1 << 14)) >> 15)
    gate = _int16(x << max(relu_shift - 1, 0)) if relu_shift > 0 else x
    gate = _int16((gate * relu16 + (1 << 14)) >> 15)
    if relu_shift > 0:
        gate = _int16(gate << 1)
    elif relu_shift < 0:
        gate = fixedpoint.rounding_divide(gate, -relu_shift)
    gate = (gate + (1 << 15)) >> 1
    product = gate * preshift
    high = np.sign(product) * (np.abs(product) >> 15)
    return _saturated(fixedpoint.rounding_divide(high, -out_shift) + output.zero_point)


def _abs(_: Unary, source: Tensor, output: Tensor) -> Table:
    size = np.abs(fixedpoint.integers() - source.zero_point)
    if source.scale != output.scale:
        size = _rescaled(size, float(source.scale) / float(output.scale))
    return _saturated(size + output.zero_point)


def _rsqrt(_: Unary, source: Tensor, output: Tensor) -> Table:
    multiplier, shift = fixedpoint.quantize_multiplier(1.0 / (math.sqrt(source.scale) * float(output.scale)))
    values = []
    for x in range(-128 - source.zero_point, 128 - source.zero_point):
        if x <= 0:
            # The reference takes 0 for the smallest positive number, and refuses what is below.
            values.append(127)
            continue
        inverse, inverse_shift = fixedpoint.inverse_sqrt(x)
        data = fixedpoint.multiply(np.asarray([1], np.int64), inverse, inverse_shift + 20)
        values.append(int(fixedpoint.multiply(data, multiplier, shift - 20)[0]) + output.zero_point)
    return _saturated(np.asarray(values, np.int64))


def _exp(_: Unary, source: Tensor, output: Tensor) -> Table:
    """LiteRT's look-up table (TFLM has no int8 EXP): every step in single precision."""
    real = source.scale * (fixedpoint.integers() - source.zero_point).astype(np.float32)
    scaled = np.exp(real, dtype=np.float32) * (np.float32(1) / output.scale)
    rounded = np.where(scaled >= 0, np.floor(scaled + np.float32(0.5)), scaled)
    return _saturated(np.clip(rounded, -1024, 1024).astype(np.int64) + output.zero_point)


def _sqrt(op: Unary, source: Tensor, output: Tensor) -> Table:
    """LiteRT's answers (TFLM has no int8 SQRT): single precision, and the quotient is cut off, not rounded."""
    if source.zero_point != -128:
        raise ModelError(f"{op.kind}: its input may be negative", "the reference refuses it; calibrate again")
    real = np.sqrt(source.scale * (fixedpoint.integers() + 128).astype(np.float32))
    return _saturated(np.trunc(real / output.scale).astype(np.int64) + output.zero_point)


TABLES: dict[str, Callable[[Unary, Tensor, Tensor], Table]] = {
    "LEAKY_RELU": _leaky_relu,
    "RELU": _relu,
    "RELU6": _clamped(0.0, 6.0),
    "RELU_N1_TO_1": _relu_n1_to_1,
    "QUANTIZE": _requantise,
    "LOGISTIC": _logistic,
    "TANH": _tanh,
    "HARD_SWISH": _hard_swish,
    "ABS": _abs,
    "RSQRT": _rsqrt,
    "EXP": _exp,
    "SQRT": _sqrt,
}


def unary_table(op: Unary, source: Tensor, output: Tensor) -> Table:
    """The operator's output byte for each input byte, at input + 128.

    Raises:
        ModelError: the operator is not supported on int8.
    """
    if op.kind not in TABLES:
        raise ModelError(f"operator {op.kind} is not supported on int8", f"supported: {', '.join(sorted(TABLES))}")
    return TABLES[op.kind](op, source, output)


def monotone(table: Table) -> bool:
    """True if a larger input never gives a smaller output: then the function commutes with a maximum."""
    return bool((np.diff(table.astype(np.int64)) >= 0).all())
