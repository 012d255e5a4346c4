"""Convolution, depthwise convolution and dense layers: weights laid out, zero points folded, multipliers made."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import ir
from toolkit.compiler.c import Constant
from toolkit.compiler.ir import Tensor
from toolkit.compiler.lower import avr, dsp, fpu, mve
from toolkit.compiler.lower.base import Call, Context, float_fields, window_fields
from toolkit.compiler.lower.quantised import Quantised, quantised
from toolkit.compiler.lower.shapes import NO_POOL, Shape
from toolkit.errors import ModelError

# Instruction sets with dual 16-bit multiply-accumulates.
DSP = ("armv7em", "armv8_1m_mve")
MVE = "armv8_1m_mve"
AVR = "avr"
# Elements of a kernel row that are worth unrolling.
_LONGEST_RUN = 32


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
    fields["output_zero"] = q.output_zero
    return fields | {"low": q.low, "high": q.high}, tuple(constants)


def _bias(context: Context, channels: int) -> NDArray[np.float32]:
    index = context.first.inputs[2]
    bias = np.zeros(channels, np.float32) if index < 0 else context.graph.tensors[index].constant
    if bias.dtype != np.float32:
        raise ModelError(f"{context.first.kind} on float32 with an {bias.dtype} bias is not supported", "convert again")
    return np.asarray(bias.reshape(-1), np.float32)


def _float_arrays(context: Context, weights: NDArray[Any]) -> tuple[dict[str, Any], tuple[Constant, ...]]:
    bias = _bias(context, weights.shape[0])
    constants = (context.constant("weights", weights), context.constant("bias", bias))
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
        "pool": window_fields(pool.window if pool else NO_POOL),
    }
    positions = out_h * out_w * (pool.window.kernel_h * pool.window.kernel_w if pool else 1)
    macs = positions * rows.size
    tiled = Shape(
        (source.shape[1], source.shape[2], source.shape[3]),
        (conv.shape[1], conv.shape[2]),
        (out_h, out_w, conv.shape[3]),
        op.window,
        pool.window if pool else NO_POOL,
    )
    if context.is_int8(source, filters_as(filters), conv, output):
        arithmetic = quantised(context, rows, op.activation)
        suits = context.target.isa == MVE and op.groups == 1
        if suits and (call := mve.linear(context, tiled, arithmetic, macs)) is not None:
            return call
        suits = context.target.isa in DSP and op.groups == 1
        if suits and (call := dsp.linear(context, tiled, arithmetic, macs)) is not None:
            return call
        suits = context.target.isa == MVE and op.groups > 1
        if suits and (call := mve.depthwise(context, op, arithmetic, macs)) is not None:
            return call
        suits = context.target.isa in DSP and op.groups > 1
        if suits and (call := dsp.depthwise(context, op, arithmetic, macs)) is not None:
            return call
        if context.target.isa == AVR and (call := avr.convolution(context, op, arithmetic, macs)) is not None:
            return call
        fields, constants = _arrays(context, arithmetic)
        fields |= {"input_zero": source.zero_point}
        if _runs(context, op, tiled):
            parameters = ("aot_conv_s8_t", {"shape": shape} | fields)
            return context.call("aot_conv_run_s8", parameters, (), "aot_conv_run_s8.h", constants, macs)
        return context.call(
            "aot_conv_s8",
            ("aot_conv_s8_t", {"shape": shape} | fields),
            ("aot_conv_s8.c",),
            "aot_conv.h",
            constants,
            macs,
        )
    biases = _bias(context, len(rows))
    if op.groups == 1 and (call := fpu.linear(context, tiled, rows, biases, macs)) is not None:
        return call
    fields, constants = _float_arrays(context, rows)
    return context.call(
        "aot_conv_f32",
        ("aot_conv_f32_t", {"shape": shape} | fields),
        ("aot_conv_f32.c",),
        "aot_conv.h",
        constants,
        macs,
    )


def _runs(context: Context, op: ir.Convolution, tiled: Shape) -> bool:
    """True where aot_conv_run_s8.h suits: unrolled code for a small kernel that never leaves the image."""
    fast = context.target.isa not in (AVR, *DSP) and context.target.optimise == "speed"
    return fast and op.groups == 1 and tiled.tiles and not tiled.padded and tiled.run <= _LONGEST_RUN


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
    tiled = Shape((1, count, inputs), (1, count), (1, count, outputs), NO_POOL)
    if context.is_int8(source, filters_as(filters), result, output):
        arithmetic = quantised(context, rows, op.activation)
        suits = context.target.isa == MVE
        if suits and (call := mve.linear(context, tiled, arithmetic, macs)) is not None:
            return call
        # For size, weights stay int8: dense layers have many and use each but once a row.
        suits = context.target.isa in DSP and context.target.optimise == "speed"
        if suits and (call := dsp.linear(context, tiled, arithmetic, macs)) is not None:
            return call
        if context.target.isa == AVR and (call := avr.dense(context, count, arithmetic, macs)) is not None:
            return call
        fields, constants = _arrays(context, arithmetic)
        return context.call(
            "aot_dense_s8", ("aot_dense_s8_t", shape | fields), ("aot_dense_s8.c",), "aot_dense.h", constants, macs
        )
    if (call := fpu.linear(context, tiled, rows, _bias(context, outputs), macs)) is not None:
        return call
    fields, constants = _float_arrays(context, rows)
    return context.call(
        "aot_dense_f32", ("aot_dense_f32_t", shape | fields), ("aot_dense_f32.c",), "aot_dense.h", constants, macs
    )
