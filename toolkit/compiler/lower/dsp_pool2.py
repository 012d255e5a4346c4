"""int8 convolution on few channels with a 2x2 pool for Armv7E-M: aot_conv_pool2_dsp.h."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import ir
from toolkit.compiler.lower.base import Call
from toolkit.compiler.lower.dsp import Scaled, following_table, scaled
from toolkit.compiler.lower.dsp_pool2_text import Form, function
from toolkit.compiler.lower.weighted import Weighted

_POOL = ir.Window(2, 2, 2, 2)
_LAST = 1 << 31


def conv_pool2(layer: Weighted) -> Call | None:
    """aot_conv_pool2_dsp.h: no padding, stride 1, at most three kernel rows, then a 2x2 pool."""
    context, shape, q = layer.context, layer.shape, layer.arithmetic
    w, (_, in_w, in_c), (out_h, out_w, channels) = shape.window, shape.input, shape.output
    # SAME may pad below and on the right alone.
    plain = w == ir.Window(w.kernel_h, w.kernel_w) and not shape.padded and shape.pool == _POOL
    if layer.groups > 1 or not plain or not shape.tiles or context.target.general:
        return None
    table = following_table(context, q)
    form = Form(in_w * in_c, in_c, w.kernel_h, w.kernel_w, out_w, table is not None)
    form = replace(form, least_scratch=context.target.least_scratch)
    k = scaled(q) if form.fits else None
    if k is None or int(k.shift.min()) == 0 or int(k.shift.max()) > 31:
        return None
    if context.target.optimise == "speed" and form.unrolls(channels):
        form = replace(form, shifts=tuple(int(shift) for shift in k.shift))
    constants = [context.constant("stream", _stream(form, k))]
    if table is not None:
        constants.append(context.constant("table", table))
    fields = {
        "stream": constants[0].name,
        "table": "0" if table is None else f"{constants[1].name} + 128",
        "pitch": form.pitch,
        "out_h": out_h,
        "out_w": out_w,
        "channels": channels,
        "in_c": in_c,
        "kernel_h": form.kernel_h,
        "run": form.kernel_w * in_c,
        "alone": int(bool(form.alone)),
    }
    name = f"{context.name}_pool2"
    kernel = "aot_conv_pool2_dsp"
    call = context.call(kernel, (f"{kernel}_t", fields), (), "aot_conv_pool2_dsp.h", tuple(constants), layer.macs)
    return replace(
        call,
        body=f"{name}(&{context.name}_layer, $0, $scratch, $out);",
        definitions=(*call.definitions, function(name, form)),
        scratch_bytes=4 * form.scratch_words,
    )


def _stream(form: Form, k: Scaled) -> NDArray[np.uint32]:
    """Weights and constants, channel by channel."""
    channels = len(k.weights)
    rows = k.weights.reshape(channels, form.kernel_h, -1)
    # Tap 0 is none.
    rows = np.concatenate([np.zeros_like(rows[:, :, :1]), rows], axis=2).astype(np.int16).view(np.uint16)
    parts: list[NDArray[np.uint32]] = []
    for column, sides in enumerate(form.columns):
        for side in sides:
            low, high = (rows[:, :, tap].astype(np.uint32) for tap in form.taps(column, side))
            parts.append(np.asarray(low | high << 16, np.uint32))
            if len(parts) == 1:
                parts.append(k.bias.astype(np.int32).view(np.uint32).reshape(-1, 1))
    for column, side in form.alone:
        taps = rows[:, :, max(form.taps(column, side))].astype(np.uint32)
        parts.append(np.asarray(taps[:, :2] | taps[:, 1:] << 16, np.uint32))
    shift = k.shift.astype(np.uint32)
    shift[-1] |= _LAST
    scaling = np.stack([k.multiplier, k.offset], axis=1).astype(np.int32).view(np.uint32)
    return np.concatenate([*parts, scaling, shift.reshape(-1, 1)], axis=1).reshape(-1)
