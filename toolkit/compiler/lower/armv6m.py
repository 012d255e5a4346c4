"""int8 layers with weights on an Armv6-M core: aot_gemm_armv6m.h and aot_depthwise_armv6m.h."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import c
from toolkit.compiler.c import Constant
from toolkit.compiler.ir import Graph
from toolkit.compiler.lower.base import Call, channelwise_fields
from toolkit.compiler.lower.depthwise import behind_by_four, padded
from toolkit.compiler.lower.depthwise import suits as depthwise_suits
from toolkit.compiler.lower.quantised import Quantised
from toolkit.compiler.lower.shapes import NO_POOL
from toolkit.compiler.lower.weighted import Weighted

_MOST_TAPS = 65_528
_MOST_SHIFT = 22
_MOST_BIAS = 1 << 26
_LANES = 4
_ALONE = "NULL"
_SHARED = ("aot_armv6m_four.c", "aot_armv6m_one.c", "aot_armv6m_sums.c")


def gemm(layer: Weighted) -> Call | None:
    """aot_gemm_armv6m.c: one group and no pool; else None."""
    context, shape, q = layer.context, layer.shape, layer.arithmetic
    alone = shape.pool == NO_POOL
    real = layer.rows.shape[1]
    if layer.groups > 1 or not shape.tiles or not alone or real > _MOST_TAPS or not _scales(q):
        return None
    taps = -(-real // 8) * 8
    wide = q.weights.astype(np.int64)
    bias = q.bias - 128 * wide.sum(axis=1)
    if (np.abs(bias) >= _MOST_BIAS).any():
        return None
    stream = context.constant("stream", _stream(q, bias, (wide + 128).astype(np.uint8), taps))
    fields, constants = _fields(layer, stream)
    by_four, apart = _by_four(layer, taps)
    fields |= {
        "shape": shape.fields(),
        "run": shape.run,
        "taps": taps,
        "input_zero": context.input(0).zero_point,
        "apart": apart,
    }
    lanes = 1 if by_four == _ALONE else _LANES
    call = _call(layer, "aot_gemm_armv6m", fields, constants, scratch_bytes=taps * apart * lanes)
    # Not in the struct: a network for a slot is data alone.
    return replace(call, body=f"aot_gemm_armv6m(&{context.name}_layer, {by_four}, $0, $scratch, $out);")


def _by_four(layer: Weighted, taps: int) -> tuple[str, int]:
    """What takes four positions at once, if there are as many, and how many bytes apart it has them: words are quicker,
    but not worth that the arena grows by more than an eighth for them."""
    context, (out_h, out_w, _) = layer.context, layer.shape.output
    if out_h * out_w < _LANES:
        return _ALONE, 1
    held = context.input(0).bytes + context.output.bytes + 4 * _LANES * taps
    fits = 8 * held <= 9 * _most_held(context.graph)
    return ("aot_armv6m_by_words", 4) if fits and not context.target.least_scratch else ("aot_armv6m_by_bytes", 1)


def _most_held(graph: Graph) -> int:
    """Bytes of what any operator reads and writes; the arena is hardly smaller."""
    return max(
        sum(graph.tensors[i].bytes for i in {*op.inputs, op.output} if i >= 0 and graph.tensors[i].data is None)
        for op in graph.operators
    )


def depthwise(layer: Weighted) -> Call | None:
    """aot_depthwise_armv6m.c: one output for each input channel, no pool; else None."""
    context, shape, q = layer.context, layer.shape, layer.arithmetic
    if not depthwise_suits(layer) or not _scales(q):
        return None
    taps = -(-q.weights.shape[1] // 3) * 3
    stream = context.constant("stream", _stream(q, q.bias, q.weights, taps))
    fields, constants = _fields(layer, stream)
    source = context.input(0)
    fields |= {"shape": channelwise_fields(source, shape.conv, shape.window), "taps": taps}
    if padded(layer):
        outside = context.constant("outside", np.full(len(q.weights), source.zero_point, np.int8))
        fields, constants = fields | {"outside": outside.name}, (*constants, outside)
    out_h, out_w, _ = shape.output
    lanes = _LANES if out_h * out_w >= _LANES else 1
    call = _call(layer, "aot_depthwise_armv6m", fields, constants, scratch_bytes=4 * taps * lanes)
    return replace(call, behind=behind_by_four(shape))


def _scales(q: Quantised) -> bool:
    """Whether the kernel can scale every sum: those of 2**20 and more are clamped, which right shifts of 11 and less do
    to them as well."""
    shift = -q.shift.astype(np.int64)
    room = (q.reach < 1 << 20) | ((shift <= 11) & (q.reach < _MOST_BIAS))
    return bool(room.all() and (shift >= 1).all() and (shift <= _MOST_SHIFT).all())


def _stream(q: Quantised, bias: NDArray[Any], weights: NDArray[Any], taps: int) -> NDArray[np.uint32]:
    """[channels][2 + taps / 4]: bias and shift, multiplier, `taps` weights, of which the last ones meet nothing."""
    channels, real = weights.shape
    words = np.stack([bias.astype(np.int64) << 5 | -q.shift.astype(np.int64), q.multiplier.astype(np.int64)], axis=1)
    padded = np.zeros((channels, -(-taps // 4) * 4), np.uint8)
    padded[:, :real] = weights.view(np.uint8)
    return np.concatenate([(words & 0xFFFF_FFFF).astype("<u4"), padded.view("<u4")], axis=1).astype(np.uint32)


def _fields(layer: Weighted, stream: Constant) -> tuple[dict[str, Any], tuple[Constant, ...]]:
    """What every kernel's struct has, and its arrays."""
    context, q = layer.context, layer.arithmetic
    fields: dict[str, Any] = {"stream": stream.name, "output_zero": q.output_zero, "low": q.low, "high": q.high}
    if context.layer.table is None:
        return fields, (stream,)
    table = context.constant("table", context.layer.table)
    return fields | {"table": table.name}, (stream, table)


def _call(
    layer: Weighted, kernel: str, fields: dict[str, Any], constants: tuple[Constant, ...], scratch_bytes: int
) -> Call:
    context = layer.context
    struct = f"{context.name}_layer"
    return Call(
        context.name,
        tuple(op.kind for op in context.layer.operators),
        context.layer.inputs[:1],
        context.layer.output,
        f"{kernel}(&{struct}, $0, $scratch, $out);",
        (f"{kernel}.c", *_SHARED),
        (f"{kernel}.h",),
        constants,
        (c.structure(f"{kernel}_t", struct, fields),),
        scratch_bytes=scratch_bytes,
        macs=layer.macs,
    )
