"""int8 convolution and dense layers for Armv7E-M: weights as int16 pairs, constants scaled for SMMLAR and SSAT.

docs/compiler.md, "Requantisation in three instructions", proves the arithmetic that the constants here are made for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import c, ir, tables
from toolkit.compiler.lower.base import Call, Context
from toolkit.compiler.lower.quantised import Quantised

_GROUP = 4


@dataclass(frozen=True, eq=False)
class Shape:
    """A convolution, or a dense layer as one: rows of inputs are the columns of an image of height 1."""

    input: tuple[int, int, int]
    output: tuple[int, int, int]
    window: ir.Window
    pool: ir.Window


def scaled(q: Quantised) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]] | None:
    """Weights, biases, offsets and right shifts for the DSP kernels; None if they leave their range.

    Sums are kept times 2 * 2**left_shift, so that SMMULR of a sum and the multiplier is the reference's
    doubling high multiplication.
    """
    shift = q.shift.astype(np.int64)
    factor = np.int64(2) << np.maximum(shift, 0)
    right = np.maximum(-shift, 0)
    weights = q.weights.astype(np.int64) * factor[:, None]
    bias = q.bias.astype(np.int64) * factor
    offset = (np.int64(q.output_zero) << right) + np.where(right > 0, (np.int64(1) << right) >> 1, 0)
    high = np.int64(1 << 31)
    if (np.abs(weights) > 32_767).any() or (q.reach * factor >= high).any():
        return None
    if (np.abs(offset) + q.reach * factor // 2 + 1 >= high).any():
        return None
    return weights, bias, offset, right


def pairs(weights: NDArray[np.int64], kernel_rows: int) -> NDArray[np.uint32]:
    """[channels, kernel_rows * run] -> words of two int16 [channels, kernel_rows, words]; odd runs end in a zero."""
    runs = weights.reshape(weights.shape[0], kernel_rows, -1)
    if runs.shape[2] % 2:
        runs = np.pad(runs, ((0, 0), (0, 0), (0, 1)))
    halves = runs.astype(np.int16).view(np.uint16).astype(np.uint32)
    return np.asarray(halves[:, :, 0::2] | (halves[:, :, 1::2] << 16), np.uint32)


def _grouped(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The order in which a tile of channels reads them: [group][row][word][channel of the group]."""
    groups = [words[at : at + _GROUP] for at in range(0, len(words), _GROUP)]
    return np.concatenate([np.moveaxis(group, 0, 2).reshape(-1) for group in groups])


def _image_words(weights: NDArray[np.int64]) -> NDArray[np.uint32]:
    """3x3 weights as (w0, w1), (w1, w2) for each kernel row."""
    taps = weights.reshape(-1, 3, 3)
    return pairs(
        np.stack([taps[:, :, 0], taps[:, :, 1], taps[:, :, 1], taps[:, :, 2]], axis=2).reshape(len(taps), -1), 3
    )


def _is_image(shape: Shape) -> bool:
    """What aot_conv_image_dsp.h computes."""
    return (
        shape.input[2] == 1
        and shape.window == ir.Window(3, 3, pad_top=shape.window.pad_top, pad_left=shape.window.pad_left)
        and shape.pool == ir.Window(2, 2, 2, 2)
    )


def suits(shape: Shape) -> bool:
    """True if the kernels can compute the layer: kernel rows are runs, and pool windows lie inside the convolution."""
    w, p = shape.window, shape.pool
    if w.dilation_w != 1 or p.pad_top or p.pad_left or p.dilation_h != 1 or p.dilation_w != 1:
        return False
    rows = (p.kernel_h - 1) * w.stride_h + (w.kernel_h - 1) * w.dilation_h + 1
    return rows <= 255 and _pitch(shape) <= 65_535


def _pitch(shape: Shape) -> int:
    """int16 of one widened row: all that any window reads, and at least the image's own row; even."""
    w, p = shape.window, shape.pool
    _, width, channels = shape.input
    run = -(-w.kernel_w * channels // 2) * 2
    last = ((shape.output[1] - 1) * p.stride_w + p.kernel_w - 1) * w.stride_w * channels
    return -(-max((w.pad_left + width) * channels, last + run) // 2) * 2


def linear(context: Context, shape: Shape, q: Quantised, macs: int) -> Call | None:
    """The layer on the DSP kernels; None if its shape or constants do not suit them."""
    constants = scaled(q)
    if constants is None or not suits(shape):
        return None
    weights, bias, offset, right = constants
    w, p = shape.window, shape.pool
    # LDRD reaches 1020 bytes, so four rows of at most 170 int16; a shift of 0 would need another sequence.
    image = (
        _is_image(shape)
        and context.target.optimise == "speed"
        and shape.output[2] <= 8
        and _pitch(shape) <= 170
        and int(right.min()) > 0
    )
    words = pairs(weights, w.kernel_h)
    packed = _image_words(weights).reshape(-1) if image else _grouped(words)
    arrays = [
        context.constant("weights", packed),
        c.Constant(
            f"{context.name}_channels",
            np.stack([bias, q.multiplier, offset], axis=1).astype(np.int32),
            "aot_channel_dsp_t",
        ),
        context.constant("shift", right.astype(np.uint8)),
    ]
    table = context.layer.table
    if (q.low, q.high) != (-128, 127):
        clamped = np.clip(tables.IDENTITY, q.low, q.high)
        table = clamped if table is None else table[clamped.astype(int) + 128]
    if table is not None:
        arrays.append(context.constant("table", table))
    rows = (p.kernel_h - 1) * w.stride_h + (w.kernel_h - 1) * w.dilation_h + 1
    pitch = _pitch(shape)
    fields: dict[str, Any] = dict(
        zip(("in_h", "in_w", "in_c", "out_h", "out_w", "out_c"), (*shape.input, *shape.output), strict=True)
    )
    fields |= {
        "stride_h": w.stride_h,
        "stride_w": w.stride_w,
        "dilation_h": w.dilation_h,
        "kernel_h": w.kernel_h,
        "pad_top": w.pad_top,
        "pad_left": w.pad_left,
        "pool_h": p.kernel_h,
        "pool_w": p.kernel_w,
        "pool_stride_h": p.stride_h,
        "pool_stride_w": p.stride_w,
        "row_count": rows,
        "pitch": pitch,
        "words": words.shape[2],
        "input_zero": context.input(0).zero_point,
    }
    fields |= {constant.name.removeprefix(context.name + "_"): constant.name for constant in arrays}
    inline = context.target.optimise == "speed"
    function = "aot_conv_image_dsp" if image else "aot_conv_dsp_inline" if inline else "aot_conv_dsp"
    return Call(
        context.name,
        tuple(op.kind for op in context.layer.operators),
        context.layer.inputs[:1],
        context.layer.output,
        f"{function}(&{context.name}_layer, $0, $scratch, $out);",
        () if inline else ("aot_conv_dsp.c",),
        ("aot_conv_image_dsp.h" if image else "aot_conv_dsp.h",),
        tuple(arrays),
        (c.structure("aot_conv_dsp_t", f"{context.name}_layer", fields),),
        scratch_bytes=(rows * pitch + 2) * 2,
        macs=macs,
    )
