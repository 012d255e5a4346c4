"""CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV, FULLY_CONNECTED and BATCH_MATMUL.

Sources: tensorflow/lite/micro/kernels/{conv,depthwise_conv,transpose_conv,fully_connected,batch_matmul}*.cc and
tensorflow/lite/kernels/internal/reference/{integer_ops/*.h,batch_matmul.h,conv.h}.

Sums of integers are products of floating-point matrices: exact in any order as long as the sum of all absolute values
stays below 2**24 in single precision, or 2**53 in double precision. float32 sums are made in double precision and
rounded once.
"""

from __future__ import annotations

import numpy as np

from toolkit.reference.exact import fixed
from toolkit.reference.exact.node import Array, Kernel, Node, Values, given
from toolkit.reference.exact.windows import Window, patches, taps, window

_FEW_WEIGHTS = 512


def _float_type(node: Node, largest: float) -> type[np.floating]:
    """The narrowest in which sums of integers up to `largest` are exact."""
    if largest < 2.0**24:
        return np.float32
    if largest < 2.0**53:
        return np.float64
    raise node.cannot("has sums of more than 53 bits")


def _bias(node: Node, values: Values) -> Array | None:
    present = len(node.inputs) > 2 and node.inputs[2] is not None
    return given(node, values, 2).reshape(-1) if present else None


def _finished(node: Node, sums: Array, values: Values, number: int, axis: int | None) -> Array:
    """Bias, requantisation, activation: [..., channels] of sums to the output's type.

    Args:
        node: the operator; its second input is the weights.
        sums: exact.
        values: its inputs; the third is the bias.
        number: of the fused activation.
        axis: of the weights along which scales are; None: the first scale is that of all.
    """
    bias = _bias(node, values)
    if node.output.type == "float32":
        total = sums if bias is None else sums + bias
        return node.clamp(total.astype(np.float32), number)
    source, weights, output = node.input(0), node.input(1), node.output
    whole = sums.astype(np.int64)
    if bias is not None:
        whole += bias.astype(np.int64)
    scales = weights.scales if axis is not None else weights.scales[:1]
    node.scale(weights)
    if len(scales) not in (1, sums.shape[-1]):
        raise node.cannot(f"has {len(scales)} scales for {sums.shape[-1]} channels")
    factor = node.scale(source)
    pairs = [node.multiplier(factor * scale / node.scale(output)) for scale in scales]
    m, shift = (np.array(each, np.int64) for each in zip(*pairs, strict=True))
    long = source.type == "int16" and not (len(node.inputs) > 2 and node.inputs[2] and node.inputs[2].type == "int32")
    scaled = fixed.rescale_long(whole, m, shift) if long else fixed.rescale(_within_int32(node, whole), m, shift)
    scaled += node.zero(output)
    return fixed.clipped(scaled, *node.fused(number), output.type)


def _within_int32(node: Node, sums: fixed.Ints) -> fixed.Ints:
    if sums.size and (int(sums.max()) > fixed.INT32_MAX or int(sums.min()) < fixed.INT32_MIN):
        raise node.refuses("has a sum that leaves 32 bits")
    return sums


def _operands(node: Node, values: Values, terms_axes: tuple[int, ...]) -> tuple[Array, Array, type[np.floating]]:
    """Input and constant weights without their zero points, and the type in which their sums are exact."""
    x, w = given(node, values, 0), given(node, values, 1)
    if len(w) != 1:
        raise node.cannot("has weights that are computed")
    w = w[0]
    if node.output.type == "float32":
        if x.dtype != np.float32 or w.dtype != np.float32:
            raise node.cannot(f"multiplies {x.dtype} with {w.dtype}")
        return x.astype(np.float64), w.astype(np.float64), np.float64
    if x.dtype not in (np.int8, np.int16) or w.dtype != np.int8 or str(x.dtype) != node.output.type:
        raise node.cannot(f"multiplies {x.dtype} with {w.dtype} to {node.output.type}")
    zero = node.zero(node.input(0))
    limits = np.iinfo(x.dtype)
    reach = max(abs(int(limits.min) - zero), abs(int(limits.max) - zero))
    kind = _float_type(node, float(np.abs(w.astype(np.float64)).sum(axis=terms_axes).max(initial=0.0)) * reach)
    centred = x.astype(kind)
    centred -= kind(zero)
    return centred, w.astype(kind), kind


def conv(node: Node, values: Values) -> list[Array]:
    """CONV_2D, grouped where the weights have fewer channels than the input."""
    options = node.options("Conv2DOptions")
    x, w, _ = _operands(node, values, (1, 2, 3))
    channels, rows, columns, depth = w.shape
    if depth == 0 or x.shape[-1] % depth:
        raise node.cannot(f"has {x.shape[-1]} channels for weights of {depth}")
    where = window(node, options, (rows, columns), x.shape)
    groups = x.shape[-1] // depth
    each = channels // groups
    flat = x.reshape(-1, *x.shape[2:])
    parts = []
    for group in range(groups):
        image = flat[..., group * depth : (group + 1) * depth]
        kernel = w[group * each : (group + 1) * each].reshape(each, -1)
        seen = patches(image, where)
        # NumPy multiplies a stack of matrices without BLAS, which is quicker for few weights only.
        rows_of = seen if kernel.size < _FEW_WEIGHTS else seen.reshape(-1, seen.shape[-1])
        parts.append((rows_of @ kernel.T).reshape(*seen.shape[:-1], each))
    sums = parts[0] if groups == 1 else np.concatenate(parts, axis=-1)
    made = _finished(node, sums, values, options.FusedActivationFunction(), 0)
    return [made.reshape(len(x), x.shape[1], *made.shape[1:])]


def depthwise(node: Node, values: Values) -> list[Array]:
    """DEPTHWISE_CONV_2D: output channel c * multiplier + k from input channel c."""
    options = node.options("DepthwiseConv2DOptions")
    x, w, kind = _operands(node, values, (0, 1, 2))
    rows, columns, channels = w.shape[1:]
    depth = x.shape[-1]
    if depth == 0 or channels % depth:
        raise node.cannot(f"has {channels} channels for an input of {depth}")
    where = window(node, options, (rows, columns), x.shape)
    flat = x.reshape(-1, *x.shape[2:])
    sums = np.zeros((len(flat), where.rows, where.columns, depth, channels // depth), kind)
    factors = w.reshape(rows * columns, depth, channels // depth)
    for factor, (place, part) in zip(factors, taps(flat, where), strict=True):
        sums[place] += part[..., None] * factor
    made = _finished(node, sums.reshape(*sums.shape[:3], channels), values, options.FusedActivationFunction(), 3)
    return [made.reshape(len(x), x.shape[1], *made.shape[1:])]


def transpose_conv(node: Node, values: Values) -> list[Array]:
    """TRANSPOSE_CONV: its inputs are the output's shape, weights and the input."""
    options = node.options("TransposeConvOptions")
    turned = Node(node.kind, node.place, (node.input(2), node.input(1), *node.inputs[3:]), node.outputs, node.raw)
    moved = [values[2], values[1], *values[3:]]
    x, w, kind = _operands(turned, moved, (1, 2, 3))
    channels, rows, columns, _ = w.shape
    height, width = node.output.shape[1:3]
    # The padding is that of the convolution from the output to the input.
    where = window(turned, options, (rows, columns), (1, 1, height, width, channels), to=x.shape[2:4])
    flat = x.reshape(-1, *x.shape[2:])
    sums = np.zeros((len(flat), height, width, channels), kind)
    for y in range(rows):
        for x_ in range(columns):
            there, here = _scattered(where, y, x_, flat.shape[1:3], (height, width))
            sums[(slice(None), *there)] += flat[(slice(None), *here)] @ w[:, y, x_].T
    number = options.FusedActivationFunction() if hasattr(options, "FusedActivationFunction") else 0
    made = _finished(turned, sums, moved, number, 0)
    return [made.reshape(len(x), x.shape[1], *made.shape[1:])]


def _scattered(
    where: Window, y: int, x: int, source: tuple[int, ...], output: tuple[int, int]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where one tap of a transposed convolution writes, and what it reads."""
    there, here = [], []
    for axis, tap in enumerate((y, x)):
        stride, before = where.strides[axis], where.before[axis]
        first = max(0, -(-(before - tap) // stride))
        last = min(source[axis], (output[axis] - 1 + before - tap) // stride + 1)
        start = first * stride - before + tap
        here.append(slice(first, max(last, first)))
        there.append(slice(start, start + max(last - first, 0) * stride, stride))
    return (there[0], there[1]), (here[0], here[1])


def dense(node: Node, values: Values) -> list[Array]:
    """FULLY_CONNECTED: the input is rows of as many elements as the weights have columns."""
    options = node.options("FullyConnectedOptions")
    if options.WeightsFormat() != 0:
        raise node.cannot("has weights in another order")
    x, w, _ = _operands(node, values, (1,))
    if w.ndim != 2 or (x.size and x[0].size % w.shape[1]):
        raise node.cannot(f"multiplies {list(x.shape[1:])} with {list(w.shape)}")
    weights, source = node.input(1), node.input(0)
    if node.output.type != "float32" and node.zero(weights) != 0:
        raise node.cannot("has weights with a zero point")
    sums = x.reshape(-1, w.shape[1]) @ w.T
    if source.type == "int16" and len(weights.scales) == 1 and _bias(node, values) is not None:
        bias = node.input(2)
        if bias.type != "int64":
            raise node.cannot(f"has a bias of {bias.type} on int16")
    made = _finished(node, sums, values, options.FusedActivationFunction(), 0 if len(weights.scales) > 1 else None)
    return [made.reshape(len(x), *node.output.shape)]


def batch_matmul(node: Node, values: Values) -> list[Array]:
    """BATCH_MATMUL; leading dimensions are broadcast."""
    options = node.option("BatchMatMulOptions")
    a, b = given(node, values, 0), given(node, values, 1)
    rank = max(a.ndim, b.ndim)
    a, b = (each.reshape(len(each), *[1] * (rank - each.ndim), *each.shape[1:]) for each in (a, b))
    if options is not None and options.AdjX():
        a = a.swapaxes(-1, -2)
    if options is not None and options.AdjY():
        b = b.swapaxes(-1, -2)
    kinds = {str(a.dtype), str(b.dtype), node.output.type}
    if kinds == {"float32"}:
        return [(a.astype(np.float64) @ b.astype(np.float64)).astype(np.float32)]
    if kinds not in ({"int8"}, {"int16"}):
        raise node.cannot(f"multiplies {a.dtype} with {b.dtype}")
    limit = 2.0 * np.iinfo(a.dtype).max + 2
    kind = _float_type(node, a.shape[-1] * limit * limit)
    left, right = (each.astype(kind) - kind(node.zero(node.input(place))) for place, each in enumerate((a, b)))
    whole = (left @ right).astype(np.int64)
    scales = node.scale(node.input(0)) * node.scale(node.input(1)) / node.scale(node.output)
    m, shift = node.multiplier(scales)
    if "int16" in kinds:
        scaled = fixed.rescale_long(whole, m, shift)
    else:
        scaled = fixed.rescale(_within_int32(node, whole), m, shift)
    return [fixed.clipped(scaled + node.zero(node.output), *node.fused(0), node.output.type)]


KERNELS: dict[str, Kernel] = {
    "CONV_2D": conv,
    "DEPTHWISE_CONV_2D": depthwise,
    "TRANSPOSE_CONV": transpose_conv,
    "FULLY_CONNECTED": dense,
    "BATCH_MATMUL": batch_matmul,
}
