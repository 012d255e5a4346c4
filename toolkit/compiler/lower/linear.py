"""Convolution, depthwise convolution and dense layers: each on the first kernel of its instruction set that suits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import ir
from toolkit.compiler.ir import Tensor
from toolkit.compiler.lower.base import Call, Context
from toolkit.compiler.lower.shapes import NO_POOL, Shape
from toolkit.compiler.lower.weighted import Weighted
from toolkit.errors import ModelError

if TYPE_CHECKING:
    from toolkit.compiler.isa.base import Kernels


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
    shape = Shape(
        (source.shape[1], source.shape[2], source.shape[3]),
        (conv.shape[1], conv.shape[2]),
        (out_h, out_w, conv.shape[3]),
        op.window,
        pool.window if pool else NO_POOL,
    )
    positions = out_h * out_w * shape.pool.kernel_h * shape.pool.kernel_w
    layer = Weighted(context, op, shape, rows, positions * rows.size)
    isa = context.target.isa
    call = _first(layer, isa.convolution_s8 if _is_int8(context, conv, output) else isa.convolution_f32)
    if call.channel_by_channel or call.behind is not None:
        return call
    return replace(call, behind=shape.behind(source.bytes // source.size))


def dense(context: Context, op: ir.Dense) -> Call:
    """FULLY_CONNECTED with what was fused into it."""
    result, output = context.graph.tensors[op.output], context.output
    rows = np.ascontiguousarray(context.input(1).constant)
    outputs, inputs = rows.shape
    count = context.input(0).size // inputs
    if max(inputs, outputs, count) > 65_535:
        raise ModelError(f"{op.kind} of {count} x {inputs} to {outputs} is too large", "at most 65535 each")
    shape = Shape((1, count, inputs), (1, count), (1, count, outputs), NO_POOL)
    layer = Weighted(context, op, shape, rows, count * rows.size)
    isa = context.target.isa
    return _first(layer, isa.dense_s8 if _is_int8(context, result, output) else isa.dense_f32)


def _first(layer: Weighted, kernels: Kernels) -> Call:
    """The layer on the first kernel that suits it."""
    calls = (lowering(layer) for lowering in kernels.of(layer.context.target.optimise))
    return next(call for call in calls if call is not None)


def _is_int8(context: Context, result: Tensor, output: Tensor) -> bool:
    """True for an int8 layer; `result` is the operator's own output, before what was fused into it."""
    return context.is_int8(context.input(0), _one_scale(context.input(1)), result, output)


def _one_scale(filters: Tensor) -> Tensor:
    """The weights' tensor with one scale, for the check of types alone."""
    if filters.quantisation is None or len(filters.quantisation.scale) == 1:
        return filters
    single = ir.Quantisation((1.0,), (0,))
    return Tensor(filters.index, filters.name, filters.shape, filters.dtype, single)
