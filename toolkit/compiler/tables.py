"""Element-wise int8 functions as tables of 256, computed as TFLM's reference kernels compute them.

Sources: tensorflow/lite/micro/kernels/{leaky_relu_common,activations_common,quantize_common}.cc and the reference
headers that they call.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import fixedpoint
from toolkit.compiler.fixedpoint import Ints
from toolkit.compiler.ir import Activation, Tensor, Unary
from toolkit.errors import ModelError

Table = NDArray[np.int8]

IDENTITY: Table = np.arange(-128, 128).astype(np.int8)


def _saturated(values: Ints) -> Table:
    return np.clip(values, -128, 127).astype(np.int8)


def _rescaled(x: Ints, real: float) -> Ints:
    multiplier, shift = fixedpoint.quantize_multiplier(real)
    return fixedpoint.multiply(x, multiplier, shift)


def quantised(value: float, tensor: Tensor) -> int:
    """zero_point + round(value / scale), in single precision as the reference divides."""
    return tensor.zero_point + fixedpoint.round_half_away(float(np.float32(value) / tensor.scale))


def activation_range(activation: Activation, tensor: Tensor) -> tuple[int, int]:
    """CalculateActivationRangeQuantized for an int8 tensor."""
    bounds: dict[Activation, tuple[float | None, float | None]] = {
        Activation.NONE: (None, None),
        Activation.RELU: (0.0, None),
        Activation.RELU6: (0.0, 6.0),
        Activation.RELU_N1_TO_1: (-1.0, 1.0),
    }
    low, high = bounds[activation]
    least = -128 if low is None else max(-128, quantised(low, tensor))
    most = 127 if high is None else min(127, quantised(high, tensor))
    if least > most:
        raise ModelError(f"tensor {tensor.name}: {activation} leaves no value", "calibrate the model again")
    return least, most


def clamp_table(low: int, high: int) -> Table:
    """A fused activation as a table."""
    return np.clip(IDENTITY, low, high)


def _leaky_relu(op: Unary, source: Tensor, output: Tensor) -> Table:
    x = fixedpoint.integers() - source.zero_point
    alpha = float(np.float32(source.scale * np.float32(op.alpha)) / output.scale)
    identity = float(source.scale / output.scale)
    negative = _rescaled(x, abs(alpha)) * (-1 if alpha < 0 else 1)
    return _saturated(output.zero_point + np.where(x >= 0, _rescaled(x, identity), negative))


def _relu(_: Unary, source: Tensor, output: Tensor) -> Table:
    x = fixedpoint.integers() - source.zero_point
    scaled = output.zero_point + _rescaled(x, float(source.scale / output.scale))
    return np.clip(scaled, max(-128, output.zero_point), 127).astype(np.int8)


def _clamped(low: float, high: float) -> Callable[[Unary, Tensor, Tensor], Table]:
    def table(op: Unary, source: Tensor, output: Tensor) -> Table:
        if source.quantisation != output.quantisation:
            raise ModelError(
                f"{op.kind}: input and output are quantised differently", "convert it fused into its layer"
            )
        return np.clip(IDENTITY, quantised(low, source), min(127, quantised(high, source))).astype(np.int8)

    return table


def _requantise(_: Unary, source: Tensor, output: Tensor) -> Table:
    x = fixedpoint.integers() - source.zero_point
    return _saturated(output.zero_point + _rescaled(x, float(source.scale) / float(output.scale)))


TABLES: dict[str, Callable[[Unary, Tensor, Tensor], Table]] = {
    "LEAKY_RELU": _leaky_relu,
    "RELU": _relu,
    "RELU6": _clamped(0.0, 6.0),
    "QUANTIZE": _requantise,
}


def unary_table(op: Unary, source: Tensor, output: Tensor) -> Table:
    """The operator's output byte for each input byte, at input + 128.

    Raises:
        ModelError: the operator is not supported on int8.
    """
    if op.kind not in TABLES:
        raise ModelError(f"operator {op.kind} is not supported on int8", f"supported: {', '.join(sorted(TABLES))}")
    return TABLES[op.kind](op, source, output)


def monotone(table: Table) -> bool:
    """True if a larger input never gives a smaller output: then the function commutes with a maximum."""
    return bool((np.diff(table.astype(np.int64)) >= 0).all())
