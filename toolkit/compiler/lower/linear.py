"""Convolution, depthwise convolution and dense layers: weights laid out, zero points folded, multipliers made."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import ir
from toolkit.compiler.ir import Tensor
from toolkit.compiler.lower import avr, depthwise, dsp, fpu, mve, parameters
from toolkit.compiler.lower.base import Call, Context, window_fields
from toolkit.compiler.lower.quantised import quantised
from toolkit.compiler.lower.shapes import NO_POOL, Shape
from toolkit.errors import ModelError

AVR = "avr"
MVE = "armv8_1m_mve"
# Elements of a kernel row that are worth unrolling.
_LONGEST_RUN = 32


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
    is_int8 = context.is_int8(source, filters_as(filters), conv, output)
    if is_int8 and context.target.isa == MVE and (call := _on_vectors(context, op, tiled, rows, macs)) is not None:
        return call
    if depthwise.suits(context, op, rows):
        return depthwise.lower(context, op, rows, macs)
    if is_int8:
        arithmetic = quantised(context, rows, op.activation)
        suits = context.target.isa in dsp.ISAS and op.groups == 1
        if suits and (call := dsp.linear(context, tiled, arithmetic, macs)) is not None:
            return call
        if context.target.isa == AVR and (call := avr.convolution(context, op, arithmetic, macs)) is not None:
            return call
        fields, constants = parameters.of_int8(context, arithmetic, arithmetic.weights)
        members = {"shape": shape} | fields | {"input_zero": source.zero_point}
        if _runs(context, op, tiled):
            return context.call(
                "aot_conv_unpadded_s8", ("aot_conv_s8_t", members), (), "aot_conv_unpadded_s8.h", constants, macs
            )
        kernel = "aot_conv_pool2_s8" if _is_plain(op, tiled) else "aot_conv_s8"
        return context.call(kernel, ("aot_conv_s8_t", members), (f"{kernel}.c",), "aot_conv.h", constants, macs)
    biases = parameters.bias(context, len(rows))
    if op.groups == 1 and (call := fpu.linear(context, tiled, rows, biases, macs)) is not None:
        return call
    fields, constants = parameters.of_float(context, rows, biases)
    kernel = "aot_conv_pool2_f32" if _is_plain(op, tiled) else "aot_conv_f32"
    return context.call(
        kernel, ("aot_conv_f32_t", {"shape": shape} | fields), (f"{kernel}.c",), "aot_conv.h", constants, macs
    )


def _on_vectors(context: Context, op: ir.Convolution, tiled: Shape, rows: NDArray[Any], macs: int) -> Call | None:
    arithmetic = quantised(context, rows, op.activation)
    if op.groups == 1:
        return mve.linear(context, tiled, arithmetic, macs)
    return mve.depthwise(context, op, arithmetic, macs)


def _is_plain(op: ir.Convolution, tiled: Shape) -> bool:
    """True where aot_conv_pool2_*.c suit: a pool of 2x2, one group, kernel rows that are runs inside the image."""
    pool = (tiled.pool.kernel_h, tiled.pool.kernel_w)
    return op.groups == 1 and tiled.tiles and not tiled.padded and pool == (2, 2)


def _runs(context: Context, op: ir.Convolution, tiled: Shape) -> bool:
    """True where aot_conv_unpadded_s8.h suits: unrolled code for a small kernel that never leaves the image."""
    fast = context.target.isa not in (AVR, *dsp.ISAS) and context.target.optimise == "speed"
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
        suits = context.target.isa in dsp.ISAS and context.target.optimise == "speed"
        if suits and (call := dsp.linear(context, tiled, arithmetic, macs)) is not None:
            return call
        if context.target.isa == AVR and (call := avr.dense(context, count, arithmetic, macs)) is not None:
            return call
        fields, constants = parameters.of_int8(context, arithmetic, arithmetic.weights)
        return context.call(
            "aot_dense_s8", ("aot_dense_s8_t", shape | fields), ("aot_dense_s8.c",), "aot_dense.h", constants, macs
        )
    biases = parameters.bias(context, outputs)
    if (call := fpu.linear(context, tiled, rows, biases, macs)) is not None:
        return call
    fields, constants = parameters.of_float(context, rows, biases)
    return context.call(
        "aot_dense_f32", ("aot_dense_f32_t", shape | fields), ("aot_dense_f32.c",), "aot_dense.h", constants, macs
    )
