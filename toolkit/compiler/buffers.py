"""What lies in the arena and when: every computed tensor, scratch, and the windows of layers that stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.compiler import plan
from toolkit.compiler.ir import Graph
from toolkit.compiler.lower import Call

if TYPE_CHECKING:
    from toolkit.compiler.rowplan import Streamed


@dataclass(frozen=True, eq=False)
class Buffers:
    """What is to be placed.

    Attributes:
        listed: with lifetimes in layers.
        behind: which may begin how far before which other one.
        shared: whose memory a tensor shares.
    """

    listed: tuple[plan.Buffer, ...]
    behind: plan.Behind
    shared: Mapping[int, int]


def buffers_of(
    graph: Graph, calls: Sequence[Call], roots: Mapping[int, int], streamed: Streamed | None = None
) -> Buffers:
    """Every computed tensor and scratch buffer with its lifetime in steps of layers, and whose memory it shares.

    A layer that may write over an input does so if nothing else needs that input any more.
    """
    tensors = graph.tensors
    streaming = streamed.ordinary if streamed else 0
    steps = list(enumerate(calls))[streaming:]
    last: dict[int, int] = {}
    for step, call in steps:
        last |= dict.fromkeys(call.inputs, step)
    last |= {roots.get(output, output): len(calls) for output in graph.outputs}
    born = dict.fromkeys(graph.inputs, -1)
    past = {call.output: call.writes_past for call in calls}
    windows: list[plan.Buffer] = []
    if streamed:
        windows = _windows(graph, streamed)
        born |= {kept.window.tensor: 0 for kept in streamed.kept if kept.sink}
        # Rows of everything that is collected come until the last stage has run.
        last |= {tensor: max(streaming - 1, last.get(tensor, 0)) for tensor in born}
        if streamed.by_row:
            del born[streamed.input_tensor]
    shared: dict[int, int] = {}
    for step, call in steps:
        free = [
            i
            for i in (call.inputs[place] for place in call.in_place)
            if tensors[i].data is None
            and last[i] == step
            and call.inputs.count(i) == 1
            and tensors[i].bytes == tensors[call.output].bytes
        ]
        if free:
            shared[call.output] = shared.get(free[0], free[0])
        else:
            born[call.output] = step
    dies = {index: max(last.get(index, first), first) for index, first in born.items()}
    for index, root in shared.items():
        dies[root] = max(dies[root], last.get(index, 0))
    listed = [
        plan.Buffer(index, tensors[index].name, tensors[index].bytes + past.get(index, 0), first, dies[index])
        for index, first in born.items()
    ]
    listed += windows
    listed += [_scratch(call, step) for step, call in steps if call.scratch_bytes]
    return Buffers(tuple(listed), _behind(steps, listed, shared, streamed), shared)


def _windows(graph: Graph, streamed: Streamed) -> list[plan.Buffer]:
    """Windows, which keep their rows while others compute, and what is only there while one or two stages compute."""
    found = []
    for kept in streamed.kept:
        if kept.sink or kept.shares is not None:
            continue
        if kept.parts:
            first, last = min(each.first_use for each in kept.parts), max(each.last_use for each in kept.parts)
            found.append(plan.Buffer(kept.key, kept.parts[0].name, kept.bytes, first, last, kept.parts))
        else:
            name = f"sums of {graph.tensors[kept.window.tensor].name}"
            found.append(plan.Buffer(kept.key, name, kept.bytes, 0, streamed.ordinary, kind="sums"))
    for step, stage in enumerate(streamed.stages):
        if stage.call.scratch_bytes:
            found.append(_scratch(stage.call, step))
    return found


def _scratch(call: Call, step: int) -> plan.Buffer:
    return plan.Buffer(("scratch", call.name), f"{call.name} scratch", call.scratch_bytes, step, step, kind="scratch")


def _behind(
    steps: Sequence[tuple[int, Call]],
    listed: Sequence[plan.Buffer],
    shared: Mapping[int, int],
    streamed: Streamed | None,
) -> plan.Behind:
    """Which layer's output may begin how far before the input that it is made of, where nothing else needs that."""
    by_key = {buffer.key: buffer for buffer in listed}
    found: dict[tuple[object, object], int] = {}
    for step, call in steps:
        if call.behind is None or call.output not in by_key:
            continue
        source = by_key.get(shared.get(call.inputs[0], call.inputs[0]))
        output = by_key[call.output]
        if source is not None and source.last_use == step and call.inputs.count(call.inputs[0]) == 1:
            found[output.key, source.key] = call.behind + call.writes_past
    if streamed and not streamed.by_row and streamed.under:
        # One is enough: where several tensors are collected, the largest.
        largest = max(streamed.under, key=lambda index: by_key[index].bytes)
        found[largest, streamed.input_tensor] = max(0, streamed.under[largest])
    return found
