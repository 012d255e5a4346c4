"""int8 convolutions without a pool and dense layers as products of matrices on Armv8.1-M vectors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import ir
from toolkit.compiler.lower import mve, mve_gemm_form, mve_gemm_text, mve_text
from toolkit.compiler.lower.base import Call
from toolkit.compiler.lower.mve_text import NEAR, VECTOR
from toolkit.compiler.lower.shapes import Shape
from toolkit.compiler.lower.weighted import Weighted

_PATCHES = 8  # AOT_PATCHES
# Of a position, in one loop: what LE reaches.
_MOST_COPIES = 128
_MOST_WIDTH = 65_535


def gemm(layer: Weighted) -> Call | None:
    """aot_gemm_mve.h: any kernel whose rows are runs, without a pool."""
    context, q, shape = layer.context, layer.arithmetic, _flat(layer.shape)
    if layer.groups > 1 or context.layer.pool is not None or not shape.tiles or not mve.suits(context, q):
        return None
    small = context.target.optimise == "size"
    _, width, channels = shape.input
    pitch = width * channels
    if shape.padded:
        pitch = max(shape.window.pad_left * channels + pitch, shape.reach)
    patch = _patch(shape, len(q.bias))
    kernel_rows = 1 if patch else shape.window.kernel_h
    tiles = [
        tile
        for first, count, number in _groups(len(q.bias), small=small)
        for tile in mve_gemm_form.lanes(first, count, number)
    ]
    weights = np.concatenate([_vectors(q.weights[tile], kernel_rows) for tile in tiles])
    arrays = [context.constant("weights", weights), mve.quads(context, q, tiles)]
    table = mve.table(context, q)
    if table is not None:
        arrays.append(context.constant("table", table))
    chunks = patch // VECTOR if patch else -(-shape.run // VECTOR)
    step = shape.window.stride_w * channels
    next_row = shape.window.dilation_h * pitch
    form = mve_gemm_form.Form(
        rows=kernel_rows,
        chunks=chunks,
        next_row=next_row if kernel_rows > 1 else 0,
        apart=patch or step,
        channels=len(q.bias),
        pairs=shape.output[1] > 1,
        single=shape.output[1] % 2 == 1,
        signed=mve.halves_matter(context, q),
        zero=None if context.target.general else q.output_zero,
        table=table is not None,
        small=small,
    )
    fields: dict[str, Any] = {
        "shape": shape.fields(),
        "padded": int(shape.padded),
        "small": int(small),
        "pitch": pitch,
        "run": shape.run,
        "chunks": chunks,
        "patch": patch,
        "input_zero": context.input(0).zero_point,
        "output_zero": q.output_zero,
    }
    fields |= {constant.name.removeprefix(context.name + "_"): constant.name for constant in arrays}
    call = context.call("aot_gemm_mve", ("aot_gemm_mve_t", fields), (), "aot_gemm_mve.h", tuple(arrays), layer.macs)
    functions, gather = [mve_gemm_text.function(form)], "NULL"
    if patch:
        how = (shape.window.kernel_h, next_row, shape.run, step, patch)
        gather = mve_text.patches_name(*how)
        functions.append(mve_text.patches(*how))
    scratch = (shape.rows * pitch if shape.padded else 0) + _PATCHES * patch
    rows = "$scratch" if scratch else "NULL"
    body = f"aot_gemm_mve(&{context.name}_layer, {form.name}, {gather}, $0, {rows}, $out);"
    return replace(
        call,
        body=body,
        definitions=(*call.definitions, *functions),
        scratch_bytes=scratch + VECTOR - 1 if scratch else 0,
        reads_past=VECTOR - 1,
        behind=_behind(shape) if isinstance(layer.op, ir.Convolution) and shape is not layer.shape else None,
    )


def _flat(shape: Shape) -> Shape:
    """Of a 1x1 kernel the image as one row: positions are taken in twos."""
    w = shape.window
    in_h, in_w, channels = shape.input
    whole = (w.kernel_h, w.kernel_w, w.stride_h, w.stride_w) == (1, 1, 1, 1) and shape.conv == (in_h, in_w)
    if not whole or shape.padded or shape.output[:2] != shape.conv or in_h * in_w > _MOST_WIDTH:
        return shape
    row = (1, in_h * in_w)
    return replace(shape, input=(*row, channels), conv=row, output=(*row, shape.output[2]))


def _behind(shape: Shape) -> int:
    """`Call.behind` of an image that is one row: of two positions the first channels are written, then both are read
    for the next ones."""
    _, count, channels = shape.input
    column = replace(shape, input=(count, 1, channels), conv=(count, 1), output=(count, 1, shape.output[2]))
    return column.behind(1, rows=2)


def _groups(channels: int, *, small: bool) -> list[tuple[int, int, int]]:
    """First channel, number of channels and number of tiles of each group."""
    found, first = [], 0
    for count, tiles in mve_gemm_form.groups(channels, small=small):
        found.append((first, count, tiles))
        first += count
    return found


def _patch(shape: Shape, channels: int) -> int:
    """Bytes of a position's patch, if it is gathered; 0 where that would not save instructions, or be far."""
    rows, vectors = shape.window.kernel_h, -(-shape.run // VECTOR)
    chunks = -(-rows * shape.run // VECTOR)
    last = VECTOR * chunks - (rows - 1) * shape.run - VECTOR * (vectors - 1)
    if rows == 1 or rows * vectors > _MOST_COPIES or abs(last) > NEAR:
        return 0
    # Seven instructions a vector, a position and four channels.
    saved = (rows * vectors - chunks) * 7 * -(-channels // 4)
    return VECTOR * chunks if saved > 2 * rows * vectors + 6 else 0


def _vectors(weights: NDArray[np.int8], kernel_rows: int) -> NDArray[np.int8]:
    """[channels, kernel_rows * run] -> [row][chunk][channel][16]."""
    runs = weights.reshape(len(weights), kernel_rows, -1)
    runs = np.pad(runs, ((0, 0), (0, 0), (0, -runs.shape[2] % VECTOR)))
    return np.moveaxis(runs.reshape(len(weights), -1, VECTOR), 0, 1).reshape(-1)
