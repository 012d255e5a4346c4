"""int8 depthwise convolutions of up to 4x4 taps on Armv8.1-M vectors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import c, ir
from toolkit.compiler.lower import mve, mve_depthwise_text
from toolkit.compiler.lower.base import Call, channelwise_fields
from toolkit.compiler.lower.mve_text import VECTOR
from toolkit.compiler.lower.shapes import Shape
from toolkit.compiler.lower.weighted import Weighted

_SIDE = 4
_BLOCK = 16
_FRONT = 5
_MOST_COLUMN_BYTES = 1_152
_FARTHEST_GATHER = 508
_FARTHEST_STORE = 65_535


def depthwise(layer: Weighted) -> Call | None:
    """aot_depthwise4x4_mve.h: one output for each input channel, no pool, no dilation."""
    context, q, shape = layer.context, layer.arithmetic, _lying(layer.shape)
    w, (in_h, in_w, channels), (out_h, out_w) = shape.window, shape.input, shape.conv
    plain = 1 < layer.groups == channels == len(q.weights) and context.layer.pool is None
    near = max(w.kernel_h, w.kernel_w) <= _SIDE and (w.dilation_h, w.dilation_w) == (1, 1)
    if not plain or not near or not mve.suits(context, q):
        return None
    together = VECTOR // channels if channels in (4, 8) else 1
    column = _SIDE * (VECTOR // together)
    shared = 2 if w.kernel_w < _SIDE and w.stride_w == 1 else 1
    step = column * (shared if shared > 1 else w.stride_w)
    width = _width(out_w, w.stride_w, w.kernel_w, column)
    table = mve.table(context, q)
    one = mve_depthwise_text.Form(
        rows=1,
        shared=shared,
        step=step,
        column=column,
        width=width,
        channels=channels,
        signed=mve.halves_matter(context, q),
        zero=None if context.target.general else q.output_zero,
        table=table is not None,
    )
    in_twos = w.kernel_h < _SIDE and w.stride_h == 1 and out_h > 1
    two = replace(one, rows=2)
    forms = (*((two,) if in_twos else ()), *((one,) if out_h % 2 or not in_twos else ()))
    if step > _FARTHEST_GATHER or max(max(form.lanes(out_w)) for form in forms) > _FARTHEST_STORE:
        return None
    lanes = [form.lanes(out_w) if form in forms else [0] * 8 for form in (two, one)]
    scales = _scales(layer)
    arrays = [context.constant("weights", _weights(q.weights, w.kernel_h, w.kernel_w)), scales]
    arrays.append(context.constant("lanes", np.array(lanes, np.uint16)))
    if table is not None:
        arrays.append(context.constant("table", table))
    reach = (width - 1) * w.stride_w + w.kernel_w
    fields: dict[str, Any] = {
        "shape": channelwise_fields(context.input(0), shape.conv, w) | {"in_h": in_h, "in_w": in_w},
        "columns": width,
        "together": together,
        "input_zero": context.input(0).zero_point,
        "output_zero": q.output_zero,
    }
    fields |= {constant.name.removeprefix(context.name + "_"): constant.name for constant in arrays}
    fields["weights"] += f" + {_FRONT}"
    name = "aot_depthwise4x4_mve"
    call = context.call(name, (f"{name}_t", fields), (), "aot_depthwise4x4_mve.h", tuple(arrays), layer.macs)
    functions = [form.name if form in forms else "NULL" for form in (two, one)]
    called = "aot_depthwise4x4_small_mve" if context.target.optimise == "size" else name
    body = f"{called}(&{context.name}_layer, {', '.join(functions)}, $0, $scratch, $out);"
    last = max((form.patches - 1) * step // column + _SIDE for form in forms)
    return replace(
        call,
        body=body,
        definitions=(*call.definitions, *map(mve_depthwise_text.function, forms)),
        scratch_bytes=column * max(last, reach + together - 1),
        reads_past=VECTOR - 1,
        behind=shape.behind(1, rows=2 if in_twos else 1),
    )


def _lying(shape: Shape) -> Shape:
    """Of an image that is one column the same as one row: its outputs are computed in fours."""
    w, (height, width, channels), (out_h, out_w, out_c) = shape.window, shape.input, shape.output
    if (width, out_w, w.kernel_w, w.pad_left) != (1, 1, 1, 0) or height == 1:
        return shape
    window = ir.Window(
        1,
        w.kernel_h,
        stride_w=w.stride_h,
        dilation_w=w.dilation_h,
        pad_left=w.pad_top,
    )
    row = (1, out_h)
    return replace(shape, input=(1, height, channels), conv=row, output=(*row, out_c), window=window)


def _width(out_w: int, stride: int, kernel: int, column: int) -> int:
    """Output columns that are computed at a time, so that what they read is not too long."""
    most = max(_MOST_COLUMN_BYTES // column - kernel, 0) // stride + 1
    width = -(-out_w // -(-out_w // most))
    return min(out_w, -(-width // _SIDE) * _SIDE)


def _weights(weights: NDArray[np.int8], height: int, width: int) -> NDArray[np.int8]:
    """[channels, taps] -> [channels][column][row], four of each, behind a few zeros."""
    taps = weights.reshape(-1, height, width).swapaxes(1, 2)
    padded = np.pad(taps, ((0, 0), (0, _SIDE - width), (0, _SIDE - height)))
    return np.concatenate([np.zeros(_FRONT, np.int8), padded.reshape(-1)])


def _scales(layer: Weighted) -> c.Constant:
    """`aot_scale_mve_t` of each channel."""
    q = layer.arithmetic
    values = np.stack([q.bias, q.multiplier, q.shift.astype(np.int32)], axis=1)
    return c.Constant(f"{layer.context.name}_scales", values, "aot_scale_mve_t")
