"""Arithmetic on two tensors, reductions and matrix products.

Sources of the int8 constants: tensorflow/lite/micro/kernels/{add_common,sub_common,mul_common,reduce_common,
batch_matmul}.cc and reference_ops::QuantizedMeanOrSum.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import fixedpoint, ir, tables
from toolkit.compiler.fuse import FLOAT_CLAMPS, FloatActivation
from toolkit.compiler.ir import Tensor
from toolkit.compiler.lower import nest
from toolkit.compiler.lower.base import Call, Context, float_fields, placed
from toolkit.errors import ModelError

_LEFT_SHIFT = 20
_WORTH_TABLES = 2048
"""Output elements from which two tables of a kilobyte each are worth their flash."""


def binary(context: Context, op: ir.Binary, sums: str = "aot_add_tables_s8", place: str = "aot_add_tables") -> Call:
    """ADD, SUB, MUL and DIV with broadcasting.

    Args:
        sums: the kernel for int8 sums whose operands are looked up, a function on `aot_add_tables_t`.
        place: its files, without their endings.
    """
    a, b, output = context.input(0), context.input(1), context.output
    shape = output.shape
    loops = nest.fields(op.kind, shape, nest.broadcast_strides(a.shape, shape), nest.broadcast_strides(b.shape, shape))
    in_place = tuple(place for place, t in enumerate((a, b)) if t.shape == shape)
    if context.is_int8(a, b, output):
        if op.kind == "DIV":
            raise ModelError(
                "DIV on int8 is not supported", "its reference is undefined for small dividends; use float32"
            )
        low, high = tables.activation_range(op.activation, output)
        fields: dict[str, Any] = {
            "nest": loops,
            "a_zero": a.zero_point,
            "b_zero": b.zero_point,
            "output_zero": output.zero_point,
            "low": low,
            "high": high,
        }
        if op.kind != "MUL":
            by_tables = _by_tables(context, op.kind, fields, in_place, sums, place)
            if by_tables is not None:
                return by_tables
        fields |= _product(a, b, output) if op.kind == "MUL" else _sum(op.kind, a, b, output)
        name = "mul" if op.kind == "MUL" else "add"
        return _call(context, f"aot_{name}_s8", "aot_arithmetic_s8", fields, in_place)
    limits = float_fields(FloatActivation(1.0, *FLOAT_CLAMPS[op.activation.value]))
    fields = {"nest": loops, "low": limits["low"], "high": limits["high"]}
    return _call(context, f"aot_{op.kind.lower()}_f32", "aot_arithmetic_f32", fields, in_place)


def _call(context: Context, function: str, family: str, fields: dict[str, Any], in_place: tuple[int, ...]) -> Call:
    body = f"{function}(&{context.name}_layer, $0, $1, $out);"
    parameters = (f"{family}_t", fields)
    return placed(
        context, body, parameters, (f"{family}.c",), "aot_arithmetic.h", inputs=context.layer.inputs, in_place=in_place
    )


def _smaller_than_one(kind: str, real: float) -> tuple[int, int]:
    multiplier, shift = fixedpoint.quantize_multiplier(real) if 0 < real < 1 else (0, 1)
    if shift > 0:  # just below 1 it is rounded to 1
        raise ModelError(f"{kind}: its scales need a multiplier of {real}", "the reference refuses it; calibrate again")
    return multiplier, shift


def _sum(kind: str, a: Tensor, b: Tensor, output: Tensor) -> dict[str, int]:
    twice = 2 * float(max(a.scale, b.scale))
    reals = (float(a.scale) / twice, float(b.scale) / twice, twice / ((1 << _LEFT_SHIFT) * float(output.scale)))
    (first, first_shift), (second, second_shift), (out, out_shift) = (_smaller_than_one(kind, r) for r in reals)
    return {
        "a_multiplier": first,
        "b_multiplier": second if kind == "ADD" else -second,
        "output_multiplier": out,
        "a_shift": first_shift,
        "b_shift": second_shift,
        "output_shift": out_shift,
    }


def _by_tables(
    context: Context, kind: str, fields: dict[str, Any], in_place: tuple[int, ...], function: str, place: str
) -> Call | None:
    """aot_add_tables.h: each operand's part of a sum as a table of 256.

    None where the tables would take more flash than the sum is worth, or are no data.
    """
    a, b, output = context.input(0), context.input(1), context.output
    target = context.target
    if target.optimise == "size" or not target.isa.constants_are_data or output.size * target.rows < _WORTH_TABLES:
        return None
    q = _sum(kind, a, b, output)
    right = -q["output_shift"]
    if right < 1:
        return None

    def table(zero: int, multiplier: int, shift: int) -> NDArray[np.int32]:
        wide = (fixedpoint.integers() - zero) << _LEFT_SHIFT
        scaled = fixedpoint.rounding_divide(fixedpoint.doubling_high_multiply(wide, abs(multiplier)), -shift)
        return (2 * scaled * (1 if multiplier > 0 else -1)).astype(np.int32)

    arrays = (
        context.constant("a_table", table(a.zero_point, q["a_multiplier"], q["a_shift"])),
        context.constant("b_table", table(b.zero_point, q["b_multiplier"], q["b_shift"])),
    )
    own = {name: fields[name] for name in ("nest", "output_zero", "low", "high")}
    own |= {"a_table": f"{arrays[0].name} + 128", "b_table": f"{arrays[1].name} + 128"}
    own |= {"multiplier": q["output_multiplier"], "half": 1 << (right - 1), "right": right}
    return placed(
        context,
        f"{function}(&{context.name}_layer, $0, $1, $out);",
        ("aot_add_tables_t", own),
        (f"{place}.c",),
        f"{place}.h",
        arrays,
        inputs=context.layer.inputs,
        in_place=in_place,
    )


def _product(a: Tensor, b: Tensor, output: Tensor) -> dict[str, int]:
    multiplier, shift = fixedpoint.quantize_multiplier(float(a.scale) * float(b.scale) / float(output.scale))
    if 255 * 255 << max(shift, 0) >= 1 << 31:
        raise ModelError("MUL: its products may leave 32 bits", "calibrate the model again")
    return {"output_multiplier": multiplier, "output_shift": shift}


def reduce(context: Context, op: ir.Reduce) -> Call:
    """MEAN and SUM."""
    source, output = context.input(0), context.output
    steps = nest.strides(source.shape)
    kept = [d for d in range(len(source.shape)) if d not in op.axes]
    count = math.prod(source.shape[d] for d in op.axes)
    loops = {
        "kept": nest.fields(op.kind, [source.shape[d] for d in kept], [steps[d] for d in kept]),
        "reduced": nest.fields(op.kind, [source.shape[d] for d in op.axes], [steps[d] for d in op.axes]),
    }
    if context.is_int8(source, output):
        multiplier, shift = fixedpoint.quantize_multiplier(float(source.scale) / float(output.scale))
        if op.kind == "MEAN":
            more = min(count.bit_length() - 1, 32, 31 + shift)
            multiplier, shift = (multiplier << more) // count, shift - more
        if 255 * count << max(shift, 0) >= 1 << 31:
            raise ModelError(f"{op.kind} over {count} elements may leave 32 bits", "reduce fewer elements")
        fields: dict[str, Any] = loops | {
            "offset": source.zero_point * count,
            "multiplier": multiplier,
            "shift": shift,
            "output_zero": output.zero_point,
        }
        return context.call("aot_reduce_s8", ("aot_reduce_s8_t", fields), ("aot_reduce_s8.c",), "aot_reduce.h")
    fields = loops | {"divisor": float(count if op.kind == "MEAN" else 1)}
    return context.call("aot_reduce_f32", ("aot_reduce_f32_t", fields), ("aot_reduce_f32.c",), "aot_reduce.h")


def matmul(context: Context, op: ir.BatchMatMul) -> Call:
    """BATCH_MATMUL."""
    a, b, output = context.input(0), context.input(1), context.output
    batch = output.shape[:-2]
    rows, columns = output.shape[-2:]
    inner = a.shape[-2] if op.transpose_a else a.shape[-1]
    size_a, size_b = rows * inner, inner * columns
    loops = nest.fields(
        op.kind,
        batch,
        [s * size_a for s in nest.broadcast_strides(a.shape[:-2], batch)],
        [s * size_b for s in nest.broadcast_strides(b.shape[:-2], batch)],
    )
    shape: dict[str, Any] = {"batch": loops, "rows": rows, "inner": inner, "columns": columns}
    shape |= {"a_row": 1, "a_inner": rows} if op.transpose_a else {"a_row": inner, "a_inner": 1}
    shape |= {"b_inner": 1, "b_column": inner} if op.transpose_b else {"b_inner": columns, "b_column": 1}
    inputs = context.layer.inputs
    macs = output.size * inner
    if context.is_int8(a, b, output):
        multiplier, shift = fixedpoint.quantize_multiplier(float(a.scale) * float(b.scale) / float(output.scale))
        if 255 * 255 * inner << max(shift, 0) >= 1 << 31:
            raise ModelError("BATCH_MATMUL: its sums may leave 32 bits", "calibrate the model again")
        fields: dict[str, Any] = {"shape": shape, "a_zero": a.zero_point, "b_zero": b.zero_point}
        fields |= {"output_zero": output.zero_point, "shift": shift, "multiplier": multiplier}
        return placed(
            context, f"aot_matmul_s8(&{context.name}_layer, $0, $1, $out);", ("aot_matmul_s8_t", fields),
            ("aot_matmul_s8.c",), "aot_matmul.h", inputs=inputs, macs=macs,
        )  # fmt: skip
    return placed(
        context, f"aot_matmul_f32(&{context.name}_layer, $0, $1, $out);", ("aot_matmul_shape_t", shape),
        ("aot_matmul_f32.c",), "aot_matmul.h", inputs=inputs, macs=macs,
    )  # fmt: skip
