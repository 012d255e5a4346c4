"""QUANTIZE, DEQUANTIZE and CAST.

Sources: tensorflow/lite/micro/kernels/{quantize,dequantize,cast}*.cc and tensorflow/lite/kernels/internal/reference/
{quantize.h,requantize.h,dequantize.h}.
"""

from __future__ import annotations

import numpy as np

from toolkit.reference.exact import fixed
from toolkit.reference.exact.node import NUMPY, Array, Kernel, Node, Values, given

_REQUANTISED = {
    ("int8", "int8"), ("int8", "uint8"), ("int8", "int16"), ("int8", "int32"), ("uint8", "int8"), ("int16", "int8"),
    ("int16", "int16"), ("int16", "int32"), ("int32", "int8"), ("int32", "int16"),
}  # fmt: skip
_CAST = ("int8", "int16", "int32", "float32")


def quantize(node: Node, values: Values) -> list[Array]:
    """QUANTIZE: from float32, divided in single precision; or from one integer type to another."""
    x = given(node, values, 0)
    source, output = node.input(0), node.output
    kinds = (source.type, output.type)
    if kinds[0] == "float32" and kinds[1] in ("int8", "int16"):
        steps = (x / np.float32(node.scale(output))).astype(np.float64)
        whole = np.sign(steps) * np.floor(np.abs(steps) + 0.5)
        # What is no int32 becomes the least of them on x86, as the wheel has it.
        fits = (whole >= fixed.INT32_MIN) & (whole <= fixed.INT32_MAX)
        made = np.where(fits, whole, float(fixed.INT32_MIN)).astype(np.int64) + node.zero(output)
        limits = np.iinfo(NUMPY[output.type])
        return [fixed.clipped(fixed.wrapped(made), int(limits.min), int(limits.max), output.type)]
    if kinds not in _REQUANTISED:
        raise node.cannot(f"is not known from {kinds[0]} to {kinds[1]}")
    m, shift = node.multiplier(node.scale(source) / node.scale(output))
    scaled = fixed.rescale(fixed.wrapped(x.astype(np.int64) - node.zero(source)), m, shift) + node.zero(output)
    limits = np.iinfo(NUMPY[output.type])
    return [fixed.clipped(fixed.wrapped(scaled), int(limits.min), int(limits.max), output.type)]


def dequantize(node: Node, values: Values) -> list[Array]:
    """DEQUANTIZE to float32: the product in double precision, rounded once."""
    x = given(node, values, 0)
    if x.dtype not in (np.int8, np.int16, np.uint8) or node.output.type != "float32":
        raise node.cannot(f"is not known from {x.dtype} to {node.output.type}")
    source = node.input(0)
    return [(node.scale(source) * (x.astype(np.int64) - node.zero(source))).astype(np.float32)]


def cast(node: Node, values: Values) -> list[Array]:
    """CAST; the locked interpreter cuts a real number off and saturates it, a NaN is 0 (older sources: undefined)."""
    x = given(node, values, 0)
    if node.input(0).type not in (*_CAST, "bool") or node.output.type not in _CAST:
        raise node.cannot(f"is not known from {x.dtype} to {node.output.type}")
    if x.dtype == np.float32 and node.output.type != "float32":
        limits = np.iinfo(NUMPY[node.output.type])
        whole = np.trunc(np.where(np.isnan(x), 0.0, x.astype(np.float64)))
        x = np.clip(whole, limits.min, limits.max).astype(np.int64)
    return [x.astype(NUMPY[node.output.type])]


KERNELS: dict[str, Kernel] = {"QUANTIZE": quantize, "DEQUANTIZE": dequantize, "CAST": cast}
