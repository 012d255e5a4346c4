"""MEAN, SUM, REDUCE_*, ARG_*, CUMSUM, SOFTMAX, LOG_SOFTMAX and L2_NORMALIZATION.

Sources: tensorflow/lite/micro/kernels/{reduce,arg_min_max,cumsum,softmax,log_softmax,l2norm}*.cc and, below
tensorflow/lite/kernels/internal, reference/{reduce,cumsum,softmax,l2normalization}.h, integer_ops/l2normalization.h,
GetReciprocal and PreprocessSoftmaxScaling.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from toolkit.reference.exact import fixed
from toolkit.reference.exact.arithmetic import halved, summed
from toolkit.reference.exact.node import Array, Kernel, Node, Values, given
from toolkit.reference.exact.softmax16 import softmax16


def _axes(node: Node, values: Values) -> tuple[int, ...]:
    """Of the array [N, ...]: the axes that vanish, each once."""
    rank = len(node.input(0).shape)
    axes = node.known(values, 1)
    if any(not -rank <= axis < rank for axis in axes):
        raise node.cannot(f"reduces the axes {axes} of {rank}")
    return tuple(sorted({axis % rank + 1 for axis in axes}))


def _shaped(node: Node, made: Array) -> list[Array]:
    return [made.reshape(len(made), *node.output.shape)]


def _total(mean: bool) -> Kernel:
    def compute(node: Node, values: Values) -> list[Array]:
        x, axes = given(node, values, 0), _axes(node, values)
        count = math.prod(x.shape[axis] for axis in axes)
        if count == 0:
            raise node.cannot("reduces nothing")
        if x.dtype == np.float32:
            sums = x.sum(axis=axes, dtype=np.float64)
            return _shaped(node, (sums / count if mean else sums).astype(np.float32))
        if x.dtype not in (np.int8, np.int16):
            raise node.cannot(f"is not known on {x.dtype}")
        m, shift = node.multiplier(node.scale(node.input(0)) / node.scale(node.output))
        if mean:
            further = min(count.bit_length() - 1, 32, 31 + shift)
            m = (m << further) // count
            shift -= further
        whole = x.sum(axis=axes, dtype=np.int64) - node.zero(node.input(0)) * count
        made = fixed.rescale(fixed.wrapped(whole), m, shift) + node.zero(node.output)
        return _shaped(node, fixed.clipped(made, *node.fused(0), node.output.type))

    return compute


def _extreme(function: Callable[..., Array]) -> Kernel:
    def compute(node: Node, values: Values) -> list[Array]:
        x = given(node, values, 0)
        if x.dtype not in (np.int8, np.float32):
            raise node.cannot(f"is not known on {x.dtype}")
        node.same_quantisation()
        return _shaped(node, function(x, axis=_axes(node, values)))

    return compute


def _place(function: Callable[..., Array]) -> Kernel:
    def compute(node: Node, values: Values) -> list[Array]:
        x = given(node, values, 0)
        rank = len(node.input(0).shape)
        (axis,) = node.known(values, 1)
        if x.dtype not in (np.int8, np.float32) or node.output.type != "int32":
            raise node.cannot(f"is not known from {x.dtype} to {node.output.type}")
        return _shaped(node, function(x, axis=axis % rank + 1).astype(np.int32))

    return compute


def reduce_all(node: Node, values: Values) -> list[Array]:
    """REDUCE_ALL, of bool."""
    x = given(node, values, 0)
    if x.dtype != np.bool_:
        raise node.cannot(f"is not known on {x.dtype}")
    return _shaped(node, np.asarray(x.all(axis=_axes(node, values))))


def cumsum(node: Node, values: Values) -> list[Array]:
    """CUMSUM: float32 and int8, whose sum starts at minus the zero point."""
    options = node.options("CumsumOptions")
    x, rank = given(node, values, 0), len(node.input(0).shape)
    (axis,) = node.known(values, 1)
    if x.dtype not in (np.float32, np.int8) or not -rank <= axis < rank:
        raise node.cannot(f"is not known on {x.dtype} along axis {axis}")
    at = axis % rank + 1
    whole = x.dtype == np.int8
    zero = node.zero(node.input(0)) if whole else 0
    terms: Array = halved(node, x.astype(np.int64) - zero) if whole else x.astype(np.float64)
    if options.Reverse():
        terms = np.flip(terms, at)
    sums: Array = np.cumsum(terms, axis=at)
    if options.Exclusive():
        sums = sums - terms
    if options.Reverse():
        sums = np.flip(sums, at)
    if not whole:
        return [sums.astype(np.float32)]
    return [summed(node, fixed.wrapped(sums + halved(node, np.array(-zero))))]


def l2_normalization(node: Node, values: Values) -> list[Array]:
    """L2_NORMALIZATION along the last axis: int8 in steps of 1/128, whatever the output says."""
    x = given(node, values, 0)
    if node.options("L2NormOptions").FusedActivationFunction() or x.ndim - 1 > 4:
        raise node.cannot("has a fused activation, or more than 4 dimensions")
    if x.dtype == np.float32:
        wide = x.astype(np.float64)
        length = np.maximum(np.sqrt((wide * wide).sum(axis=-1, keepdims=True)), np.float64(np.float32(1e-6)))
        return [(wide / length).astype(np.float32)]
    if x.dtype != np.int8 or node.output.type != "int8":
        raise node.cannot(f"is not known from {x.dtype} to {node.output.type}")
    centred = x.astype(np.int64) - node.zero(node.input(0))
    squares, back = np.unique((centred * centred).sum(axis=-1, keepdims=True), return_inverse=True)
    if squares.size and int(squares.max()) >= 1 << 29:
        raise node.refuses("has a length that leaves its range")
    roots = np.array([fixed.inverse_root(int(value)) for value in squares], np.int64).reshape(-1, 2)
    m, shift = (roots[back, part].reshape(*x.shape[:-1], 1) for part in (0, 1))
    return [fixed.clipped(fixed.rescale(centred, m, shift + 7), -128, 127, "int8")]


def softmax(node: Node, values: Values) -> list[Array]:
    """SOFTMAX along the last axis."""
    x = given(node, values, 0)
    beta = float(np.float32(node.options("SoftmaxOptions").Beta()))
    kinds = (node.input(0).type, node.output.type)
    if kinds == ("float32", "float32"):
        powers = np.exp((x - x.max(axis=-1, keepdims=True)) * np.float32(beta), dtype=np.float32)
        return [(powers / powers.sum(axis=-1, keepdims=True, dtype=np.float64)).astype(np.float32)]
    if kinds == ("int16", "int16"):
        return [softmax16(node, x, beta)]
    if kinds not in (("int8", "int8"), ("int8", "int16")):
        raise node.cannot(f"is not known from {kinds[0]} to {kinds[1]}")
    bits = 8 * np.dtype(kinds[1]).itemsize
    least, off = -(1 << (bits - 1)), abs(node.scale(node.output) * (1 << bits) - 1)
    if node.output.zero_points[:1] != (least,) or off > (0 if bits == 8 else 0.001):
        raise node.cannot(f"has an output that is not 1/{1 << bits} a step from {least} on")
    exponentials = _exponentials(node, beta)
    distances = x.max(axis=-1, keepdims=True).astype(np.int64) - x
    each = np.take(exponentials, distances)
    sums = np.take(fixed.divide(exponentials, 12), distances).sum(axis=-1, keepdims=True)
    # GetReciprocal: the sum, in Q12.19, as 1 + x times a power of two.
    length = fixed.bits(sums)
    scale = fixed.one_over_one_plus(np.left_shift(sums, 32 - length) - (1 << 31))
    exponent = 12 - (32 - length) + 31 - bits
    if exponent.size and not 0 <= int(exponent.min()) <= int(exponent.max()) <= 31:
        raise node.refuses("has a sum of exponentials that leaves its range")
    return [fixed.clipped(fixed.divide(fixed.high(scale, each), exponent) + least, least, -least - 1, kinds[1])]


def _exponentials(node: Node, beta: float) -> fixed.Ints:
    """Of 0, -1, ... -255 steps of the input, in Q0.31; 0 where it is too small to count."""
    real = min(beta * node.scale(node.input(0)) * (1 << 26), float(fixed.INT32_MAX))
    fraction, shift = math.frexp(real)
    m = fixed.half_away(fraction * (1 << 31))
    if m == 1 << 31:
        m, shift = m // 2, shift + 1
    if real <= 1.0:
        raise node.cannot("has a scale on which the interpreter ends")
    least = -math.floor(31.0 * (1 << 26) * 2.0**-shift)  # CalculateInputRadius
    steps = -np.arange(256, dtype=np.int64)
    scaled = fixed.high(np.where(steps >= least, steps, 0) << shift, m)
    return np.where(steps >= least, fixed.exp_on_negative(scaled, 5), 0)


def log_softmax(node: Node, values: Values) -> list[Array]:
    """LOG_SOFTMAX, float32 only."""
    x = given(node, values, 0)
    if x.dtype != np.float32:
        raise node.cannot(f"is not known on {x.dtype}")
    far = x.astype(np.float64) - x.max(axis=-1, keepdims=True)
    return [(far - np.log(np.exp(far).sum(axis=-1, keepdims=True))).astype(np.float32)]


KERNELS: dict[str, Kernel] = {
    "MEAN": _total(True),
    "SUM": _total(False),
    "REDUCE_MAX": _extreme(np.max),
    "REDUCE_MIN": _extreme(np.min),
    "REDUCE_ALL": reduce_all,
    "CUMSUM": cumsum,
    "L2_NORMALIZATION": l2_normalization,
    "ARG_MAX": _place(np.argmax),
    "ARG_MIN": _place(np.argmin),
    "SOFTMAX": softmax,
    "LOG_SOFTMAX": log_softmax,
}
