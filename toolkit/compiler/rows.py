"""Rows that stream: layers that keep, of each tensor, the few rows that the next layer's kernel reaches over.

A layer that streams has a *window*: as many rows of its input as one row of its output needs, one after the other in
memory. When it is full the layer's own kernel is called on it as on a small image, gives one row, and the window slides
down. Rows above and below the image are rows of padding in the window, so kernels see no padding at the top or bottom.
Nothing is computed twice. firmware/kernels/portable/aot_rows.h has the loop; docs/compiler.md, "Rows that stream".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolkit.compiler import c, ir
from toolkit.compiler.fuse import Layer
from toolkit.compiler.ir import ElementType, Graph, Tensor
from toolkit.compiler.lower import Call, Target, lower, sums
from toolkit.compiler.lower.base import Context
from toolkit.compiler.lower.shapes import NO_POOL
from toolkit.errors import ModelError

_MOST_ROW_BYTES = 0xFFFF
_MOST_STEP = 0xFF
_LOWEST_INT8 = 0x80


@dataclass(frozen=True)
class Window:
    """The rows of one tensor that one layer keeps.

    Attributes:
        tensor: whose rows they are (a root).
        row_bytes: of one of them.
        height: rows that one row of the layer's output needs, or two; step: rows that it moves down after each.
        top, bottom: rows of padding above and below the image, of bytes `fill`.
    """

    tensor: int
    row_bytes: int
    height: int
    step: int = 1
    top: int = 0
    bottom: int = 0
    fill: int = 0


@dataclass(frozen=True, eq=False)
class Stage:
    """A layer that streams.

    Attributes:
        call: it computes one row of the output, or two; its macs are those of all rows.
        graph: the tensors as this call sees them.
        windows: of the inputs that are computed, in their order; seen: these, by the names that the layer knows.
        rows: of the output; row_bytes: of one.
        finish: where the call only adds a row to sums: what makes the output of them when all rows have come. Such a
            stage is the last.
        at_once: how many rows the call computes; single: what computes the last one where two do not divide them.
    """

    call: Call
    graph: Graph
    windows: tuple[Window, ...]
    seen: tuple[int, ...]
    rows: int
    row_bytes: int
    finish: Call | None = None
    at_once: int = 1
    single: Call | None = None


@dataclass(frozen=True)
class _Move:
    """How a layer moves over its input's rows."""

    height: int
    step: int
    top: int
    out_rows: int
    fill: int | None
    """Of padding; None: it has no such value."""


def stages(graph: Graph, layers: Sequence[Layer], target: Target, *, in_twos: int = 0) -> tuple[Stage, ...]:
    """The longest run of layers from the first one on that can stream; empty if there is none.

    Args:
        in_twos: how many layers at most, the first ones for which that is quicker, compute two rows at once.
    """
    if len(graph.inputs) != 1:
        return ()
    known: dict[int, tuple[int, int]] = {}
    found: list[Stage] = []
    for place, layer in enumerate(layers):
        name = f"layer{place}"
        stage = _summing(graph, layer, name, target) or _sum(graph, layer, name, target)
        twos = sum(each.at_once > 1 for each in found)
        stage = stage or _stage(graph, layer, name, target, twos < in_twos)
        if stage is None:
            break
        for window in stage.windows:
            seen = _rows_of(graph, layer, window)
            if window.tensor in graph.inputs:
                known.setdefault(window.tensor, seen)
            if known.get(window.tensor) != seen:
                return tuple(found)
        known[stage.call.output] = stage.rows, stage.row_bytes
        found.append(stage)
        if stage.finish is not None:
            break
    return tuple(found)


def _rows_of(graph: Graph, layer: Layer, window: Window) -> tuple[int, int]:
    """(rows, bytes of one) of a window's tensor, as the layer sees it."""
    place = layer.inputs.index(window.tensor)
    return graph.tensors[layer.operators[0].inputs[place]].shape[1], window.row_bytes


def _stage(graph: Graph, layer: Layer, name: str, target: Target, in_twos: bool) -> Stage | None:
    """The layer as one that streams; None if it cannot."""
    first = layer.operators[0]
    source, output = graph.tensors[first.inputs[0]], graph.tensors[layer.output]
    if not (_is_image(source) and _is_image(output)) or source.data is not None:
        return None
    if isinstance(first, ir.Convolution):
        move = _convolution(graph, first, layer.pool, source)
    elif isinstance(first, ir.Pool):
        move = _pool(first, source, output)
    elif isinstance(first, ir.Pad):
        move = _pad(first, source, output)
    elif isinstance(first, ir.Unary):
        move = _Move(1, 1, 0, source.shape[1], None)
    else:
        return None
    if move is None or move.out_rows != output.shape[1]:
        return None
    bottom = max(0, (move.out_rows - 1) * move.step + move.height - move.top - source.shape[1])
    if ((move.top or bottom) and move.fill is None) or move.top >= move.height:
        return None
    # Every window that fits is a row of the output: a layer needs no count of what it has given.
    if (source.shape[1] + move.top + bottom - move.height) // move.step + 1 != move.out_rows:
        return None
    row_bytes = source.bytes // source.shape[1]
    if (
        max(row_bytes, output.bytes // output.shape[1]) > _MOST_ROW_BYTES
        or max(move.step, move.top, bottom) > _MOST_STEP
    ):
        return None
    window = Window(layer.inputs[0], row_bytes, move.height, move.step, move.top, bottom, move.fill or 0)
    try:
        seen, moved = _some_rows(graph, layer, move, 1)
        call = lower(seen, moved, name, target)
    except ModelError:
        return None
    macs = call.macs * move.out_rows
    stage = Stage(
        dataclasses.replace(call, macs=macs, behind=None, in_place=()),
        seen,
        (window,),
        (first.inputs[0],),
        move.out_rows,
        output.bytes // output.shape[1],
    )
    return (_two_rows(graph, layer, move, stage, target) if in_twos else None) or stage


def _two_rows(graph: Graph, layer: Layer, move: _Move, stage: Stage, target: Target) -> Stage | None:
    """The stage as one that computes two rows at once; None where that is not quicker."""
    if move.out_rows < 2 or 2 * move.step > _MOST_STEP:
        return None
    seen, moved = _some_rows(graph, layer, move, 2)
    call = lower(seen, moved, stage.call.name, target)
    if not call.in_twos:
        return None
    single = None
    if move.out_rows % 2 == 1:
        name = f"{call.name}_last"
        single = lower(*_some_rows(graph, layer, move, 1), name, dataclasses.replace(target, single=True))
        texts = {c.define(dataclasses.replace(each, name="")): each.name for each in call.constants}
        constants = [
            dataclasses.replace(each, same_as=texts.get(c.define(dataclasses.replace(each, name="")), ""))
            for each in single.constants
        ]
        if any(not each.same_as for each in constants):
            return None
        scratch = max(call.scratch_bytes, single.scratch_bytes)
        call = dataclasses.replace(call, scratch_bytes=scratch)
        single = dataclasses.replace(single, constants=tuple(constants), scratch_bytes=scratch)
    window = stage.windows[0]
    return dataclasses.replace(
        stage,
        call=dataclasses.replace(call, macs=stage.call.macs, behind=None, in_place=()),
        graph=seen,
        windows=(dataclasses.replace(window, height=window.height + window.step, step=2 * window.step),),
        at_once=2,
        single=single,
    )


def _sum(graph: Graph, layer: Layer, name: str, target: Target) -> Stage | None:
    """The layer as a sum, difference or product of two tensors' rows; None if it is none of two like ones."""
    first, output = layer.operators[0], graph.tensors[layer.output]
    if not isinstance(first, ir.Binary) or len(set(layer.inputs)) != 2:
        return None
    both = [graph.tensors[index] for index in first.inputs]
    if not _is_image(output) or any(each.shape != output.shape or each.data is not None for each in both):
        return None
    height = output.shape[1]
    if max(each.bytes // height for each in (*both, output)) > _MOST_ROW_BYTES:
        return None
    windows = tuple(Window(index, each.bytes // height, 1) for index, each in zip(layer.inputs, both, strict=True))
    seen = _cut(graph, dict.fromkeys((*first.inputs, layer.output), 1))
    try:
        call = lower(seen, layer, name, dataclasses.replace(target, rows=height))
    except ModelError:
        return None
    call = dataclasses.replace(call, behind=None, in_place=())
    return Stage(call, seen, windows, first.inputs, height, output.bytes // height)


def _cut(graph: Graph, rows: Mapping[int, int]) -> Graph:
    """The graph with so many rows of these tensors."""
    tensors = list(graph.tensors)
    for index, count in rows.items():
        shape = tensors[index].shape
        tensors[index] = dataclasses.replace(tensors[index], shape=(shape[0], count, *shape[2:]))
    return dataclasses.replace(graph, tensors=tuple(tensors))


def _summing(graph: Graph, layer: Layer, name: str, target: Target) -> Stage | None:
    """The layer as one that adds up rows; None if it is no mean over the whole image."""
    calls = sums.by_row(Context(graph, layer, name, target))
    if calls is None:
        return None
    source = graph.tensors[layer.operators[0].inputs[0]]
    window = Window(layer.inputs[0], source.bytes // source.shape[1], 1)
    return Stage(calls[0], graph, (window,), layer.operators[0].inputs[:1], 0, 0, calls[1])


def _is_image(tensor: Tensor) -> bool:
    return len(tensor.shape) == 4 and tensor.shape[0] == 1


def _convolution(graph: Graph, op: ir.Convolution, pool: ir.Pool | None, source: Tensor) -> _Move | None:
    w, p = op.window, pool.window if pool else NO_POOL
    conv_rows = graph.tensors[op.output].shape[1]
    out_rows = graph.tensors[pool.output].shape[1] if pool else conv_rows
    if p.pad_top or p.dilation_h != 1 or (out_rows - 1) * p.stride_h + p.kernel_h > conv_rows:
        return None
    height = (p.kernel_h - 1) * w.stride_h + (w.kernel_h - 1) * w.dilation_h + 1
    fill = source.zero_point & 0xFF if source.dtype is ElementType.INT8 else 0
    return _Move(height, p.stride_h * w.stride_h, w.pad_top, out_rows, fill)


def _pool(op: ir.Pool, source: Tensor, output: Tensor) -> _Move | None:
    # An average does not count what is outside, and the lowest float32 is not one byte again and again.
    lowest = op.kind == "MAX_POOL_2D" and source.dtype is ElementType.INT8
    w = op.window
    height = (w.kernel_h - 1) * w.dilation_h + 1
    return _Move(height, w.stride_h, w.pad_top, output.shape[1], _LOWEST_INT8 if lowest else None)


def _pad(op: ir.Pad, source: Tensor, output: Tensor) -> _Move | None:
    """A row of padding below is padded as any row is; above, it would come before anything is there to be read."""
    if any(op.paddings[0]):
        return None
    if source.dtype is ElementType.INT8:
        return _Move(1, 1, op.paddings[1][0], output.shape[1], int(op.value) & 0xFF)
    return _Move(1, 1, op.paddings[1][0], output.shape[1], 0 if op.value == 0 else None)


def _some_rows(graph: Graph, layer: Layer, move: _Move, count: int) -> tuple[Graph, Layer]:
    """The layer as one that makes so many rows of a window, and the graph in which it does."""
    first, pool = layer.operators[0], layer.pool
    rows = {layer.output: count, first.inputs[0]: move.height + (count - 1) * move.step}
    if pool:
        rows |= {pool.output: count, first.output: (count - 1) * pool.window.stride_h + pool.window.kernel_h}
    else:
        rows[first.output] = count
    if isinstance(first, ir.Convolution | ir.Pool):
        first = dataclasses.replace(first, window=dataclasses.replace(first.window, pad_top=0))
    return _cut(graph, rows), dataclasses.replace(layer, operators=(first, *layer.operators[1:]))
