"""The int8 arithmetic of a convolution or dense layer: zero points folded, multipliers made, ranges proven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import fixedpoint, ir, tables
from toolkit.compiler.ir import Tensor
from toolkit.compiler.lower.base import Context
from toolkit.errors import ModelError


@dataclass(frozen=True, eq=False)
class Quantised:
    """An int8 layer's arithmetic, one row a channel.

    Attributes:
        weights: int8 [channels, taps].
        bias: int32 [channels], `bias - input_zero * sum(weights)`.
        multiplier, shift: int32 and int8 [channels].
        output_zero: the output's zero point.
        low, high: the fused activation's clamp.
        reach: int64 [channels], the largest magnitude that an accumulator can have.
    """

    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    multiplier: NDArray[np.int32]
    shift: NDArray[np.int8]
    output_zero: int
    low: int
    high: int
    reach: NDArray[np.int64]


def multipliers(source: Tensor, weights: Tensor, output: Tensor, channels: int) -> list[tuple[int, int]]:
    scales = weights.affine.scale
    each = scales if len(scales) > 1 else scales * channels
    return [
        fixedpoint.quantize_multiplier(float(source.scale) * float(np.float32(s)) / float(output.scale)) for s in each
    ]


def _settled(
    weights: NDArray[np.int64],
    bias: NDArray[np.int64],
    pairs: list[tuple[int, int]],
    zero: int,
    clamp: tuple[int, int],
) -> None:
    """Make channels that give one value, whatever they read, plain ones of that value; in place.

    Trained networks have channels whose weights are all 0 or next to nothing beside a bias near 2**30: converters give
    such a channel a tiny scale. Its sums have no room in the fast kernels, and one is enough to keep a whole layer from
    them. Scaling and clamping are monotone, so a channel is settled where both ends of its sums give one value; it then
    gets weights of 0, a multiplier of 2**30, a shift of -1 and a bias of 4 * (value - zero), of which
    MultiplyByQuantizedMultiplier makes value - zero exactly: (4d * 2**30 + 2**30) >> 31 is 2d, and half of that d.

    Args:
        weights: [channels, taps]; bias: [channels], with the input's zero point folded in.
        pairs: multiplier and shift of each channel.
        zero: of the output; clamp: what it is held between.
    """
    spread = np.abs(weights).sum(axis=1) * 255
    for channel, (multiplier, shift) in enumerate(pairs):
        # Two values are at least half a step apart before they are rounded.
        if float(spread[channel]) * multiplier * 2.0 ** (shift - 31) > 2 * (clamp[1] - clamp[0] + 1):
            continue
        taps = weights[channel]
        ends = [
            int(bias[channel]) + int(np.minimum(-128 * taps, 127 * taps).sum()),
            int(bias[channel]) + int(np.maximum(-128 * taps, 127 * taps).sum()),
        ]
        if max(map(abs, ends)) >= 1 << (31 - max(shift, 0)):
            continue  # it is refused below
        low, high = (
            int(np.clip(zero + fixedpoint.multiply(np.array([end]), multiplier, shift)[0], *clamp)) for end in ends
        )
        if low == high:
            weights[channel] = 0
            bias[channel] = 4 * (low - zero)
            pairs[channel] = (1 << 30, -1)


def quantised(context: Context, weights: NDArray[Any], activation: ir.Activation) -> Quantised:
    """The arithmetic of an int8 convolution or dense layer.

    Args:
        weights: [channels, taps].

    Raises:
        ModelError: its quantisation is not supported, or its sums may leave 32 bits.
    """
    source, filters = context.input(0), context.input(1)
    output = context.graph.tensors[context.first.output]
    channels = weights.shape[0]
    quantisation = filters.quantisation
    if quantisation is None or any(quantisation.zero_point) or len(quantisation.scale) not in (1, channels):
        raise ModelError(
            f"{context.first.kind}: weights {filters.name} are not quantised symmetrically, per tensor or per channel",
            "convert with full-integer int8",
        )
    axis = 3 if context.first.kind == "DEPTHWISE_CONV_2D" else 0
    if len(quantisation.scale) > 1 and quantisation.axis != axis:
        raise ModelError(
            f"{context.first.kind}: weights {filters.name} have scales along another axis than the channels",
            "convert it again",
        )
    index = context.first.inputs[2]
    bias = np.zeros(channels, np.int64) if index < 0 else context.graph.tensors[index].constant
    if bias.dtype.kind != "i":
        raise ModelError(
            f"{context.first.kind} on int8 with a float32 bias is not supported", "convert with full-integer int8"
        )
    wide = weights.astype(np.int64)
    folded = bias.reshape(-1).astype(np.int64) - source.zero_point * wide.sum(axis=1)
    pairs = multipliers(source, filters, output, channels)
    low, high = tables.activation_range(activation, output)
    _settled(wide, folded, pairs, output.zero_point, (low, high))
    # Every partial sum lies within the folded bias +- 128 * sum |w|; a left shift must keep the sum in 32 bits as well,
    # and leave room for the zero point.
    reach = np.abs(folded) + 128 * np.abs(wide).sum(axis=1)
    left = np.array([max(shift, 0) for _, shift in pairs], np.int64)
    if (reach >= ((1 << 31) - 256) >> np.minimum(left, 31)).any():
        raise ModelError(f"{context.first.kind}: sums of {context.name} may leave 32 bits", "calibrate the model again")
    return Quantised(
        wide.astype(np.int8),
        folded.astype(np.int32),
        np.array([m for m, _ in pairs], np.int32),
        np.array([s for _, s in pairs], np.int8),
        output.zero_point,
        low,
        high,
        reach,
    )
