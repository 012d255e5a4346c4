"""Operators that only move elements: PAD, CONCATENATION, TRANSPOSE."""

from __future__ import annotations

from toolkit.compiler import c, ir
from toolkit.compiler.ir import Activation
from toolkit.compiler.lower import nest
from toolkit.compiler.lower.base import Call, Context
from toolkit.errors import ModelError


def _suffix(context: Context, *places: int) -> str:
    tensors = [context.input(place) for place in places]
    return "s8" if context.is_int8(*tensors, context.output) else "f32"


def pad(context: Context, op: ir.Pad) -> Call:
    """PAD and PADV2: fill, then place the input in the middle."""
    source, output = context.input(0), context.output
    kind = _suffix(context, 0)
    steps = nest.strides(output.shape)
    start = sum(before * step for (before, _), step in zip(op.paddings, steps, strict=True))
    fields = nest.fields(op.kind, source.shape, nest.strides(source.shape), steps)
    value = c.number(op.value if kind == "f32" else int(op.value))
    return Call(
        context.name,
        (op.kind,),
        context.layer.inputs,
        op.output,
        f"aot_fill_{kind}({value}, {output.size}u, $out);\n"
        f"aot_place_{kind}(&{context.name}_layer, $0, $out + {start});",
        (f"aot_move_{kind}.c",),
        ("aot_move.h",),
        definitions=(c.structure("aot_nest_t", f"{context.name}_layer", fields),),
    )


def concatenation(context: Context, op: ir.Concatenation) -> Call:
    """CONCATENATION: each input placed where it belongs."""
    places = range(len(op.inputs))
    kind = _suffix(context, *places)
    output = context.output
    if op.activation is not Activation.NONE:
        raise ModelError(f"CONCATENATION with a fused {op.activation} is not supported", "put the activation before it")
    if kind == "s8" and any(context.input(p).quantisation != output.quantisation for p in places):
        raise ModelError(
            "CONCATENATION of int8 tensors with different scales is not supported", "the reference refuses it too"
        )
    steps = nest.strides(output.shape)
    body, definitions, start = [], [], 0
    for place in places:
        shape = context.input(place).shape
        name = f"{context.name}_part{place}"
        definitions.append(c.structure("aot_nest_t", name, nest.fields(op.kind, shape, nest.strides(shape), steps)))
        body.append(f"aot_place_{kind}(&{name}, ${place}, $out + {start});")
        start += shape[op.axis] * steps[op.axis]
    return Call(
        context.name,
        (op.kind,),
        context.layer.inputs,
        op.output,
        "\n".join(body),
        (f"aot_move_{kind}.c",),
        ("aot_move.h",),
        definitions=tuple(definitions),
    )


def transpose(context: Context, op: ir.Transpose) -> Call:
    """TRANSPOSE."""
    source, output = context.input(0), context.output
    kind = _suffix(context, 0)
    steps = nest.strides(source.shape)
    sizes, (walked,) = nest.merged(output.shape, [steps[d] for d in op.permutation])
    fill = nest.TRANSPOSE_LOOPS - len(sizes)
    if fill < 0:
        raise ModelError(
            f"TRANSPOSE of {list(source.shape)} by {list(op.permutation)}", "at most 6 loops are supported"
        )
    fields = {"size": nest.array([1] * fill + sizes), "stride": nest.array([0] * fill + walked)}
    return context.call(f"aot_transpose_{kind}", ("aot_transpose_t", fields), (f"aot_move_{kind}.c",), "aot_move.h")
