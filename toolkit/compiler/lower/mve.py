"""int8 convolution and dense layers for Armv8.1-M vectors: weights in runs of 16 int8, zeros where there is no tap.

docs/compiler.md, "Vectors", proves what is not the reference's own arithmetic.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import c, fixedpoint, ir
from toolkit.compiler.lower.base import Call, Context
from toolkit.compiler.lower.dsp import following_table
from toolkit.compiler.lower.quantised import Quantised
from toolkit.compiler.lower.shapes import Shape

VECTOR = 16
_IMAGE_GROUP = 3
_LONGEST_TABLE = 1024


def linear(context: Context, shape: Shape, q: Quantised, macs: int) -> Call | None:
    """The layer on the MVE kernels; None if its shape or constants do not suit them."""
    # The rounding shift needs one bit to the right, and a constant's last bytes have nothing readable behind them.
    if not shape.tiles or int(q.shift.max()) >= 0 or context.input(0).data is not None:
        return None
    is_image = shape.input[2] == 1 and shape.window == ir.Window(3, 3) and shape.pool == ir.Window(2, 2, 2, 2)
    if is_image and shape.output[2] <= 127 and (table := _long_table(context, q)) is not None:
        return _image(context, shape, q, table, macs)
    # Sums are compared and biased in 32 bits.
    return _general(context, shape, q, macs) if int(q.reach.max()) < 1 << 30 else None


def _long_table(context: Context, q: Quantised) -> tuple[NDArray[np.int8], int] | None:
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


def _quads(q: Quantised, group: int) -> NDArray[np.int32]:
    """`aot_quad_mve_t` for each `group` channels: [groups, 12]; empty lanes give 0."""
    count = -(-len(q.bias) // group)
    quads = np.zeros((count, 3, 4), np.int32)
    quads[:, 2] = -1
    for channel, values in enumerate(np.stack([q.bias, q.multiplier, q.shift.astype(np.int32)], axis=1)):
        quads[channel // group, :, channel % group] = values
    return quads.reshape(count, 12)


def _image(context: Context, shape: Shape, q: Quantised, table: tuple[NDArray[np.int8], int], macs: int) -> Call:
    """aot_conv_image_mve.h: 3x3 on one channel with a 2x2 pool."""
    taps = q.weights.reshape(-1, 3, 3)
    count = -(-len(taps) // _IMAGE_GROUP)
    # [group][row of the pool window][channel][column][row of the patch]
    vectors = np.zeros((count, 2, _IMAGE_GROUP, 4, 4), np.int8)
    for channel, kernel in enumerate(taps):
        for row in (0, 1):
            vectors[channel // _IMAGE_GROUP, row, channel % _IMAGE_GROUP, :3, row : row + 3] = kernel.T
    quads = _quads(q, _IMAGE_GROUP)
    rows = tuple(
        f"{{{', '.join('{' + ', '.join(map(c.number, vector)) + '}' for vector in vectors[i].reshape(-1, VECTOR))}}}, "
        f"{{{', '.join('{' + ', '.join(map(c.number, lanes)) + '}' for lanes in quads[i].reshape(3, 4))}}}"
        for i in range(count)
    )
    entries = context.constant("table", table[0])
    groups = c.Constant(f"{context.name}_groups", np.zeros((count, 36), np.int32), "aot_image_group_mve_t", rows)
    fields = {
        "in_w": shape.input[1],
        "out_h": shape.output[0],
        "out_w": shape.output[1],
        "out_c": shape.output[2],
        "groups": groups.name,
        "table": f"{entries.name} + {table[1]}",
    }
    return Call(
        context.name,
        tuple(op.kind for op in context.layer.operators),
        context.layer.inputs[:1],
        context.layer.output,
        f"aot_conv_image_mve(&{context.name}_layer, $0, $scratch, $out);",
        (),
        ("aot_conv_image_mve.h",),
        (entries, groups),
        (c.structure("aot_image_mve_t", f"{context.name}_layer", fields),),
        scratch_bytes=4 * (-(-shape.input[1] // VECTOR) * VECTOR),
        macs=macs,
        reads_past=VECTOR - 1,
        writes_past=3,
    )


def _vectors(weights: NDArray[np.int8], kernel_rows: int) -> NDArray[np.int8]:
    """[channels, kernel_rows * run] -> by groups of 4 channels, the last of 1 to 4: [row][chunk][channel][16]."""
    runs = weights.reshape(len(weights), kernel_rows, -1)
    runs = np.pad(runs, ((0, 0), (0, 0), (0, -runs.shape[2] % VECTOR)))
    chunks = runs.reshape(len(weights), -1, VECTOR)
    return np.concatenate([np.moveaxis(chunks[at : at + 4], 0, 1).reshape(-1) for at in range(0, len(chunks), 4)])


def _general(context: Context, shape: Shape, q: Quantised, macs: int) -> Call:
    """aot_conv_mve.h: any kernel whose rows are runs."""
    quads = c.Constant(
        f"{context.name}_quads",
        _quads(q, 4),
        "aot_quad_mve_t",
        tuple(
            ", ".join("{" + ", ".join(map(c.number, lanes)) + "}" for lanes in quad.reshape(3, 4))
            for quad in _quads(q, 4)
        ),
    )
    arrays = [context.constant("weights", _vectors(q.weights, shape.window.kernel_h)), quads]
    table = following_table(context, q)
    if table is not None:
        arrays.append(context.constant("table", table))
    _, width, channels = shape.input
    pitch = width * channels
    if shape.padded:
        pitch = max(shape.window.pad_left * channels + pitch, shape.reach)
    fields: dict[str, Any] = shape.fields() | {
        "padded": int(shape.padded),
        "pitch": pitch,
        "run": shape.run,
        "chunks": -(-shape.run // VECTOR),
        "input_zero": context.input(0).zero_point,
        "output_zero": q.output_zero,
    }
    fields |= {constant.name.removeprefix(context.name + "_"): constant.name for constant in arrays}
    return Call(
        context.name,
        tuple(op.kind for op in context.layer.operators),
        context.layer.inputs[:1],
        context.layer.output,
        f"aot_conv_mve(&{context.name}_layer, $0, {'$scratch' if shape.padded else 'NULL'}, $out);",
        (),
        ("aot_conv_mve.h",),
        tuple(arrays),
        (c.structure("aot_conv_mve_t", f"{context.name}_layer", fields),),
        scratch_bytes=shape.rows * pitch + VECTOR - 1 if shape.padded else 0,
        macs=macs,
        reads_past=VECTOR - 1,
    )
