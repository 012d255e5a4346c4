"""Functions of one element. On int8 each is a table of 256 answers, on int16 the kernel's own interpolation.

Sources: tensorflow/lite/micro/kernels/{activations,leaky_relu,logistic,tanh,hard_swish,elementwise,elu,prelu}*.cc and
the headers under tensorflow/lite/kernels/internal/reference that they call. Quotients of scales are taken in double
precision, as the official wheel does, also where the sources write `float / float` (docs/compiler.md, "Scales").
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from toolkit.reference.exact import fixed
from toolkit.reference.exact.fixed import Ints
from toolkit.reference.exact.node import Array, Kernel, Node, Values, aligned, given
from toolkit.reference.exact.sigmoid16 import sigmoid16, tanh16

Function = Callable[[Node, Ints], Ints]
"""Stored integers to integers, not yet clipped to the output's type."""


def _less_zero(node: Node, x: Ints) -> Ints:
    return x - node.zero(node.input(0))


def _rescaled(node: Node, x: Ints, real: float) -> Ints:
    return fixed.rescale(x, *node.multiplier(real))


def _ratio(node: Node) -> float:
    return node.scale(node.input(0)) / node.scale(node.output)


def _relu(node: Node, x: Ints) -> Ints:
    scaled = node.zero(node.output) + _rescaled(node, _less_zero(node, x), _ratio(node))
    return np.maximum(scaled, node.zero(node.output))


def _relu6(node: Node, x: Ints) -> Ints:
    source = node.input(0)
    node.same_quantisation()
    six = node.quantised(6.0, source)
    limits = np.iinfo(source.type)
    return np.clip(x, node.zero(source), min(int(limits.max), max(int(limits.min), six)))


def _leaky_relu(node: Node, x: Ints) -> Ints:
    alpha = float(np.float32(node.options("LeakyReluOptions").Alpha()))
    centred = _less_zero(node, x)
    slope = node.scale(node.input(0)) * alpha / node.scale(node.output)
    # The multiplier is never negative: the sign comes after the rounding, which halves see.
    below = _rescaled(node, centred, abs(slope)) * (-1 if slope < 0 else 1)
    return node.zero(node.output) + np.where(centred >= 0, _rescaled(node, centred, _ratio(node)), below)


def _q4(node: Node, x: Ints) -> tuple[Ints, Ints, Ints]:
    """Where the input is beyond the radius in which a sigmoid is not flat (-1, 0, 1), and the input in Q4.27."""
    fraction, shift = math.frexp(node.scale(node.input(0)) * (1 << 27))
    m = fixed.half_away(fraction * (1 << 31))
    radius = math.floor(15.0 * (1 << 27) * 2.0**-shift)  # CalculateInputRadius
    centred = _less_zero(node, x)
    beyond = np.where(centred <= -radius, -1, np.where(centred >= radius, 1, 0))
    return beyond, centred, fixed.rescale(np.where(beyond == 0, centred, 0), m, shift)


def _logistic(node: Node, x: Ints) -> Ints:
    if node.zero(node.output) != -128:
        raise node.cannot("has an output whose zero point is not -128")
    beyond, _, q4 = _q4(node, x)
    positive = fixed.one_over_one_plus(fixed.exp_on_negative(-np.abs(q4), 4))
    value = np.where(q4 > 0, positive, fixed.INT32_MAX - positive)
    made = fixed.divide(np.where(q4 == 0, 1 << 30, value), 23) - 128
    return np.where(beyond < 0, -128, np.where(beyond > 0, 127, made))


def _tanh(node: Node, x: Ints) -> Ints:
    beyond, _, q4 = _q4(node, x)
    # exp(-2 |x|): Q4.27 read as Q5.26 is its double.
    size = fixed.one_minus_over_one_plus(fixed.exp_on_negative(-np.abs(q4), 5))
    made = fixed.divide(np.where(q4 == 0, 0, np.sign(q4) * size), 24)
    return np.where(beyond < 0, -128, np.where(beyond > 0, 127, made))


def _int16(x: Ints) -> Ints:
    return np.clip(x, -(1 << 15), (1 << 15) - 1)


def _hard_swish(node: Node, x: Ints) -> Ints:
    fine = float(np.float32(1 / 128) * np.float32(node.scale(node.input(0))))
    out, out_shift = node.multiplier(fine / node.scale(node.output))
    gate_m, gate_shift = node.multiplier(fine / float(np.float32(3.0) / np.float32(32768.0)))
    if out_shift > 0:
        raise node.cannot("has an output scale that the interpreter refuses")
    # DownScaleInt32ToInt16Multiplier
    out16, gate16 = (0x7FFF if m >= 0x7FFF0000 else (m + (1 << 15)) >> 16 for m in (out, gate_m))
    fine_x = _less_zero(node, x) * 128
    product = _int16((fine_x * out16 + (1 << 14)) >> 15)
    gate = _int16(fine_x << (gate_shift - 1)) if gate_shift > 0 else fine_x
    gate = _int16((gate * gate16 + (1 << 14)) >> 15)
    if gate_shift > 0:
        gate = _int16(gate << 1)
    elif gate_shift < 0:
        gate = fixed.divide(gate, -gate_shift)
    gate = (gate + (1 << 15)) >> 1
    both = gate * product
    cut = np.sign(both) * (np.abs(both) >> 15)  # a division in C
    return fixed.divide(cut, -out_shift) + node.zero(node.output)


def _abs(node: Node, x: Ints) -> Ints:
    size = np.abs(_less_zero(node, x))
    if node.input(0).scales[0] != node.output.scales[0]:
        size = _rescaled(node, size, _ratio(node))
    return size + node.zero(node.output)


def _rsqrt(node: Node, x: Ints) -> Ints:
    m, shift = node.multiplier(1.0 / (math.sqrt(node.scale(node.input(0))) * node.scale(node.output)))
    centred = _less_zero(node, x)
    roots = np.array([fixed.inverse_root(max(value, 1)) for value in centred.tolist()], np.int64)
    data = fixed.rescale(np.ones_like(centred), roots[:, 0], roots[:, 1] + 20)
    made = fixed.rescale(data, m, shift - 20) + node.zero(node.output)
    # 0 stands for the smallest number; below, the interpreter gives up: see `rsqrt`.
    return np.where(centred <= 0, 127, made)


def _exp(node: Node, x: Ints) -> Ints:
    """LiteRT's table, LUTPopulateInt8 of common.h: TFLM has no int8 EXP (see `tflite.int8_tables`)."""
    real = np.float32(node.scale(node.input(0))) * _less_zero(node, x).astype(np.float32)
    steps = np.exp(real.astype(np.float64)).astype(np.float32) * (np.float32(1) / np.float32(node.scale(node.output)))
    # All are positive, so a half rounds up; it is clipped while it still fits an int32.
    whole: Ints = np.floor(np.minimum(steps, np.float32(1024)) + np.float32(0.5)).astype(np.int64)
    return whole + node.zero(node.output)


def _sqrt(node: Node, x: Ints) -> Ints:
    """LiteRT's: single precision, and the quotient is cut off."""
    if node.zero(node.input(0)) != -128:
        raise node.cannot("has an input that may be negative")
    root = np.sqrt(np.float32(node.scale(node.input(0))) * _less_zero(node, x).astype(np.float32))
    whole: Ints = np.trunc(root / np.float32(node.scale(node.output))).astype(np.int64)
    return whole + node.zero(node.output)


def table(node: Node, function: Function) -> Array:
    """The 256 answers to the bytes 0 ... 127, -128 ... -1, as the output's type."""
    every = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.int64)
    limits = np.iinfo(node.output.type)
    return np.clip(function(node, every), limits.min, limits.max).astype(node.output.type)


def looked_up(answers: Array, x: Array) -> Array:
    """`answers` to bytes, whatever their sign."""
    return np.take(answers, x.view(np.uint8))


def _kernel(function: Function, real: Callable[[Array], Array], int16: Function | None = None) -> Kernel:
    def compute(node: Node, values: Values) -> list[Array]:
        x = given(node, values, 0)
        kinds = (node.input(0).type, node.output.type)
        if kinds == ("float32", "float32"):
            return [real(x).astype(np.float32)]
        if kinds == ("int8", "int8"):
            return [looked_up(table(node, function), x)]
        if kinds == ("int16", "int16") and int16 is not None:
            return [fixed.clipped(int16(node, x.astype(np.int64)), -32768, 32767, "int16")]
        raise node.cannot(f"is not known from {kinds[0]} to {kinds[1]}")

    return compute


def _only_real(real: Callable[[Array], Array]) -> Kernel:
    def compute(node: Node, values: Values) -> list[Array]:
        x = given(node, values, 0)
        if x.dtype != np.float32:
            raise node.cannot(f"has no kernel for {x.dtype}")
        return [real(x).astype(np.float32)]

    return compute


def leaky_relu(node: Node, values: Values) -> list[Array]:
    """LEAKY_RELU; its slope is an option, so float32 asks for it too."""
    alpha = np.float32(node.options("LeakyReluOptions").Alpha())
    return _kernel(_leaky_relu, lambda x: np.where(x > 0, x, x * alpha), _leaky_relu)(node, values)


def prelu(node: Node, values: Values) -> list[Array]:
    """PRELU: a slope of its own for each element, broadcast."""
    x, alpha = aligned(given(node, values, 0), given(node, values, 1))
    if x.dtype == alpha.dtype == np.float32:
        return [np.where(x >= 0, x, x * alpha).astype(np.float32)]
    if x.dtype not in (np.int8, np.int16) or alpha.dtype != np.int8:
        raise node.cannot(f"is not known on {x.dtype}")
    centred = _less_zero(node, x.astype(np.int64))
    slope = alpha.astype(np.int64) - node.zero(node.input(1))
    above = _rescaled(node, centred, _ratio(node))
    factor = node.scale(node.input(0)) * node.scale(node.input(1)) / node.scale(node.output)
    below = _rescaled(node, centred * slope, factor)
    made = np.where(centred >= 0, above, below) + node.zero(node.output)
    return [fixed.clipped(made, *node.fused(0), node.output.type)]


def rsqrt(node: Node, values: Values) -> list[Array]:
    """RSQRT: of a negative number the interpreter gives up."""
    x = given(node, values, 0)
    if x.dtype == np.int8 and x.size and int(x.min()) < node.zero(node.input(0)):
        raise node.refuses("is asked for the root of a negative number")
    return _kernel(_rsqrt, lambda v: np.float32(1) / np.sqrt(v))(node, values)


def _sigmoid(x: Array) -> Array:
    wide = x.astype(np.float64)
    return np.asarray(1.0 / (1.0 + np.exp(-wide)))


def _hard(x: Array) -> Array:
    return np.asarray(x * np.minimum(np.float32(6), np.maximum(np.float32(0), x + np.float32(3))) / np.float32(6))


KERNELS: dict[str, Kernel] = {
    "RELU": _kernel(_relu, lambda x: np.maximum(x, np.float32(0)), _relu),
    "RELU6": _kernel(_relu6, lambda x: np.clip(x, np.float32(0), np.float32(6)), _relu6),
    "LEAKY_RELU": leaky_relu,
    "PRELU": prelu,
    "LOGISTIC": _kernel(_logistic, _sigmoid, sigmoid16),
    "TANH": _kernel(_tanh, lambda x: np.tanh(x.astype(np.float64)), tanh16),
    "HARD_SWISH": _kernel(_hard_swish, _hard),
    "ABS": _kernel(_abs, np.abs, _abs),
    "RSQRT": rsqrt,
    "ELU": _only_real(lambda x: np.where(x < 0, np.expm1(x.astype(np.float64)), x)),
    "EXP": _kernel(_exp, lambda x: np.exp(x.astype(np.float64))),
    "LOG": _only_real(lambda x: np.log(x.astype(np.float64))),
    "SIN": _only_real(lambda x: np.sin(x.astype(np.float64))),
    "COS": _only_real(lambda x: np.cos(x.astype(np.float64))),
    "SQRT": _kernel(_sqrt, np.sqrt),
    "SQUARE": _only_real(np.square),
    "NEG": _only_real(np.negative),
    "FLOOR": _only_real(np.floor),
    "CEIL": _only_real(np.ceil),
    "ROUND": _only_real(np.round),
}
