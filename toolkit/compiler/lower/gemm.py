"""int8 convolution and dense layers as a product of matrices, on cores that multiply and little else: aot_gemm_s8.h."""

from __future__ import annotations

import numpy as np

from toolkit.compiler import c
from toolkit.compiler.lower import parameters
from toolkit.compiler.lower.base import Call
from toolkit.compiler.lower.weighted import Weighted

_LEAST_CHANNELS = 4
_MOST_TAPS = 65_528


def gemm_s8(layer: Weighted) -> Call | None:
    """One group, no pool, four channels or more, which repay that a window is gathered first; else None."""
    context, shape, q = layer.context, layer.shape, layer.arithmetic
    channels, real = layer.rows.shape
    alone = (shape.pool.kernel_h, shape.pool.kernel_w) == (1, 1)
    if layer.groups > 1 or not shape.tiles or not alone or channels < _LEAST_CHANNELS or real > _MOST_TAPS:
        return None
    taps = -(-real // 8) * 8
    pairs = np.zeros((-(-channels // 2) * 2, taps), np.uint8)
    pairs[:channels, :real] = (q.weights.astype(np.int64) + 128).astype(np.uint8)
    fields, constants = parameters.of_int8(context, q, pairs.reshape(-1, 2, taps).swapaxes(1, 2))
    # As int32 it may go round; the sum that it is part of does not.
    less = q.bias.astype(np.int64) - 128 * q.weights.astype(np.int64).sum(axis=1)
    bias = context.constant("bias", (less & 0xFFFF_FFFF).astype(np.uint32).view(np.int32))
    fields |= {"shape": shape.fields(), "run": shape.run, "taps": taps, "input_zero": context.input(0).zero_point}
    struct = f"{context.name}_layer"
    return Call(
        context.name,
        tuple(op.kind for op in context.layer.operators),
        context.layer.inputs[:1],
        context.layer.output,
        f"aot_gemm_s8(&{struct}, $0, $scratch, $out);",
        ("aot_gemm_s8.c",),
        ("aot_gemm_s8.h",),
        tuple(bias if constant.name == bias.name else constant for constant in constants),
        (c.structure("aot_gemm_s8_t", struct, fields),),
        scratch_bytes=taps,
        macs=layer.macs,
    )
