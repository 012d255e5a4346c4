"""Layers that are one operator: element-wise functions, pools that could not be fused, softmax."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toolkit.compiler import fixedpoint, ir, tables
from toolkit.compiler.c import Constant, number
from toolkit.compiler.fuse import FLOAT_CLAMPS, FloatActivation
from toolkit.compiler.ir import ElementType
from toolkit.compiler.lower import conversion
from toolkit.compiler.lower.base import Call, Context, channelwise_fields, float_fields
from toolkit.compiler.lower.shapes import Shape
from toolkit.errors import ModelError

_SOFTMAX_OUTPUT = (np.float32(1 / 256), -128)
# The fixed-point sum has 12 integer bits.
_LARGEST_SOFTMAX = 4095


_FLOAT_FUNCTIONS = {
    "LOGISTIC": "aot_logistic",
    "TANH": "aot_tanh",
    "HARD_SWISH": "aot_hard_swish",
    "SQRT": "aot_sqrt",
    "RSQRT": "aot_rsqrt",
    "SQUARE": "aot_square",
    "EXP": "aot_exp_f32",
    "ABS": "aot_abs",
    "NEG": "aot_neg",
}


def unary(context: Context, op: ir.Unary) -> Call:
    """Element-wise functions: a table on int8, a kernel each on float32."""
    source, output = context.input(0), context.output
    if op.kind in ("QUANTIZE", "DEQUANTIZE") and {source.dtype, output.dtype} != {ElementType.INT8}:
        return conversion.between(context, op)
    if context.is_int8(source, output):
        table = context.constant("table", tables.unary_table(op, source, output))
        body = f"aot_table_s8({table.name}, {source.size}u, $0, $out);"
        return _elementwise(context, body, ("aot_table_s8.c",), constants=(table,))
    if op.kind in _FLOAT_FUNCTIONS:
        body = f"aot_map_f32({_FLOAT_FUNCTIONS[op.kind]}, {source.size}u, $0, $out);"
        return _elementwise(context, body, ("aot_map_f32.c", "aot_exp_f32.c"), ("aot_elementwise.h", "aot_float.h"))
    if op.kind == "LEAKY_RELU":
        activation = FloatActivation(slope=op.alpha)
    elif op.kind in FLOAT_CLAMPS:
        low, high = FLOAT_CLAMPS[op.kind]
        activation = FloatActivation(low=low, high=high)
    else:
        raise ModelError(f"operator {op.kind} is not supported on float32", "it is on int8")
    values = ", ".join(number(v) for v in float_fields(activation).values())
    body = f"aot_activation_f32({values}, {source.size}u, $0, $out);"
    return _elementwise(context, body, ("aot_activation_f32.c",))


def _elementwise(
    context: Context,
    body: str,
    kernels: tuple[str, ...],
    headers: tuple[str, ...] = ("aot_elementwise.h",),
    constants: tuple[Constant, ...] = (),
    in_place: tuple[int, ...] = (0,),
) -> Call:
    kinds, inputs = (context.first.kind,), context.layer.inputs[:1]
    return Call(context.name, kinds, inputs, context.layer.output, body, kernels, headers, constants, in_place=in_place)


def pool(context: Context, op: ir.Pool) -> Call:
    """MAX_POOL_2D and AVERAGE_POOL_2D that stand alone."""
    source, output = context.input(0), context.output
    shape = {"shape": channelwise_fields(source, output.shape[1:3], op.window)}
    _, in_h, in_w, channels = source.shape
    _, out_h, out_w, _ = output.shape
    moved = Shape((in_h, in_w, channels), (out_h, out_w), (out_h, out_w, channels), op.window)
    behind = moved.behind(source.bytes // source.size)
    word = "max" if op.kind == "MAX_POOL_2D" else "average"
    if context.is_int8(source, output):
        if source.quantisation != output.quantisation:
            raise ModelError(f"{op.kind}: input and output are quantised differently", "convert the model again")
        low, high = tables.activation_range(op.activation, output)
        fields: dict[str, object] = shape | {"low": low, "high": high}
        call = context.call(f"aot_{word}_pool_s8", ("aot_pool_s8_t", fields), ("aot_pool_s8.c",), "aot_pool.h")
        return replace(call, behind=behind)
    limits = FloatActivation(1.0, *FLOAT_CLAMPS[op.activation.value])
    fields = shape | {k: v for k, v in float_fields(limits).items() if k != "slope"}
    call = context.call(f"aot_{word}_pool_f32", ("aot_pool_f32_t", fields), ("aot_pool_f32.c",), "aot_pool.h")
    return replace(call, behind=behind)


def softmax(context: Context, op: ir.Softmax) -> Call:
    """SOFTMAX."""
    source, output = context.input(0), context.output
    depth = source.shape[-1]
    rows = source.size // depth
    if max(rows, depth) > 65_535:
        raise ModelError(f"{op.kind} of {list(source.shape)} is too large", "at most 65535 rows and elements each")
    if not context.is_int8(source, output):
        return Call(
            context.name, (op.kind,), context.layer.inputs[:1], op.output,
            f"aot_softmax_f32({rows}, {depth}, {number(float(op.beta))}, $0, $out);",
            ("aot_softmax_f32.c", "aot_exp_f32.c"), ("aot_softmax.h",), in_place=(0,),
        )  # fmt: skip
    if (output.scale, output.zero_point) != _SOFTMAX_OUTPUT or depth > _LARGEST_SOFTMAX:
        raise ModelError(
            f"SOFTMAX: output scale {output.scale}, zero point {output.zero_point}, {depth} elements is not supported",
            f"scale 1/256, zero point -128 and at most {_LARGEST_SOFTMAX} elements are",
        )
    # PreprocessSoftmaxScaling checks that its multiplier is above 1; the interpreter aborts where it is not.
    if float(np.float32(op.beta)) * float(source.scale) * (1 << 26) <= 1.0:
        raise ModelError(
            f"SOFTMAX: input scale {source.scale} is too small", "the reference refuses it; train the model"
        )
    multiplier, shift, smallest = fixedpoint.softmax_multiplier(float(source.scale), float(np.float32(op.beta)))
    differences = -np.arange(0, min(255, -smallest) + 1, dtype=np.int64)
    exponentials = fixedpoint.exp_on_negative(fixedpoint.multiply(differences, multiplier, shift), 5)
    # Below 2**11 an exponential adds nothing to the sum (it is divided by 2**12) and gives nothing (by 2**23 or more).
    exponentials = exponentials[: int(np.count_nonzero(exponentials >= 1 << 11))]
    table = context.constant("exponentials", exponentials.astype(np.int32))
    fields = {"rows": rows, "depth": depth, "exponentials": table.name, "entries": len(exponentials)}
    return context.call(
        "aot_softmax_s8", ("aot_softmax_s8_t", fields), ("aot_softmax_s8.c",), "aot_softmax.h", (table,), in_place=(0,)
    )
