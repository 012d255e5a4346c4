"""int8 convolution and dense layers for Armv8.1-M vectors: weights in runs of 16 int8, zeros where there is no tap.

docs/compiler.md, "Vectors", proves what is not the reference's own arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import c, fixedpoint, ir, tables
from toolkit.compiler.lower import arithmetic, mve_tile, simple
from toolkit.compiler.lower.base import Call, Context, channelwise_fields
from toolkit.compiler.lower.dsp import following_table
from toolkit.compiler.lower.quantised import Quantised
from toolkit.compiler.lower.weighted import Weighted

VECTOR = 16
_3X3_GROUP = 3
_LONGEST_TABLE = 1024


def suits(context: Context, q: Quantised) -> bool:
    """True if the vectors' arithmetic is exact here: sums and results leave room, and every shift rounds.

    An input that is a constant has nothing readable behind it.
    """
    return int(q.reach.max()) < 1 << 30 and int(q.shift.max()) < 0 and context.input(0).data is None


def long_table(context: Context, q: Quantised) -> tuple[NDArray[np.int8], int] | None:
    """What follows the requantisation, zero point and saturation included, for all that it can give; the place of 0.

    None if that is too long.
    """
    wide = q.weights.astype(np.int64)
    ends = (np.minimum(-128 * wide, 127 * wide).sum(axis=1), np.maximum(-128 * wide, 127 * wide).sum(axis=1))
    reached = [
        int(fixedpoint.multiply(end[i : i + 1] + int(q.bias[i]), int(q.multiplier[i]), int(q.shift[i]))[0])
        for end in ends
        for i in range(len(wide))
    ]
    first, last = min(0, *reached), max(0, *reached)
    if last - first >= _LONGEST_TABLE:
        return None
    values = np.clip(np.arange(first, last + 1) + q.output_zero, q.low, q.high)
    table = context.layer.table
    return (values if table is None else table[values + 128]).astype(np.int8), -first


def halves_matter(context: Context, q: Quantised) -> bool:
    """False if negative results all become the activation's least value: then it is no matter how they are rounded."""
    return context.target.general or q.low < q.output_zero


def table(context: Context, q: Quantised) -> tables.Table | None:
    """What follows the requantisation; where other networks must do with the code, there always is one."""
    following = following_table(context, q)
    return tables.clamp_table(-128, 127) if following is None and context.target.general else following


def quads(context: Context, q: Quantised, lanes: list[list[int]]) -> c.Constant:
    """`aot_quad_mve_t` for each four channels of `lanes`; a lane without a channel gives 0."""
    # A lane more, for lanes without a channel.
    values = np.stack([np.append(q.bias, 0), np.append(q.multiplier, 0), np.append(q.shift.astype(np.int32), -1)])
    empty = len(q.bias)
    quads = [values[:, [min(channel, empty) for channel in quad] + [empty] * (4 - len(quad))] for quad in lanes]
    rows = [", ".join(map(_braced, quad)) for quad in quads]
    return c.Constant(f"{context.name}_quads", np.stack(quads).astype(np.int32), "aot_quad_mve_t", tuple(rows))


def _braced(values: Iterable[Any]) -> str:
    return "{" + ", ".join(map(c.number, values)) + "}"


def _in_order(channels: int, group: int) -> list[list[int]]:
    return [list(range(at, min(at + group, channels))) for at in range(0, channels, group)]


def conv3x3c1_pool2(layer: Weighted) -> Call | None:
    """aot_conv3x3c1_pool2_mve.h: 3x3 on one channel with a 2x2 pool."""
    context, shape, q = layer.context, layer.shape, layer.arithmetic
    if not shape.is_3x3c1_pool2 or not shape.tiles or not suits(context, q) or shape.output[2] > 127:
        return None
    table = long_table(context, q)
    if table is None:
        return None
    taps = q.weights.reshape(-1, 3, 3)
    count = -(-len(taps) // _3X3_GROUP)
    # [group][row of the pool window][channel][column][row of the patch]
    vectors = np.zeros((count, 2, _3X3_GROUP, 4, 4), np.int8)
    for channel, kernel in enumerate(taps):
        for row in (0, 1):
            vectors[channel // _3X3_GROUP, row, channel % _3X3_GROUP, :3, row : row + 3] = kernel.T
    after = quads(context, q, _in_order(len(taps), _3X3_GROUP))
    rows = tuple(
        f"{{{', '.join(map(_braced, group.reshape(-1, VECTOR)))}}}, {{{quad}}}"
        for group, quad in zip(vectors, after.rows, strict=True)
    )
    entries = context.constant("table", table[0])
    groups = c.Constant(f"{context.name}_groups", np.zeros((count, 36), np.int32), "aot_group3x3_mve_t", rows)
    fields = {
        "in_w": shape.input[1],
        "out_h": shape.output[0],
        "out_w": shape.output[1],
        "out_c": shape.output[2],
        "groups": groups.name,
        "table": f"{entries.name} + {table[1]}",
    }
    call = context.call(
        "aot_conv3x3c1_pool2_mve",
        ("aot_conv3x3c1_pool2_mve_t", fields),
        (),
        "aot_conv3x3c1_pool2_mve.h",
        (entries, groups),
        layer.macs,
    )
    body = f"aot_conv3x3c1_pool2_mve(&{context.name}_layer, $0, $scratch, $out);"
    past = 4 - len(taps) if len(taps) <= _3X3_GROUP else 0
    columns = 4 * (-(-shape.input[1] // VECTOR) * VECTOR)
    return replace(call, body=body, scratch_bytes=columns, reads_past=VECTOR - 1, writes_past=past)


def _vectors(weights: NDArray[np.int8], kernel_rows: int) -> NDArray[np.int8]:
    """[channels, kernel_rows * run] -> by groups of 4 channels, the last of 1 to 4: [row][chunk][channel][16]."""
    runs = weights.reshape(len(weights), kernel_rows, -1)
    runs = np.pad(runs, ((0, 0), (0, 0), (0, -runs.shape[2] % VECTOR)))
    chunks = runs.reshape(len(weights), -1, VECTOR)
    return np.concatenate([np.moveaxis(chunks[at : at + 4], 0, 1).reshape(-1) for at in range(0, len(chunks), 4)])


def conv_pool(layer: Weighted) -> Call | None:
    """aot_conv_mve.h: any kernel whose rows are runs, with a pool."""
    context, shape, q = layer.context, layer.shape, layer.arithmetic
    if layer.groups > 1 or context.layer.pool is None or not shape.tiles or not suits(context, q):
        return None
    weights = context.constant("weights", _vectors(q.weights, shape.window.kernel_h))
    arrays = [weights, quads(context, q, _in_order(len(q.bias), 4))]
    table = following_table(context, q)
    if table is not None:
        arrays.append(context.constant("table", table))
    _, width, channels = shape.input
    pitch = width * channels
    if shape.padded:
        pitch = max(shape.window.pad_left * channels + pitch, shape.reach)
    fields: dict[str, Any] = {
        "shape": shape.fields(),
        "padded": int(shape.padded),
        "pitch": pitch,
        "run": shape.run,
        "chunks": -(-shape.run // VECTOR),
        "input_zero": context.input(0).zero_point,
        "output_zero": q.output_zero,
    }
    fields |= {constant.name.removeprefix(context.name + "_"): constant.name for constant in arrays}
    call = context.call("aot_conv_mve", ("aot_conv_mve_t", fields), (), "aot_conv_mve.h", tuple(arrays), layer.macs)
    name = f"{context.name}_tile"
    body = f"aot_conv_mve(&{context.name}_layer, {name}, $0, {'$scratch' if shape.padded else 'NULL'}, $out);"
    rows = shape.rows * pitch + VECTOR - 1 if shape.padded else 0
    tile = mve_tile.function(name, _tile(layer, pitch))
    definitions = (*call.definitions, tile)
    return replace(call, body=body, definitions=definitions, scratch_bytes=rows, reads_past=VECTOR - 1)


def _tile(layer: Weighted, pitch: int) -> mve_tile.Tile:
    """Its tiles as aot_conv_mve.h asks for them: four channels and the rest, one position or two of a pool window."""
    shape, window = layer.shape, layer.shape.window
    channels = shape.output[2]
    return mve_tile.Tile(
        rows=window.kernel_h,
        chunks=-(-shape.run // VECTOR),
        next_row=window.dilation_h * pitch,
        lanes=(*((4,) if channels >= 4 else ()), *((channels % 4,) if channels % 4 else ())),
        positions=1 if shape.pool.kernel_w % 2 else 2,
        speed=layer.context.target.optimise != "size",
    )


def depthwise(layer: Weighted) -> Call | None:
    """aot_depthwise_mve.h: one output for each of 4, 8, 12 ... input channels, no pool."""
    if layer.groups == 1:
        return None
    context, q = layer.context, layer.arithmetic
    source = context.input(0)
    channels = source.shape[3]
    plain = layer.groups == channels == len(q.weights) and channels % 4 == 0 and context.layer.pool is None
    if not plain or not suits(context, q) or channels > 65_528:
        return None
    lanes = [[at + first + 2 * i for i in range(4)] for at in range(0, channels, 8) for first in (0, 1)]
    # [group of eight][tap][channel]
    weights = np.pad(q.weights, ((0, -channels % 8), (0, 0))).reshape(-1, 8, q.weights.shape[1]).swapaxes(1, 2)
    arrays = [context.constant("weights", weights), quads(context, q, lanes)]
    table = following_table(context, q)
    if table is not None:
        arrays.append(context.constant("table", table))
    fields: dict[str, Any] = {
        "shape": channelwise_fields(source, layer.shape.conv, layer.shape.window),
        "input_zero": source.zero_point,
        "output_zero": q.output_zero,
    }
    fields |= {constant.name.removeprefix(context.name + "_"): constant.name for constant in arrays}
    call = context.call(
        "aot_depthwise_mve", ("aot_depthwise_mve_t", fields), (), "aot_depthwise_mve.h", tuple(arrays), layer.macs
    )
    return replace(call, reads_past=4)


def binary(context: Context, op: ir.Binary) -> Call:
    """The portable kernels, but aot_add_tables_mve.h for sums whose operands are looked up."""
    return arithmetic.binary(context, op, "aot_add_tables_mve", "aot_add_tables_mve")


def softmax(context: Context, op: ir.Softmax) -> Call:
    """The portable kernels, but aot_softmax_mve.h for int8."""
    call = simple.softmax(context, op)
    if call.kernels != ("aot_softmax_s8.c",):
        return call
    body = call.body.replace("aot_softmax_s8(", "aot_softmax_mve(")
    return replace(call, body=body, kernels=(*call.kernels, "aot_softmax_mve.c"), headers=("aot_softmax_mve.h",))
