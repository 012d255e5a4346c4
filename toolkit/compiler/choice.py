"""Every layer's C, the memory plan, and which layers stream in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from toolkit.compiler import fuse, plan, rowplan, rows
from toolkit.compiler.buffers import buffers_of
from toolkit.compiler.c import Constant
from toolkit.compiler.ir import Graph
from toolkit.compiler.lower import Call, Target, lower
from toolkit.errors import ModelError
from toolkit.tflite import UnsupportedError
from toolkit.tflite.obstacles import obstacles_of

STREAMING = ("off", "auto", "on", "rows")
"""Whether layers run row by row: never; where that lowers the arena by an eighth; wherever they can; and the input
comes row by row, too."""
_WORTH = 7 / 8
# Kernels of less scratch take longer: where they lower the arena by a 64th.
_WORTH_TIME = 63 / 64
_TWOS, _TWOS_BY_ROW = 3, 10
"""Layers compute two rows at once where that costs at most so many parts of the RAM that streaming saves: a third, or
a tenth where the input comes row by row, which is asked for where RAM is short."""


def lowered(graph: Graph, layers: Sequence[fuse.Layer], target: Target) -> tuple[Call, ...]:
    """Every layer's call.

    Raises:
        UnsupportedError: of all layers that cannot be lowered, where there are several.
        ModelError: of the one that cannot.
    """
    calls, refused = [], []
    for place, layer in enumerate(layers):
        try:
            calls.append(_with_constants(graph, lower(graph, layer, f"layer{place}", target), target))
        except ModelError as caught:
            refused.append(caught)
    if len({caught.message for caught in refused}) > 1:
        raise UnsupportedError([obstacle for caught in refused for obstacle in obstacles_of(caught)])
    if refused:
        raise refused[0]
    return tuple(calls)


def _with_constants(graph: Graph, call: Call, target: Target) -> Call:
    """The call with the constants among its inputs as arrays of its own.

    Raises:
        ModelError: where such layers' kernels read their operands from RAM, and constants lie elsewhere.
    """
    arrays = tuple(
        Constant(call.constant_input(place), graph.tensors[index].constant)
        for place, index in enumerate(call.inputs)
        if graph.tensors[index].data is not None
    )
    if arrays and not target.isa.constants_are_data:
        raise ModelError(
            f"{' + '.join(call.operators)} with a constant operand is not supported on {target.isa.title}",
            "build for another board: tinyml boards",
        )
    return dataclasses.replace(call, constants=(*call.constants, *arrays))


def singles(streamed: rowplan.Streamed | None) -> tuple[Call, ...]:
    """What computes last rows."""
    return tuple(stage.single for stage in (streamed.stages if streamed else ()) if stage.single is not None)


def chosen(
    graph: Graph,
    layers: Sequence[fuse.Layer],
    calls: tuple[Call, ...],
    roots: Mapping[int, int],
    target: Target,
    stream: str,
) -> rowplan.Choice:
    """The memory plan, and which layers stream.

    Raises:
        ModelError: the input is to come row by row, and cannot.
    """
    whole = None if stream in ("on", "rows") else rowplan.whole(graph, calls, roots)
    if whole is not None and stream == "off":
        return whole
    streaming = _Network(graph, layers, calls, roots, target, by_row=stream == "rows").streaming()
    if streaming is None and stream == "rows":
        raise ModelError(
            "this network cannot take its input row by row: it has several, or its first layer needs all of it",
            "--stream auto",
        )
    if streaming is None:
        return whole or rowplan.whole(graph, calls, roots)
    if whole is not None and streaming.arena_bytes > _WORTH * whole.arena_bytes:
        return whole
    return streaming


@dataclasses.dataclass(frozen=True)
class _Network:
    """What every plan of it is made from; `by_row`: its input comes row by row."""

    graph: Graph
    layers: Sequence[fuse.Layer]
    calls: tuple[Call, ...]
    roots: Mapping[int, int]
    target: Target
    by_row: bool

    def streaming(self) -> rowplan.Choice | None:
        """The lowest plan in which layers stream, or one in which they compute two rows at once where that is quicker.

        In twos go as many of them as cost but a share of what streaming saves.
        """
        one = self.lowest()
        if one is None:
            return None
        buffers = buffers_of(self.graph, self.calls, self.roots)
        whole = plan.place(buffers.listed, buffers.behind, work=0)[1]
        most = one.arena_bytes + max(0, whole - one.arena_bytes) // (_TWOS_BY_ROW if self.by_row else _TWOS)
        count = len(self.layers)
        while count > 0:
            two = self.lowest(in_twos=count)
            stages = two.streamed.stages if two and two.streamed else ()
            twos = sum(stage.at_once > 1 for stage in stages)
            if two is None or twos == 0:
                return one
            if two.arena_bytes <= most:
                return two
            count = min(count, twos) // 2
        return one

    def lowest(self, *, in_twos: int = 0) -> rowplan.Choice | None:
        """The lowest plan in which layers stream, with kernels of less scratch where that makes it lower still."""
        found = rows.stages(self.graph, self.layers, self.target, in_twos=in_twos)
        usual = self._planned(self.calls, found)
        if usual is None:
            return None
        least = dataclasses.replace(self.target, least_scratch=True)
        others, lean = (
            lowered(self.graph, self.layers, least),
            rows.stages(self.graph, self.layers, least, in_twos=in_twos),
        )
        if _scratch(others, lean) == _scratch(self.calls, found):
            return usual
        lower = self._planned(others, lean)
        return lower if lower is not None and lower.arena_bytes < _WORTH_TIME * usual.arena_bytes else usual

    def _planned(self, calls: tuple[Call, ...], stages: tuple[rows.Stage, ...]) -> rowplan.Choice | None:
        return rowplan.by_rows(self.graph, calls, self.roots, stages, by_row=self.by_row)


def _scratch(calls: Sequence[Call], stages: Sequence[rows.Stage]) -> list[int]:
    return [call.scratch_bytes for call in (*calls, *(stage.call for stage in stages))]
