"""Convolution, depthwise convolution and dense layers: weights laid out, zero points folded, multipliers made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import fixedpoint, ir, tables
from toolkit.compiler.c import Constant
from toolkit.compiler.ir import Tensor
from toolkit.compiler.lower.base import Call, Context, float_fields, window_fields
from toolkit.errors import ModelError

_NO_POOL = ir.Window(1, 1)


@dataclass(frozen=True, eq=False)
class Quantised:
    """An int8 layer's arithmetic, one row a channel.

    Attributes:
        weights: int8 [channels, taps].
        bias: int32 [channels], `bias - input_zero * sum(weights)`.
        multiplier, shift: int32 and int8 [channels].
        low, high: the fused activation's clamp.
        reach: int64 [channels], the largest magnitude that an accumulator can have.
    """

    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    multiplier: NDArray[np.int32]
    shift: NDArray[np.int8]
    low: int
    high: int
    reach: NDArray[np.int64]


def _multipliers(
    context: Context, source: Tensor, weights: Tensor, output: Tensor, channels: int
) -> list[tuple[int, int]]:
    scales = weights.affine.scale
    if len(scales) == 1 and isinstance(context.first, ir.Dense):
        # The reference multiplies the two scales in single precision here, and only here.
        product = float(np.float32(source.scale * np.float32(scales[0])))
        return [fixedpoint.quantize_multiplier(product / float(output.scale))] * channels
    each = scales if len(scales) > 1 else scales * channels
    return [
        fixedpoint.quantize_multiplier(float(source.scale) * float(np.float32(s)) / float(output.scale)) for s in each
    ]


def quantised(context: Context, weights: NDArray[Any], activation: ir.Activation) -> Quantised:
    """The arithmetic of an int8 convolution or dense layer.

    Args:
        weights: [channels, taps].

    Raises:
        ModelError: its quantisation is not supported, or its sums may leave 32 bits.
    """
    source, filters = context.input(0), context.input(1)
    output = context.graph.tensors[context.first.output]
    channels = weights.shape[0]
    quantisation = filters.quantisation
    if quantisation is None or any(quantisation.zero_point) or len(quantisation.scale) not in (1, channels):
        raise ModelError(
            f"{context.first.kind}: weights {filters.name} are not quantised symmetrically, per tensor or per channel",
            "convert with full-integer int8",
        )
    axis = 3 if context.first.kind == "DEPTHWISE_CONV_2D" else 0
    if len(quantisation.scale) > 1 and quantisation.axis != axis:
        raise ModelError(
            f"{context.first.kind}: weights {filters.name} have scales along another axis than the channels",
            "convert it again",
        )
    index = context.first.inputs[2]
    bias = np.zeros(channels, np.int64) if index < 0 else context.graph.tensors[index].constant
    if bias.dtype.kind != "i":
        raise ModelError(
            f"{context.first.kind} on int8 with a float32 bias is not supported", "convert with full-integer int8"
        )
    wide = weights.astype(np.int64)
    folded = bias.reshape(-1).astype(np.int64) - source.zero_point * wide.sum(axis=1)
    pairs = _multipliers(context, source, filters, output, channels)
    # Every partial sum lies within the folded bias +- 128 * sum |w|; a left shift must keep the sum in 32 bits as well.
    reach = np.abs(folded) + 128 * np.abs(wide).sum(axis=1)
    left = np.array([max(shift, 0) for _, shift in pairs], np.int64)
    if (reach >= (1 << 31) >> np.minimum(left, 31)).any():
        raise ModelError(f"{context.first.kind}: sums of {context.name} may leave 32 bits", "calibrate the model again")
    low, high = tables.activation_range(activation, output)
    return Quantised(
        weights.astype(np.int8),
        folded.astype(np.int32),
        np.array([m for m, _ in pairs], np.int32),
        np.array([s for _, s in pairs], np.int8),
        low,
        high,
        reach,
    )


def _arrays(context: Context, q: Quantised) -> tuple[dict[str, Any], tuple[Constant, ...]]:
    constants = [
        context.constant("weights", q.weights),
        context.constant("bias", q.bias),
        context.constant("multiplier", q.multiplier),
        context.constant("shift", q.shift),
    ]
    if context.layer.table is not None:
        constants.append(context.constant("table", context.layer.table))
    fields: dict[str, Any] = {c.name.removeprefix(context.name + "_"): c.name for c in constants}
    fields["output_zero"] = context.graph.tensors[context.first.output].zero_point
    return fields | {"low": q.low, "high": q.high}, tuple(constants)


def _float_arrays(context: Context, weights: NDArray[Any]) -> tuple[dict[str, Any], tuple[Constant, ...]]:
    index = context.first.inputs[2]
    bias = np.zeros(weights.shape[0], np.float32) if index < 0 else context.graph.tensors[index].constant
    constants = (context.constant("weights", weights), context.constant("bias", np.asarray(bias, np.float32)))
    return {"weights": constants[0].name, "bias": constants[1].name} | float_fields(context.layer.activation), constants


def channel_rows(op: ir.Convolution, weights: NDArray[Any]) -> NDArray[Any]:
    """The format's weights as [channels, kernel_h * kernel_w * group_in]."""
    if op.kind == "DEPTHWISE_CONV_2D":
        weights = np.moveaxis(weights, 3, 0)
    return np.ascontiguousarray(weights.reshape(weights.shape[0], -1))


def convolution(context: Context, op: ir.Convolution) -> Call:
    """CONV_2D and DEPTHWISE_CONV_2D with what was fused into them."""
    source, filters = context.input(0), context.input(1)
    conv, output = context.graph.tensors[op.output], context.output
    rows = channel_rows(op, filters.constant)
    pool = context.layer.pool
    out_h, out_w = context.graph.tensors[pool.output].shape[1:3] if pool else conv.shape[1:3]
    shape = {
        "in_h": source.shape[1],
        "in_w": source.shape[2],
        "in_c": source.shape[3],
        "conv_h": conv.shape[1],
        "conv_w": conv.shape[2],
        "out_h": out_h,
        "out_w": out_w,
        "out_c": conv.shape[3],
        "group_in": source.shape[3] // op.groups,
        "group_out": conv.shape[3] // op.groups,
        "kernel": window_fields(op.window),
        "pool": window_fields(pool.window if pool else _NO_POOL),
    }
    positions = out_h * out_w * (pool.window.kernel_h * pool.window.kernel_w if pool else 1)
    macs = positions * rows.size
    if context.is_int8(source, filters_as(filters), conv, output):
        arithmetic = quantised(context, rows, op.activation)
        fields, constants = _arrays(context, arithmetic)
        fields |= {"input_zero": source.zero_point}
        return context.call(
            "aot_conv_s8",
            ("aot_conv_s8_t", {"shape": shape} | fields),
            ("aot_conv_s8.c",),
            "aot_conv.h",
            constants,
            macs,
        )
    fields, constants = _float_arrays(context, rows)
    return context.call(
        "aot_conv_f32",
        ("aot_conv_f32_t", {"shape": shape} | fields),
        ("aot_conv_f32.c",),
        "aot_conv.h",
        constants,
        macs,
    )


def filters_as(filters: Tensor) -> Tensor:
    """The weights' tensor with one scale, for the check of types alone."""
    if filters.quantisation is None or len(filters.quantisation.scale) == 1:
        return filters
    single = ir.Quantisation((1.0,), (0,))
    return Tensor(filters.index, filters.name, filters.shape, filters.dtype, single)


def dense(context: Context, op: ir.Dense) -> Call:
    """FULLY_CONNECTED with what was fused into it."""
    source, filters = context.input(0), context.input(1)
    result, output = context.graph.tensors[op.output], context.output
    rows = np.ascontiguousarray(filters.constant)
    outputs, inputs = rows.shape
    count = source.size // inputs
    if max(inputs, outputs, count) > 65_535:
        raise ModelError(f"{op.kind} of {count} x {inputs} to {outputs} is too large", "at most 65535 each")
    shape = {"rows": count, "inputs": inputs, "outputs": outputs}
    macs = count * rows.size
    if context.is_int8(source, filters_as(filters), result, output):
        fields, constants = _arrays(context, quantised(context, rows, op.activation))
        return context.call(
            "aot_dense_s8", ("aot_dense_s8_t", shape | fields), ("aot_dense_s8.c",), "aot_dense.h", constants, macs
        )
    fields, constants = _float_arrays(context, rows)
    return context.call(
        "aot_dense_f32", ("aot_dense_f32_t", shape | fields), ("aot_dense_f32.c",), "aot_dense.h", constants, macs
    )
