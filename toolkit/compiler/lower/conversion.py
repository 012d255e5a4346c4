"""QUANTIZE and DEQUANTIZE between types: what a network's ends need that are not int8.

Sources: tensorflow/lite/micro/kernels/{quantize_common,dequantize}.cc and the reference headers that they call.
"""

from __future__ import annotations

import dataclasses

from toolkit.compiler import fixedpoint, ir, tables
from toolkit.compiler.c import number
from toolkit.compiler.ir import ElementType, Tensor
from toolkit.compiler.lower.base import Call, Context, placed
from toolkit.errors import ModelError

_SHORT = {ElementType.INT8: "s8", ElementType.INT16: "s16", ElementType.INT32: "s32"}
_LIMITS = {
    ElementType.INT8: (-128, 127),
    ElementType.UINT8: (0, 255),
    ElementType.INT16: (-(1 << 15), (1 << 15) - 1),
    ElementType.INT32: (-(1 << 31), (1 << 31) - 1),
}
_REAL = {
    ("QUANTIZE", ElementType.INT8): ("aot_quantise", "aot_quantise.c"),
    ("QUANTIZE", ElementType.INT16): ("aot_quantise_s16", "aot_quantise_s16.c"),
    ("DEQUANTIZE", ElementType.INT8): ("aot_dequantise", "aot_quantise.c"),
    ("DEQUANTIZE", ElementType.UINT8): ("aot_dequantise_u8", "aot_dequantise_u8.c"),
    ("DEQUANTIZE", ElementType.INT16): ("aot_dequantise_s16", "aot_quantise_s16.c"),
}
"""From float32, or to it: the kernel and its file."""
_BYTES = ({ElementType.INT8, ElementType.UINT8}, {ElementType.INT8})
_RESCALED = {
    (ElementType.INT8, ElementType.INT16),
    (ElementType.INT8, ElementType.INT32),
    (ElementType.INT16, ElementType.INT8),
    (ElementType.INT16, ElementType.INT16),
    (ElementType.INT16, ElementType.INT32),
}


def between(context: Context, op: ir.Unary) -> Call:
    """The layer from one type to another.

    Raises:
        ModelError: the reference has no such kernel, or this compiler has not, or its arithmetic would overflow.
    """
    source, output = context.input(0), context.output
    kinds = (source.dtype, output.dtype)
    quantised, real = (output, source) if op.kind == "QUANTIZE" else (source, output)
    for (kind, dtype), (name, file) in _REAL.items():
        if (op.kind, quantised.dtype, real.dtype) == (kind, dtype, ElementType.FLOAT32):
            _check(quantised)
            body = f"{name}({number(float(quantised.scale))}, {quantised.zero_point}, {source.size}u, $0, $out);"
            return _call(context, body, file, "aot_quantise.h")
    if op.kind == "QUANTIZE" and set(kinds) in _BYTES:
        _check(source, output)
        table = context.constant("table", tables.requantised(source, output))
        body = f"aot_table_s8({table.name}, {source.size}u, (const int8_t *)$0, (int8_t *)$out);"
        call = _call(context, body, "aot_table_s8.c", "aot_elementwise.h")
        return dataclasses.replace(call, constants=(table,), in_place=(0,))
    for pair in _RESCALED:
        if op.kind == "QUANTIZE" and kinds == pair:
            return _rescale(context, source, output, pair)
    raise ModelError(
        f"{op.kind} from {source.dtype} to {output.dtype} is not supported by aot", "see docs/compiler.md for its types"
    )


def _check(*tensors: Tensor) -> None:
    """One scale, and a zero point that the type holds.

    Raises:
        ModelError: a tensor has not.
    """
    for tensor in tensors:
        kind = tensor.dtype
        if kind is None or tensor.quantisation is None or len(tensor.quantisation.scale) != 1 or tensor.scale <= 0:
            raise ModelError(f"{kind} tensor {tensor.name} has no per-tensor scale", "convert it again")
        low, high = _LIMITS[kind]
        if not low <= tensor.zero_point <= high:
            raise ModelError(f"{kind} tensor {tensor.name} has zero point {tensor.zero_point}", "convert it again")


def _rescale(context: Context, source: Tensor, output: Tensor, kinds: tuple[ElementType, ElementType]) -> Call:
    """aot_rescale.c."""
    _check(source, output)
    multiplier, shift = fixedpoint.quantize_multiplier(float(source.scale) / float(output.scale))
    low, high = _LIMITS[kinds[0]]
    reach = max(high - source.zero_point, source.zero_point - low) << max(shift, 0)
    if reach + abs(output.zero_point) >= 1 << 31:
        raise ModelError(
            f"QUANTIZE: {source.name} scaled to {output.name} leaves 32 bits",
            "the reference overflows; calibrate the model again",
        )
    fields = {
        "multiplier": multiplier,
        "input_zero": source.zero_point,
        "output_zero": output.zero_point,
        "shift": shift,
    }
    body = f"aot_rescale_{_SHORT[kinds[0]]}_{_SHORT[kinds[1]]}(&{context.name}_layer, {source.size}u, $0, $out);"
    return placed(
        context, body, ("aot_rescale_t", fields), ("aot_rescale.c",), "aot_rescale.h", inputs=context.layer.inputs[:1]
    )


def _call(context: Context, body: str, kernel: str, header: str) -> Call:
    return Call(
        context.name, (context.first.kind,), context.layer.inputs[:1], context.layer.output, body, (kernel,), (header,)
    )
