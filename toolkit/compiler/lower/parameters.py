"""The constants that every convolution and dense kernel takes, as arrays and as members of its parameter struct."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler.c import Constant
from toolkit.compiler.lower.base import Context, float_fields
from toolkit.compiler.lower.quantised import Quantised
from toolkit.errors import ModelError

Parameters = tuple[dict[str, Any], tuple[Constant, ...]]
"""Members of the struct by name, and the arrays that they point to."""


def of_int8(context: Context, q: Quantised, weights: NDArray[Any]) -> Parameters:
    """Those of the portable int8 kernels; `weights` in the kernel's own order."""
    constants = [
        context.constant("weights", weights),
        context.constant("bias", q.bias),
        context.constant("multiplier", q.multiplier),
        context.constant("shift", q.shift),
    ]
    if context.layer.table is not None:
        constants.append(context.constant("table", context.layer.table))
    fields: dict[str, Any] = members(context, constants)
    fields["output_zero"] = q.output_zero
    return fields | {"low": q.low, "high": q.high}, tuple(constants)


def plain_shifts(q: Quantised) -> bool:
    """Whether aot_scale_s8.h scales every sum of the layer."""
    return bool((q.shift <= -1).all() and (q.shift >= -22).all() and (q.reach < 1 << 30).all())


def of_float(context: Context, weights: NDArray[Any], biases: NDArray[np.float32]) -> Parameters:
    """Those of the portable float32 kernels; `weights` in the kernel's own order."""
    constants = (context.constant("weights", weights), context.constant("bias", biases))
    return members(context, constants) | float_fields(context.layer.activation), constants


def members(context: Context, constants: tuple[Constant, ...] | list[Constant]) -> dict[str, Any]:
    """The struct's member for each array of the layer, which is named after it."""
    return {constant.name.removeprefix(context.name + "_"): constant.name for constant in constants}


def bias(context: Context, channels: int) -> NDArray[np.float32]:
    """The float32 bias, [channels]; zeros if the layer has none.

    Raises:
        ModelError: it is of another type.
    """
    index = context.first.inputs[2]
    found = np.zeros(channels, np.float32) if index < 0 else context.graph.tensors[index].constant
    if found.dtype != np.float32:
        raise ModelError(
            f"{context.first.kind} on float32 with an {found.dtype} bias is not supported", "convert again"
        )
    return np.asarray(found.reshape(-1), np.float32)
