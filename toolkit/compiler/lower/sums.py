"""Means over a whole image that are added up row by row: MEAN over height and width, a pool as large as the image."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from toolkit.compiler import c, fixedpoint, ir, tables
from toolkit.compiler.lower.base import Call, Context
from toolkit.errors import ModelError

SUM_BYTES = 4
_VECTOR = 16
_HEADER, _KERNEL = "aot_row_sums.h", "aot_row_sums.c"


def by_row(context: Context) -> tuple[Call, Call] | None:
    """The call that adds a row to the sums, and the one that makes the mean of them; None: it is no such layer.

    In both the sums are $sums.
    """
    op, source, output = context.first, context.input(0), context.output
    if len(source.shape) != 4 or source.shape[0] != 1 or len(context.layer.operators) != 1:
        return None
    if not isinstance(op, ir.Reduce | ir.Pool) or output.size != source.shape[3]:
        return None
    try:
        if not context.is_int8(source, output):
            return None
    except ModelError:
        return None
    made = _mean(op, context) if isinstance(op, ir.Reduce) else _average(op, context)
    if made is None:
        return None
    kind, kernel, fields = made
    _, _, width, channels = source.shape
    if max(width, channels) > 0xFFFF:
        return None
    name, inputs = context.name, context.layer.inputs[:1]
    own = context.target.isa.add_row
    adds = f"(void)row;\n{own or 'aot_add_row_s8'}({width}u, {channels}u, $0, $sums);"
    row = Call(
        f"{name}_row",
        (op.kind,),
        inputs,
        context.layer.output,
        adds,
        (_KERNEL, *((f"{own}.c",) if own else ())),
        (_HEADER, *((f"{own}.h",) if own else ())),
        reads_past=_VECTOR - 1 if own else 0,
        sums_bytes=SUM_BYTES * (-(-channels // _VECTOR) * _VECTOR if own else channels),
    )
    body = f"{kernel}(&{name}_layer, $sums, $out);"
    definition = c.structure(kind, f"{name}_layer", fields | {"channels": channels})
    last = replace(row, name=name, inputs=(), body=body, definitions=(definition,), reads_past=0)
    return row, last


def whole(context: Context, _: ir.Operator) -> Call | None:
    """The same of an image that lies whole, by the instruction set's own kernel; None: it is no such layer."""
    calls, source = by_row(context), context.input(0)
    if calls is None or source.data is not None:
        return None
    row, last = calls
    height, width, channels = source.shape[1:]
    if height * width > 0xFFFF:
        return None
    adds = f"{context.target.isa.sum_rows}({height * width}u, {channels}u, $0, $scratch);"
    body = f"{adds}\n{last.body.replace('$sums', '$scratch')}"
    return replace(
        last,
        inputs=row.inputs,
        body=body,
        scratch_bytes=last.sums_bytes,
        sums_bytes=0,
        reads_past=row.reads_past,
    )


def _mean(op: ir.Reduce, context: Context) -> tuple[str, str, dict[str, Any]] | None:
    source, output = context.input(0), context.output
    if op.kind != "MEAN" or op.axes != (1, 2):
        return None
    count = source.shape[1] * source.shape[2]
    multiplier, shift = fixedpoint.quantize_multiplier(float(source.scale) / float(output.scale))
    more = min(count.bit_length() - 1, 32, 31 + shift)
    multiplier, shift = (multiplier << more) // count, shift - more
    fields = {
        "offset": source.zero_point * count,
        "multiplier": multiplier,
        "shift": shift,
        "output_zero": output.zero_point,
    }
    return "aot_mean_sums_s8_t", "aot_mean_sums_s8", fields


def _average(op: ir.Pool, context: Context) -> tuple[str, str, dict[str, Any]] | None:
    source, output = context.input(0), context.output
    w = op.window
    all_of_it = (w.kernel_h, w.kernel_w) == source.shape[1:3] and not w.pad_top and not w.pad_left
    if op.kind != "AVERAGE_POOL_2D" or not all_of_it or source.quantisation != output.quantisation:
        return None
    low, high = tables.activation_range(op.activation, output)
    fields = {"count": source.shape[1] * source.shape[2], "low": low, "high": high}
    return "aot_average_sums_s8_t", "aot_average_sums_s8", fields
