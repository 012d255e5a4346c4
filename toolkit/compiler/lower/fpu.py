"""float32 convolution and dense layers for cores with an FPU: tiles whose sums stay in registers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import c
from toolkit.compiler.lower.base import Call, Context, float_fields
from toolkit.compiler.lower.shapes import Shape

_GROUP = 4


def linear(context: Context, shape: Shape, rows: NDArray[Any], bias: NDArray[np.float32], macs: int) -> Call | None:
    """The layer on aot_conv_tile_f32.h; None if its shape or the target does not suit it.

    Tiles pay where sums stay in registers: not without an FPU, and not where size is what matters.

    Args:
        rows: weights [channels, kernel_h * run].
    """
    if not context.target.fpu or context.target.optimise != "speed":
        return None
    if not shape.tiles or shape.pool.kernel_h * shape.pool.kernel_w > 4:
        return None
    width = shape.input[1] * shape.input[2]
    pitch = max(shape.reach, shape.window.pad_left * shape.input[2] + width) if shape.padded else width
    if pitch > 65_535:
        return None
    groups = [rows[at : at + _GROUP] for at in range(0, len(rows), _GROUP)]
    weights = context.constant("weights", np.concatenate([np.asarray(g, np.float32).T.reshape(-1) for g in groups]))
    biases = context.constant("bias", bias)
    fields: dict[str, Any] = shape.fields() | {
        "pitch": pitch,
        "run": shape.run,
        "padded": "true" if shape.padded else "false",
        "weights": weights.name,
        "bias": biases.name,
    }
    fields |= float_fields(context.layer.activation)
    return Call(
        context.name,
        tuple(op.kind for op in context.layer.operators),
        context.layer.inputs[:1],
        context.layer.output,
        f"aot_conv_tile_f32(&{context.name}_layer, $0, {'$scratch' if shape.padded else 'NULL'}, $out);",
        (),
        ("aot_conv_tile_f32.h",),
        (weights, biases),
        (c.structure("aot_conv_tile_f32_t", f"{context.name}_layer", fields),),
        scratch_bytes=shape.rows * pitch * 4 if shape.padded else 0,
        macs=macs,
    )
