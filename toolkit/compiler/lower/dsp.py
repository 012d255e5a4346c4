"""int8 convolution and dense layers for Armv7E-M: weights as int16 pairs, constants scaled for SMMLAR and SSAT.

docs/compiler.md, "Requantisation in three instructions", proves the arithmetic that the constants here are made for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import c, tables
from toolkit.compiler.lower import dsp_3x3, dsp_tile, parameters
from toolkit.compiler.lower.base import Call, Context
from toolkit.compiler.lower.quantised import Quantised
from toolkit.compiler.lower.shapes import Shape
from toolkit.compiler.lower.weighted import Weighted

_3X3_CHANNELS = 12
# A load reaches 4,095 bytes from its pointer, and the last of four rows is read there.
_3X3_WIDTH = 1300
_CHANNEL = "aot_channel_dsp_t"


@dataclass(frozen=True, eq=False)
class Scaled:
    """A layer's constants as the DSP kernels want them: int64 arrays, one row a channel."""

    weights: NDArray[np.int64]
    bias: NDArray[np.int64]
    multiplier: NDArray[np.int64]
    offset: NDArray[np.int64]
    shift: NDArray[np.int64]


def scaled(q: Quantised) -> Scaled | None:
    """Weights, biases, offsets and right shifts for the DSP kernels; None if they leave their range.

    Sums are kept times 2 * 2**left_shift, so that SMMULR of a sum and the multiplier is the reference's
    doubling high multiplication.
    """
    shift = q.shift.astype(np.int64)
    factor = np.int64(2) << np.maximum(shift, 0)
    right = np.maximum(-shift, 0)
    weights = q.weights.astype(np.int64) * factor[:, None]
    offset = (np.int64(q.output_zero) << right) + np.where(right > 0, (np.int64(1) << right) >> 1, 0)
    reach = q.reach * factor
    # A sum less another one, and a product with the offset, must fit int32 as well.
    if (np.abs(weights) > 32_767).any() or (reach >= 1 << 30).any() or (np.abs(offset) + reach + 1 >= 1 << 31).any():
        return None
    return Scaled(weights, q.bias.astype(np.int64) * factor, q.multiplier.astype(np.int64), offset, right)


def pairs(weights: NDArray[np.int64], kernel_rows: int) -> NDArray[np.uint32]:
    """[channels, kernel_rows * run] -> words of two int16 [channels, kernel_rows, words]; odd runs end in a zero."""
    runs = weights.reshape(weights.shape[0], kernel_rows, -1)
    if runs.shape[2] % 2:
        runs = np.pad(runs, ((0, 0), (0, 0), (0, 1)))
    halves = runs.astype(np.int16).view(np.uint16).astype(np.uint32)
    return np.asarray(halves[:, :, 0::2] | (halves[:, :, 1::2] << 16), np.uint32)


def _grouped(words: NDArray[np.uint32], group: int) -> NDArray[np.uint32]:
    """The order in which a tile of channels reads them: [group][row][word][channel of the group].

    A group that lacks one channel gets an empty one.
    """
    if len(words) % group == group - 1:
        words = np.concatenate([words, np.zeros_like(words[:1])])
    groups = [words[at : at + group] for at in range(0, len(words), group)]
    return np.concatenate([np.moveaxis(group, 0, 2).reshape(-1) for group in groups])


def following_table(context: Context, q: Quantised) -> tables.Table | None:
    """What follows the requantisation, the fused activation's clamp included: these kernels only saturate to int8."""
    table = context.layer.table
    if (q.low, q.high) == (-128, 127):
        return table
    clamped = tables.clamp_table(q.low, q.high)
    return clamped if table is None else table[clamped.astype(int) + 128]


def _pitch(shape: Shape) -> int:
    """int16 of one widened row: all that any window reads, and at least the image's own row; even."""
    _, width, channels = shape.input
    own = (shape.window.pad_left + width) * channels
    return -(-max(own, shape.reach + shape.run % 2) // 2) * 2


def _tile_pitch(shape: Shape) -> int:
    """int16 of one row of what a tile reads: a pool window's columns, or those of two positions; even."""
    w, p = shape.window, shape.pool
    pooled = (p.kernel_h, p.kernel_w) != (1, 1)
    apart = w.stride_w * shape.input[2] * (p.kernel_w - 1 if pooled else p.stride_w)
    return -(-(apart + shape.run) // 2) * 2


def _scaled(layer: Weighted) -> Scaled | None:
    """The layer's constants for convolutions; None if its shape or constants do not suit these kernels."""
    if layer.groups > 1 or not layer.shape.tiles or _pitch(layer.shape) > 65_535:
        return None
    return scaled(layer.arithmetic)


def conv3x3c1_pool2(layer: Weighted) -> Call | None:
    """aot_conv3x3c1_pool2_dsp.h: 3x3 on one channel with a 2x2 pool, at most 12 output channels."""
    context, shape, q = layer.context, layer.shape, layer.arithmetic
    fits = shape.input[1] <= _3X3_WIDTH and shape.output[2] <= _3X3_CHANNELS
    if not shape.is_3x3c1_pool2 or not fits:
        return None
    k = _scaled(layer)
    if k is None or int(k.shift.min()) == 0:
        return None
    table = following_table(context, q)
    entries = context.constant("table", tables.IDENTITY if table is None else table)
    taps = k.weights.reshape(-1, 3, 3)
    outer = pairs(taps[:, :, [0, 2]].reshape(len(taps), -1), 3).reshape(len(taps), 3)
    # The middle taps that meet rows 1 and 2: of the upper position and of the lower one.
    middle = pairs(taps[:, [1, 2, 0, 1], 1], 1).reshape(len(taps), 2)
    words = np.concatenate([outer, middle], axis=1)
    rows = tuple(
        f"{{{', '.join(map(c.number, words[i]))}}}, {c.number(k.bias[i])}, {c.number(k.multiplier[i])}, "
        f"{c.number(k.offset[i])}, {entries.name} + 128"
        for i in range(len(taps))
    )
    channels = c.Constant(f"{context.name}_channels", np.zeros((len(taps), 9), np.int32), "aot_channel3x3_dsp_t", rows)
    low, high = (sum(int(s) << 5 * place for place, s in enumerate(part)) for part in (k.shift[:6], k.shift[6:]))
    fields = {
        "in_w": shape.input[1],
        "out_h": shape.output[0],
        "out_w": shape.output[1],
        "out_c": shape.output[2],
        "channels": channels.name,
        "shift_low": low,
        "shift_high": high,
    }
    name = f"{context.name}_3x3"
    called = "aot_conv3x3c1_pool2_dsp" if context.target.general else name
    call = context.call(
        called, ("aot_conv3x3c1_pool2_dsp_t", fields), (), "aot_conv3x3c1_pool2_dsp.h", (entries, channels), layer.macs
    )
    if context.target.general:
        return call
    assembly = dsp_3x3.function(name, shape.input[1], [int(shift) for shift in k.shift])
    return replace(call, definitions=(*call.definitions, assembly))


def conv_tiled(layer: Weighted) -> Call | None:
    """aot_conv_tile_dsp.h: any kernel whose rows are runs, unrolled for the layer."""
    return _conv(layer, inline=True)


def conv_compact(layer: Weighted) -> Call | None:
    """aot_conv_dsp.c: the same in little code."""
    return _conv(layer, inline=False)


def _conv(layer: Weighted, *, inline: bool) -> Call | None:
    context, shape, q = layer.context, layer.shape, layer.arithmetic
    k = _scaled(layer)
    if k is None:
        return None
    words = pairs(k.weights, shape.window.kernel_h)
    channels = np.stack([k.bias, k.multiplier, k.offset], axis=1).astype(np.int32)
    arrays = [
        context.constant("weights", _grouped(words, 4 if inline else 2)),
        c.Constant(f"{context.name}_channels", channels, _CHANNEL),
        context.constant("shift", k.shift.astype(np.uint8)),
    ]
    table = following_table(context, q)
    if table is not None:
        arrays.append(context.constant("table", table))
    pitch = _pitch(shape)
    columns = inline and context.target.least_scratch and _tile_pitch(shape) < pitch
    if columns:
        pitch = _tile_pitch(shape)
    fields: dict[str, Any] = {
        "shape": shape.fields(),
        "pitch": pitch,
        "words": words.shape[2],
        "input_zero": context.input(0).zero_point,
    }
    fields |= parameters.members(context, arrays)
    tile, definitions = _tile(layer, pitch, words.shape[2]) if inline else ("", ())
    form = "_columns" if columns else "_inline" if inline else ""
    function = f"aot_conv_dsp{form}(&{context.name}_layer{f', {tile}' if inline else ''}"
    return Call(
        context.name,
        tuple(op.kind for op in context.layer.operators),
        context.layer.inputs[:1],
        context.layer.output,
        f"{function}, $0, $scratch, $out);",
        () if inline else ("aot_conv_dsp.c",),
        ("aot_conv_tile_dsp.h" if inline else "aot_conv_dsp.h",),
        tuple(arrays),
        (c.structure("aot_conv_dsp_t", f"{context.name}_layer", fields), *definitions),
        scratch_bytes=(shape.rows * pitch + 2) * 2,
        macs=layer.macs,
    )


def _tile(layer: Weighted, pitch: int, words: int) -> tuple[str, tuple[str, ...]]:
    """The name and the text of the function for the layer's tiles of two positions by four channels.

    NULL and nothing if it has none, or they cannot be written.
    """
    shape, window, pool = layer.shape, layer.shape.window, layer.shape.pool
    step = window.stride_w * shape.input[2]
    pooled = (pool.kernel_h, pool.kernel_w) != (1, 1)
    tile = dsp_tile.Tile(
        rows=window.kernel_h,
        words=words,
        apart=step if pooled else step * pool.stride_w,
        next_row=window.dilation_h * pitch,
        pool_rows=pool.kernel_h if pooled else 0,
        next_pool_row=window.stride_h * pitch,
    )
    pairs_up = pool.kernel_w == 2 if pooled else shape.output[1] >= 2
    if not pairs_up or shape.output[2] < 3 or not tile.fits:
        return "NULL", ()
    name = f"{layer.context.name}_tile"
    return name, (dsp_tile.function(name, tile),)


def depthwise_parameters(context: Context, q: Quantised) -> parameters.Parameters | None:
    """For aot_depthwise_dsp.h; None if its channels or constants do not suit."""
    k = scaled(q)
    if k is None or len(q.weights) < 4 or int(k.shift.min()) == 0:
        return None
    arrays = [context.constant("constants", _by_fours(k))]
    table = following_table(context, q)
    if table is not None:
        arrays.append(context.constant("table", table))
    return parameters.members(context, arrays), tuple(arrays)


def by_fours(channels: int) -> NDArray[np.intp]:
    """[groups, 4]: the channels that the depthwise kernels compute at once; the last four may have had some before."""
    starts = np.append(np.arange(0, channels - 4, 4), channels - 4)
    return np.asarray(starts[:, None] + np.arange(4), np.intp)


def _by_fours(k: Scaled) -> NDArray[np.uint32]:
    """All constants of a depthwise layer in the order in which its kernel reads them: [groups, 13 + 2 * taps]."""
    order = by_fours(len(k.weights))
    groups = k.weights[order].transpose(0, 2, 1)[:, :, [0, 2, 1, 3]]
    words = pairs(groups.reshape(len(groups), -1), 1)[:, 0]
    scaling = np.stack([k.multiplier, k.offset], axis=1)[order].astype(np.int32).view(np.uint32).reshape(-1, 8)
    shifts = k.shift[order].astype(np.uint8).view("<u4")
    return np.concatenate([k.bias[order].astype(np.int32).view(np.uint32), words, scaling, shifts], axis=1)
