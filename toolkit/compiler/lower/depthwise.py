"""Depthwise convolution, one output channel for each input channel: taps found once a position (aot_taps.h)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import ir
from toolkit.compiler.c import Constant
from toolkit.compiler.lower import dsp, parameters
from toolkit.compiler.lower.base import Call, Context, window_fields
from toolkit.compiler.lower.quantised import quantised

_MOST_TAPS = 25  # AOT_MOST_TAPS
_HEADER = "aot_depthwise.h"


def suits(context: Context, op: ir.Convolution, rows: NDArray[Any]) -> bool:
    """Whether these kernels take the layer: no pool, at most 25 taps, constants in ordinary memory.

    Args:
        rows: the weights, [channels, taps].
    """
    plain = 1 < op.groups == context.input(0).shape[3] == len(rows) and context.layer.pool is None
    return plain and rows.shape[1] <= _MOST_TAPS and context.target.isa != "avr"


def lower(context: Context, op: ir.Convolution, rows: NDArray[Any], macs: int) -> Call:
    """The layer; it must suit.

    Raises:
        ModelError: its quantisation is not supported.
    """
    source = context.input(0)
    if source.dtype is not ir.ElementType.INT8:
        fields, constants = parameters.of_float(
            context, np.ascontiguousarray(rows.T), parameters.bias(context, len(rows))
        )
        return _call(context, op, "aot_depthwise_f32", (fields, constants), np.zeros(len(rows), np.float32), macs)
    q = quantised(context, rows, op.activation)
    outside = np.full(len(rows), source.zero_point, np.int8)
    if context.target.isa in dsp.ISAS and context.target.optimise == "speed":
        found = dsp.depthwise_parameters(context, q)
        if found is not None:
            return _call(context, op, "aot_depthwise_dsp", found, outside, macs, "aot_depthwise_dsp.h")
    return _call(context, op, "aot_depthwise_s8", parameters.of_int8(context, q, q.weights.T), outside, macs)


def _call(
    context: Context,
    op: ir.Convolution,
    kernel: str,
    found: tuple[dict[str, Any], tuple[Constant, ...]],
    pixel: NDArray[Any],
    macs: int,
    header: str = _HEADER,
) -> Call:
    """A call of `kernel`; `pixel` is what a tap outside the image reads, one element a channel."""
    fields, constants = found
    outside = context.constant("outside", pixel)
    padded = _padded(context, op)
    taps = {
        "in_h": context.input(0).shape[1],
        "in_w": context.input(0).shape[2],
        "out_h": context.output.shape[1],
        "out_w": context.output.shape[2],
        "kernel": window_fields(op.window),
        "pixel_bytes": pixel.nbytes,
        "outside": f"(const uint8_t *){outside.name}" if padded else "0",
    }
    return context.call(
        kernel,
        (f"{kernel}_t", {"taps": taps, "channels": len(pixel)} | fields),
        (f"{kernel}.c",),
        header,
        (*constants, outside) if padded else constants,
        macs,
    )


def _padded(context: Context, op: ir.Convolution) -> bool:
    """True if a tap of some window is outside the image."""
    _, in_h, in_w, _ = context.input(0).shape
    _, out_h, out_w, _ = context.output.shape
    w = op.window
    bottom = (out_h - 1) * w.stride_h - w.pad_top + (w.kernel_h - 1) * w.dilation_h
    right = (out_w - 1) * w.stride_w - w.pad_left + (w.kernel_w - 1) * w.dilation_w
    return bool(w.pad_top or w.pad_left or bottom >= in_h or right >= in_w)
