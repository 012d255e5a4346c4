"""int8 convolution and dense layers for 8-bit AVR: 24-bit sums, chosen only where they are provably enough.

docs/uno.md, "The arithmetic", proves what `fits` asks for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toolkit.compiler import c, ir
from toolkit.compiler.lower.base import Call, Context
from toolkit.compiler.lower.quantised import Quantised
from toolkit.compiler.lower.shapes import NO_POOL
from toolkit.compiler.lower.weighted import Weighted

_POOL = ir.Window(2, 2, 2, 2)
_BYTE = 255
# LDD reaches 63 bytes from its pointer.
_LONGEST_STEP = 63
# The innermost loop is unrolled over a row of the window, 52 bytes of code for each weight.
_LONGEST_ROW = 64
_SCALE = ("aot_scale_avr.c",)


def fits(q: Quantised) -> bool:
    """True if every sum stays below 2^23 and every requantised value below 2^15, before the clamp."""
    if int(q.reach.max()) >= 1 << 23 or int(q.shift.max()) > -1 or int(q.shift.min()) < -23:
        return False
    # multiplier < 2^31, so the scaled sum is below reach / 2^right, plus the two roundings.
    largest = (q.reach >> -q.shift.astype(np.int64)) + 2
    return int(largest.max()) + abs(q.output_zero) < 1 << 15


def _scale(context: Context, q: Quantised) -> tuple[dict[str, Any], tuple[c.Constant, ...]]:
    """`aot_avr_scale_t` and its arrays."""
    constants = [
        context.constant("bias", q.bias),
        context.constant("multiplier", q.multiplier),
        context.constant("shift", q.shift),
    ]
    if context.layer.table is not None:
        constants.append(context.constant("table", context.layer.table))
    fields: dict[str, Any] = {each.name.removeprefix(context.name + "_"): each.name for each in constants}
    return fields | {"output_zero": q.output_zero, "low": q.low, "high": q.high}, tuple(constants)


def conv_pool2(layer: Weighted) -> Call | None:
    """A convolution with a 2x2 max-pool and no padding; None if it is another one, or too large for bytes."""
    context, q, shape = layer.context, layer.arithmetic, layer.shape
    window = shape.window
    plain = ir.Window(window.kernel_h, window.kernel_w, window.stride_h, window.stride_w)
    if layer.groups != 1 or window != plain or shape.pool != _POOL or not fits(q):
        return None
    (_, width, channels), (out_h, out_w, out_c) = shape.input, shape.output
    if 2 * out_h > shape.conv[0] or 2 * out_w > shape.conv[1]:
        return None
    row, kernel_row, step = width * channels, window.kernel_w * channels, window.stride_w * channels
    taps = window.kernel_h * kernel_row
    if kernel_row > _LONGEST_ROW or step > _LONGEST_STEP or max(taps, out_h, out_w, out_c) > _BYTE:
        return None
    scale, constants = _scale(context, q)
    weights = context.constant("weights", q.weights)
    most = {
        "NAME": f"{context.name}_most",
        "KERNEL_H": window.kernel_h,
        "KERNEL_ROW": kernel_row,
        "STEP": step,
        "STEP_ROW": window.stride_h * row,
        "ROW": row,
    }
    fields = {
        "weights": weights.name,
        "taps": taps,
        "out_h": out_h,
        "out_w": out_w,
        "out_c": out_c,
        "next": 2 * step,
        "next_row": 2 * window.stride_h * row,
        "most": most["NAME"],
        "scale": scale,
    }
    defines = "".join(f"#define AOT_{name} {value}\n" for name, value in most.items())
    return Call(
        context.name,
        tuple(operator.kind for operator in context.layer.operators),
        context.layer.inputs[:1],
        context.layer.output,
        f"aot_conv_pool2_avr(&{context.name}_layer, $0, $out, $scratch);",
        ("aot_conv_pool2_avr.c", "aot_most4_avr.h", *_SCALE),
        ("aot_conv_pool2_avr.h",),
        (weights, *constants),
        (
            f'{defines}#include "aot_most4_avr.h"\n',
            c.structure("aot_conv_pool2_avr_t", f"{context.name}_layer", fields),
        ),
        scratch_bytes=taps,
        macs=layer.macs,
        channel_by_channel=True,
    )


def conv(layer: Weighted) -> Call | None:
    """A convolution over all channels, or a depthwise one; None with a padding, a pool, a dilation, or too large."""
    context, q, shape = layer.context, layer.arithmetic, layer.shape
    window, channels = shape.window, shape.input[2]
    plain = ir.Window(window.kernel_h, window.kernel_w, window.stride_h, window.stride_w)
    depthwise = layer.groups > 1 and layer.groups == channels == shape.output[2]
    if (layer.groups > 1 and not depthwise) or window != plain or shape.pool != NO_POOL or shape.padded:
        return None
    row = shape.input[1] * channels
    run, step = (window.kernel_w, channels) if depthwise else (window.kernel_w * channels, 1)
    taps = window.kernel_h * run
    if max(taps, *shape.output) > _BYTE or not fits(q):
        return None
    scale, constants = _scale(context, q)
    weights = context.constant("weights", q.weights)
    fields = {
        "weights": weights.name,
        "taps": taps,
        "rows": window.kernel_h,
        "run": run,
        "first": int(depthwise),
        **dict(zip(("out_h", "out_w", "out_c"), shape.output, strict=True)),
        "step": step,
        "row": row,
        "next": window.stride_w * channels,
        "next_row": window.stride_h * row,
        "scale": scale,
    }
    return Call(
        context.name,
        tuple(operator.kind for operator in context.layer.operators),
        context.layer.inputs[:1],
        context.layer.output,
        f"aot_conv_avr(&{context.name}_layer, $0, $out, $scratch);",
        ("aot_conv_avr.c", *_SCALE),
        ("aot_conv_avr.h",),
        (weights, *constants),
        (c.structure("aot_conv_avr_t", f"{context.name}_layer", fields),),
        scratch_bytes=taps,
        macs=layer.macs,
        channel_by_channel=True,
    )


def dense(layer: Weighted) -> Call | None:
    """A fully connected layer; None if its sums or sizes are too large."""
    context, q, rows = layer.context, layer.arithmetic, layer.shape.input[1]
    outputs, inputs = q.weights.shape
    if max(rows, outputs) > _BYTE or not fits(q):
        return None
    scale, constants = _scale(context, q)
    weights = context.constant("weights", q.weights)
    fields = {"weights": weights.name, "inputs": inputs, "rows": rows, "outputs": outputs, "scale": scale}
    return context.call(
        "aot_dense_avr",
        ("aot_dense_avr_t", fields),
        ("aot_dense_avr.c", *_SCALE),
        "aot_dense_avr.h",
        (weights, *constants),
        layer.macs,
    )
