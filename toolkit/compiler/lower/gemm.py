"""int8 convolution and dense layers as a product of matrices, on cores that multiply and little else: aot_gemm_s8.h."""

from __future__ import annotations

import numpy as np

from toolkit.compiler import c
from toolkit.compiler.lower import parameters
from toolkit.compiler.lower.base import Call
from toolkit.compiler.lower.shapes import NO_POOL
from toolkit.compiler.lower.weighted import Weighted

_LEAST_CHANNELS = 4
_LANES = 4
_MOST_TAPS = 65_534


def gemm_s8(layer: Weighted) -> Call | None:
    """One group, no pool, four channels or more, which repay that a window is gathered first; else None."""
    context, shape, q = layer.context, layer.shape, layer.arithmetic
    channels, real = layer.rows.shape
    alone = shape.pool == NO_POOL
    if layer.groups > 1 or not shape.tiles or not alone or channels < _LEAST_CHANNELS or real > _MOST_TAPS:
        return None
    if not parameters.plain_shifts(q):
        return None
    taps = -(-real // 2) * 2
    fours = np.zeros((-(-channels // 4) * 4, taps), np.int8)
    fours[:channels, :real] = q.weights
    fields, constants = parameters.of_int8(context, q, fours.reshape(-1, 4, taps).swapaxes(1, 2))
    positions = shape.output[0] * shape.output[1]
    lanes = _LANES if positions >= _LANES else 1
    fields |= {
        "shape": shape.fields(),
        "run": shape.run,
        "taps": taps,
        "lanes": lanes,
        "input_zero": context.input(0).zero_point,
    }
    struct = f"{context.name}_layer"
    return Call(
        context.name,
        tuple(op.kind for op in context.layer.operators),
        context.layer.inputs[:1],
        context.layer.output,
        f"aot_gemm_s8(&{struct}, $0, (int8_t *)$scratch, $out);",
        ("aot_gemm_s8.c", "aot_scale_s8.c"),
        ("aot_gemm_s8.h",),
        constants,
        (c.structure("aot_gemm_s8_t", struct, fields),),
        scratch_bytes=taps * lanes,
        macs=layer.macs,
    )
