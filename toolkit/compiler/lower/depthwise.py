"""Depthwise convolution, one output channel for each input channel: taps found once a position (aot_taps.h)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toolkit.compiler import ir
from toolkit.compiler.lower import dsp, parameters
from toolkit.compiler.lower.base import Call, channelwise_fields
from toolkit.compiler.lower.shapes import Shape
from toolkit.compiler.lower.weighted import Weighted

_MOST_TAPS = 25  # AOT_MOST_TAPS
_HEADER = "aot_depthwise.h"


def portable_s8(layer: Weighted) -> Call | None:
    """aot_depthwise_s8.c."""
    if not suits(layer):
        return None
    q = layer.arithmetic
    return _call(layer, "aot_depthwise_s8", _HEADER, parameters.of_int8(layer.context, q, q.weights.T))


def four_s8(layer: Weighted) -> Call | None:
    """aot_depthwise4_s8.c."""
    q = layer.arithmetic
    if not suits(layer) or not parameters.plain_shifts(q):
        return None
    found = parameters.of_int8(layer.context, q, q.weights.T)
    call = _call(layer, "aot_depthwise4_s8", "aot_depthwise4_s8.h", found, "aot_depthwise_s8_t")
    return replace(call, kernels=(*call.kernels, "aot_scale_s8.c"), behind=behind_by_four(layer.shape))


def behind_by_four(shape: Shape) -> int:
    """`Call.behind` where four positions are computed at once, which may begin in one row and end in another."""
    width = shape.output[1]
    return shape.behind(1, rows=1 if width % 4 == 0 else 1 + -(-3 // width), blocks=False)


def dsp_s8(layer: Weighted) -> Call | None:
    """aot_depthwise_dsp.c."""
    if not suits(layer) or (found := dsp.depthwise_parameters(layer.context, layer.arithmetic)) is None:
        return None
    return _call(layer, "aot_depthwise_dsp", "aot_depthwise_dsp.h", found)


def dsp_3x3_s8(layer: Weighted) -> Call | None:
    """aot_depthwise3x3_dsp.c: 3x3 of stride 1 on four channels or more, two rows at a time."""
    context, shape, q = layer.context, layer.shape, layer.arithmetic
    w, (in_h, in_w, channels), (out_h, out_w) = shape.window, shape.input, shape.conv
    plain = (w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.dilation_h, w.dilation_w) == (3, 3, 1, 1, 1, 1)
    least = 1 if context.target.single else 2
    if not plain or not suits(layer) or out_h < least or channels < 4 or max(w.pad_top, w.pad_left) > 2:
        return None
    k = dsp.scaled(q)
    if k is None or int(k.shift.min()) == 0 or int(k.shift.max()) > 31:
        return None
    rows = k.weights.reshape(channels, 3, 3)
    above, below = (dsp.pairs(np.stack([rows[:, i], rows[:, i + 1]], axis=2).reshape(channels, -1), 1) for i in (0, 1))
    scaling = np.stack([k.bias, k.multiplier, k.offset, k.shift], axis=1).astype(np.int32).view(np.uint32)
    each = np.concatenate([above[:, 0], below[:, 0], scaling], axis=1)
    constants = [context.constant("constants", each[dsp.by_fours(channels).ravel()])]
    table = dsp.following_table(context, q)
    if table is not None:
        constants.append(context.constant("table", table))
    fields = {
        "in_h": in_h,
        "in_w": in_w,
        "out_h": out_h,
        "out_w": out_w,
        "channels": channels,
        "pad_top": w.pad_top,
        "pad_left": w.pad_left,
        "outside": (context.input(0).zero_point & 0xFF) * 0x01010101,
        "constants": constants[0].name,
        "table": "0" if table is None else f"{constants[1].name} + 128",
    }
    name = "aot_depthwise3x3_dsp"
    call = context.call(name, (f"{name}_t", fields), (f"{name}.c",), f"{name}.h", tuple(constants), layer.macs)
    body = f"{name}(&{context.name}_layer, $0, $scratch, $out);"
    return replace(call, body=body, scratch_bytes=32 * (out_w + 2), behind=shape.behind(1, rows=2), in_twos=True)


def portable_f32(layer: Weighted) -> Call | None:
    """aot_depthwise_f32.c."""
    if not suits(layer):
        return None
    found = parameters.of_float(layer.context, np.ascontiguousarray(layer.rows.T), layer.bias)
    return _call(layer, "aot_depthwise_f32", _HEADER, found)


def suits(layer: Weighted) -> bool:
    """Whether these kernels take the layer: one output for each input channel, no pool, at most 25 taps."""
    channels = layer.context.input(0).shape[3]
    plain = 1 < layer.groups == channels == len(layer.rows) and layer.context.layer.pool is None
    return plain and layer.rows.shape[1] <= _MOST_TAPS


def _call(layer: Weighted, kernel: str, header: str, found: parameters.Parameters, struct: str = "") -> Call:
    """A call of `kernel`; a tap outside the image reads a pixel of zero points, one element a channel.

    Args:
        struct: of its parameters, if that is not named after it.
    """
    context, channels = layer.context, len(layer.rows)
    source = context.input(0)
    is_int8 = source.dtype is ir.ElementType.INT8
    pixel = np.full(channels, source.zero_point, np.int8) if is_int8 else np.zeros(channels, np.float32)
    fields, constants = found
    outside = context.constant("outside", pixel)
    at_edges = padded(layer)
    taps = {
        "shape": channelwise_fields(source, layer.shape.conv, layer.shape.window),
        "pixel_bytes": pixel.nbytes,
        "outside": f"(const uint8_t *){outside.name}" if at_edges else "0",
    }
    return context.call(
        kernel,
        (struct or f"{kernel}_t", {"taps": taps} | fields),
        (f"{kernel}.c",),
        header,
        (*constants, outside) if at_edges else constants,
        layer.macs,
    )


def padded(layer: Weighted) -> bool:
    """True if a tap of some window is outside the image."""
    (in_h, in_w, _), (out_h, out_w, _) = layer.shape.input, layer.shape.output
    w = layer.shape.window
    bottom = (out_h - 1) * w.stride_h - w.pad_top + (w.kernel_h - 1) * w.dilation_h
    right = (out_w - 1) * w.stride_w - w.pad_left + (w.kernel_w - 1) * w.dilation_w
    return bool(w.pad_top or w.pad_left or bottom >= in_h or right >= in_w)
