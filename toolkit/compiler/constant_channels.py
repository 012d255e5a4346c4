"""Channels that hold one value whatever the input: taken out of the graph, their part put into the next biases.

Training leaves channels that are constant, and quantisation makes more. What such a channel adds to the next layer's
sums is a constant, and belongs to its bias; where that layer pads, only if the value is the zero point, as the padding
is. A channel goes only if it is constant in every tensor that shares its place (depthwise, pools and reshapes keep
channels apart) and every reader can do without it. docs/compiler.md, "Constant channels", has the proof.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import fixedpoint, ir, tables
from toolkit.compiler.ir import ElementType, Graph, Tensor
from toolkit.compiler.lower.linear import channel_rows
from toolkit.compiler.lower.quantised import multipliers

Interval = tuple[NDArray[np.int64], NDArray[np.int64]]
"""The least and the largest value of each channel, in quantised numbers."""

_TOGETHER = 4
"""Channels that fast kernels take at once: fewer than a multiple of it saves nothing."""


@dataclass(frozen=True, eq=False)
class Pruned:
    """A graph without its constant channels.

    Attributes:
        graph: the tensors under the same numbers, constants that are not the file's behind them.
        kept: for each tensor that lost some, the channels that it still has.
    """

    graph: Graph
    kept: Mapping[int, tuple[int, ...]]


def without_constant_channels(graph: Graph) -> Pruned:
    """The same outputs for every input, by fewer channels."""
    found = _Found(graph)
    kept = dict(_kept(graph, found))
    if not kept:
        return Pruned(graph, {})
    tensors = list(graph.tensors)
    for index, channels in kept.items():
        shape = tensors[index].shape
        tensors[index] = dataclasses.replace(tensors[index], shape=(*shape[:-1], len(channels)))
    operators = tuple(_smaller(graph, op, kept, found, tensors) for op in graph.operators)
    return Pruned(
        dataclasses.replace(graph, tensors=tuple(tensors), operators=operators),
        {index: tuple(int(each) for each in channels) for index, channels in kept.items()},
    )


class _Found:
    """What is known of each computed int8 tensor's channels."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.intervals: dict[int, Interval] = {}
        for op in graph.operators:
            source = op.inputs[0] if op.inputs else -1
            if source >= 0 and _plain(graph.tensors[op.output]) and _plain(graph.tensors[source]):
                self.intervals[op.output] = self._of(op)

    def interval(self, index: int) -> Interval:
        """Of a tensor of which nothing is known, all that int8 holds."""
        channels = self.graph.tensors[index].shape[-1]
        return self.intervals.get(index, (np.full(channels, -128), np.full(channels, 127)))

    def constant(self, index: int) -> NDArray[np.bool_]:
        """Which channels are."""
        low, high = self.interval(index)
        return np.asarray(low == high)

    def _of(self, op: ir.Operator) -> Interval:
        source, output = (self.graph.tensors[index] for index in (op.inputs[0], op.output))
        if isinstance(op, ir.Pool | ir.Alias) and source.shape[-1] == output.shape[-1]:
            low, high = self.interval(op.inputs[0])
            if isinstance(op, ir.Pool):
                low, high = (np.clip(each, *tables.activation_range(op.activation, output)) for each in (low, high))
            return low, high
        if weighted(op, self.graph):
            return self._of_weighted(op)
        return np.full(output.shape[-1], -128), np.full(output.shape[-1], 127)

    def _of_weighted(self, op: ir.Convolution | ir.Dense) -> Interval:
        """Sums lie between their ends, and scaling and clamping are monotone."""
        tensors = self.graph.tensors
        source, filters, output = tensors[op.inputs[0]], tensors[op.inputs[1]], tensors[op.output]
        low, high = (each - source.zero_point for each in self.interval(op.inputs[0]))
        if pads(self.graph, op):
            low, high = np.minimum(low, 0), np.maximum(high, 0)
        taps = _taps(self.graph, op)
        if _depthwise(op):
            low, high = low[:, None], high[:, None]
        bias = _bias(self.graph, op)
        ends = [
            bias + pick(taps * low[..., :], taps * high[..., :]).reshape(len(taps), -1).sum(axis=1)
            for pick in (np.minimum, np.maximum)
        ]
        clamp = tables.activation_range(op.activation, output)
        least, most = np.full(len(taps), clamp[0]), np.full(len(taps), clamp[1])
        for channel, (multiplier, shift) in enumerate(multipliers(source, filters, output, len(taps))):
            sums = np.array([end[channel] for end in ends])
            if np.abs(sums).max() < 1 << (31 - min(max(shift, 0), 31)):
                values = np.clip(output.zero_point + fixedpoint.multiply(sums, multiplier, shift), *clamp)
                least[channel], most[channel] = values
        return least, most


def _plain(tensor: Tensor) -> bool:
    """Computed, int8, with one scale, and with channels."""
    q = tensor.quantisation
    one = q is not None and len(q.scale) == 1 and 0 < q.scale[0] < math.inf
    return tensor.data is None and tensor.dtype is ElementType.INT8 and one and len(tensor.shape) > 1


def _depthwise(op: ir.Operator) -> bool:
    return op.kind == "DEPTHWISE_CONV_2D"


def weighted(op: ir.Operator, graph: Graph) -> TypeGuard[ir.Convolution | ir.Dense]:
    """A convolution or dense layer over whole pixels, in one group or depthwise, its constants as they should be."""
    if not isinstance(op, ir.Convolution | ir.Dense):
        return False
    source, filters = graph.tensors[op.inputs[0]], graph.tensors[op.inputs[1]]
    bias = graph.tensors[op.inputs[2]] if op.inputs[2] >= 0 else None
    if filters.data is None or filters.dtype is not ElementType.INT8 or filters.quantisation is None:
        return False
    if bias is not None and (bias.data is None or bias.dtype is not ElementType.INT32):
        return False
    channels = graph.tensors[op.output].shape[-1]
    if any(filters.quantisation.zero_point) or len(filters.quantisation.scale) not in (1, channels):
        return False
    if not all(0 <= scale < math.inf for scale in filters.quantisation.scale):
        return False
    if isinstance(op, ir.Dense):
        return filters.shape[1] == source.shape[-1]
    return op.groups == source.shape[-1] == channels if _depthwise(op) else op.groups == 1


def pads(graph: Graph, op: ir.Operator) -> bool:
    """Whether a window reads outside the image."""
    if not isinstance(op, ir.Convolution):
        return False
    w, source, output = op.window, graph.tensors[op.inputs[0]].shape, graph.tensors[op.output].shape
    bottom = (output[1] - 1) * w.stride_h - w.pad_top + (w.kernel_h - 1) * w.dilation_h
    right = (output[2] - 1) * w.stride_w - w.pad_left + (w.kernel_w - 1) * w.dilation_w
    return bool(w.pad_top or w.pad_left or bottom >= source[1] or right >= source[2])


def _taps(graph: Graph, op: ir.Convolution | ir.Dense) -> NDArray[np.int64]:
    """Weights, [channels, ..., input channels]; of a depthwise convolution [channels, taps]."""
    filters = graph.tensors[op.inputs[1]]
    if isinstance(op, ir.Dense):
        return filters.constant.astype(np.int64)
    return (channel_rows(op, filters.constant) if _depthwise(op) else filters.constant).astype(np.int64)


def _bias(graph: Graph, op: ir.Operator) -> NDArray[np.int64]:
    """Zeros where there is none."""
    channels = graph.tensors[op.output].shape[-1]
    if op.inputs[2] < 0:
        return np.zeros(channels, np.int64)
    return graph.tensors[op.inputs[2]].constant.reshape(-1).astype(np.int64)


def _kept(graph: Graph, found: _Found) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """For each tensor that loses channels those that stay."""
    leader = list(range(len(graph.tensors)))

    def root(index: int) -> int:
        while leader[index] != index:
            index = leader[index]
        return index

    frozen = {*graph.inputs, *graph.outputs}
    can: dict[int, list[NDArray[np.bool_]]] = {}
    for op in graph.operators:
        source, output = (graph.tensors[index] for index in (op.inputs[0], op.output))
        if not (_plain(source) and _plain(output)):
            frozen |= {*op.inputs, op.output}
        elif isinstance(op, ir.Pool | ir.Alias) and source.shape[-1] == output.shape[-1]:
            leader[root(op.output)] = root(op.inputs[0])
        elif not weighted(op, graph):
            frozen |= {*op.inputs, op.output}
        elif _depthwise(op):
            leader[root(op.output)] = root(op.inputs[0])
        else:
            can.setdefault(op.inputs[0], []).append(_foldable(graph, op, found))
    members: dict[int, list[int]] = {}
    for index in found.intervals.keys() | frozen | can.keys():
        if index >= 0:
            members.setdefault(root(index), []).append(index)
    for together in members.values():
        if not frozen.isdisjoint(together):
            continue
        every = [found.constant(index) for index in together]
        every += [each for index in together for each in can.get(index, ())]
        gone = np.flatnonzero(np.logical_and.reduce(every))
        channels = len(every[0])
        stay = min(channels, max(1, -(-(channels - len(gone)) // _TOGETHER)) * _TOGETHER)
        if stay < channels:
            left = np.setdiff1d(np.arange(channels), gone[: channels - stay])
            yield from ((index, left) for index in together)


def _foldable(graph: Graph, op: ir.Convolution | ir.Dense, found: _Found) -> NDArray[np.bool_]:
    """Which of the input's channels, where they are constant, a reader can take into its bias."""
    source = graph.tensors[op.inputs[0]]
    value = found.interval(op.inputs[0])[0]
    # However many of them go, the bias stays in 32 bits.
    bias = _bias(graph, op)
    reach = np.abs(bias) + 255 * np.abs(_taps(graph, op)).reshape(len(bias), -1).sum(axis=1)
    if (reach >= 1 << 31).any():
        return np.zeros(source.shape[-1], np.bool_)
    return np.asarray((value == source.zero_point) | (not pads(graph, op)))


def _smaller(
    graph: Graph,
    op: ir.Operator,
    kept: Mapping[int, NDArray[np.int64]],
    found: _Found,
    tensors: list[Tensor],
) -> ir.Operator:
    """The operator on what is left; its new constants go behind `tensors`."""
    into, out = kept.get(op.inputs[0]) if op.inputs else None, kept.get(op.output)
    if (into is None and out is None) or not isinstance(op, ir.Convolution | ir.Dense):
        return op
    filters, bias = graph.tensors[op.inputs[1]], _bias(graph, op)
    source = graph.tensors[op.inputs[0]]
    rows = np.arange(len(bias)) if out is None else out
    data = filters.constant
    axis = 3 if _depthwise(op) else 0
    if into is not None and not _depthwise(op):
        gone = np.setdiff1d(np.arange(source.shape[-1]), into)
        value = found.interval(op.inputs[0])[0][gone] - source.zero_point
        bias = bias + (_taps(graph, op)[..., gone] * value).reshape(len(bias), -1).sum(axis=1)
        data = data[..., into]
    data = np.take(data, rows, axis=axis)
    many = len(filters.affine.scale) > 1
    scales = tuple(filters.affine.scale[row] for row in rows) if many else filters.affine.scale
    quantisation = ir.Quantisation(scales, (0,) * len(scales), filters.affine.axis)

    def added(name: str, dtype: ElementType, of: ir.Quantisation | None, values: NDArray[np.int64]) -> int:
        tensors.append(Tensor(len(tensors), name, values.shape, dtype, of, np.ascontiguousarray(values)))
        return len(tensors) - 1

    weights = added(filters.name, ElementType.INT8, quantisation, data)
    biases = added(f"{filters.name} bias", ElementType.INT32, None, bias[rows].astype(np.int32))
    smaller = dataclasses.replace(op, inputs=(op.inputs[0], weights, biases, *op.inputs[3:]))
    if isinstance(smaller, ir.Convolution) and _depthwise(op):
        return dataclasses.replace(smaller, groups=len(rows))
    return smaller
