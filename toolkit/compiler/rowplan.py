"""How many layers stream, and what they keep: the windows of `rows.py` as buffers of the memory plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from toolkit.compiler import plan
from toolkit.compiler.buffers import Buffers, buffers_of
from toolkit.compiler.ir import Graph
from toolkit.compiler.lower import Call
from toolkit.compiler.rowflow import Flow, flow
from toolkit.compiler.rows import Stage, Window

NO_WINDOW = 0xFF
_MOST_WINDOWS = 200
_MOST_ROWS = 0x7FFF
_TRIED = 2
"""Numbers of layers for which a plan is searched, which may take a second: with the lowest bounds, and the lowest plans
to begin with."""

_WORK = plan.WORK // 3


@dataclass(frozen=True)
class Kept:
    """A window with its room.

    Attributes:
        key: of its buffer.
        capacity: rows.
        bytes: of all rows, and of what a kernel writes behind them.
        next: the place of another window that takes the same rows.
        sink: it collects the whole tensor.
        resting: of the capacity, what is there while other stages compute; the rows beyond are there from the stage
            that writes them, written, to the one that reads them, read.
        shares: the place of the window behind which it lies, with room for one row between the two; see `_paired`.
        parts: what lies there when: of both, where it is the lower one of such two.
    """

    window: Window
    key: object
    capacity: int
    bytes: int
    resting: int = 0
    written: int = 0
    read: int = 0
    next: int = NO_WINDOW
    sink: bool = False
    shares: int | None = None
    parts: tuple[plan.Piece, ...] = ()


@dataclass(frozen=True, eq=False)
class Streamed:
    """The first layers of a network as stages.

    Attributes:
        stages: as `rows.stages` found them.
        kept: their windows, stage by stage, then those that collect whole tensors.
        to: by stage, the place in `kept` that its rows are written to.
        source: where the input's rows are written to.
        input_tensor: the network's input, a root; input_rows: how many rows it has.
        by_row: the input comes row by row, and never lies whole.
        under: by tensor that is collected: how far before the input it must begin to lie under it.
    """

    stages: tuple[Stage, ...]
    kept: tuple[Kept, ...]
    to: tuple[int, ...]
    source: int
    input_tensor: int
    input_rows: int
    by_row: bool
    under: Mapping[int, int]

    @property
    def ordinary(self) -> int:
        """The first layer that is called when all rows have come."""
        return len(self.stages) - (self.stages[-1].finish is not None)

    @property
    def input_row_bytes(self) -> int:
        """Bytes of one row of the input."""
        return self.kept[self.source].window.row_bytes


@dataclass(frozen=True, eq=False)
class Choice:
    """A plan for a number of layers that stream; None: all tensors lie whole."""

    streamed: Streamed | None
    calls: tuple[Call, ...]
    buffers: Buffers
    offsets: dict[object, int]
    arena_bytes: int


def whole(graph: Graph, calls: tuple[Call, ...], roots: Mapping[int, int]) -> Choice:
    """The plan in which all tensors lie whole."""
    return _placed(graph, None, calls, buffers_of(graph, calls, roots))


def by_rows(
    graph: Graph, calls: tuple[Call, ...], roots: Mapping[int, int], found: tuple[Stage, ...], *, by_row: bool
) -> Choice | None:
    """The lowest plan in which layers stream; None where none can.

    Args:
        calls: of all layers, on whole tensors.
        found: the stages of as many layers as can stream.
        by_row: the input is to come row by row.
    """
    if not found:
        return None
    source = graph.inputs[0]
    rows = next(
        graph.tensors[index].shape[1]
        for stage in found
        for index, window in zip(stage.seen, stage.windows, strict=True)
        if window.tensor == source
    )
    if max(rows, *(stage.rows for stage in found)) > _MOST_ROWS:
        return None
    moving = flow(found, source, rows)
    options = []
    for count in range(1, len(found) + 1):
        for pairs in (True, False):
            streamed = _streamed(graph, calls, roots, found[:count], moving, rows, by_row, pairs)
            if streamed is not None:
                finish = found[count - 1].finish
                called = [stage.call for stage in found[: streamed.ordinary]] + ([finish] if finish else [])
                mixed = (*called, *calls[count:])
                options.append((streamed, mixed, buffers_of(graph, mixed, roots, streamed)))
    lowest = sorted(options, key=lambda each: plan.bound(each[2].listed, each[2].behind))[:_TRIED]
    lowest += sorted(options, key=lambda each: plan.place(each[2].listed, each[2].behind, work=0)[1])[:_TRIED]
    tried = {id(each[0]): each for each in lowest}
    return min((_placed(graph, *each) for each in tried.values()), key=lambda choice: choice.arena_bytes, default=None)


def _placed(graph: Graph, streamed: Streamed | None, calls: tuple[Call, ...], buffers: Buffers) -> Choice:
    offsets, size = plan.place(buffers.listed, buffers.behind, _WORK if streamed else plan.WORK)
    offsets |= {index: offsets[root] for index, root in buffers.shared.items()}
    for each in streamed.kept if streamed else ():
        if each.shares is not None and streamed is not None:
            # Where its rows begin when it is full: a row below where they rest.
            offsets[each.key] = offsets[streamed.kept[each.shares].key] + each.bytes - each.window.row_bytes
    first = streamed.ordinary if streamed else 0
    reads = [
        offsets[c.inputs[0]] + graph.tensors[c.inputs[0]].bytes + c.reads_past for c in calls[first:] if c.reads_past
    ]
    if streamed:
        place = 0
        for stage in streamed.stages:
            kept = streamed.kept[place]
            if stage.call.reads_past:
                reads.append(offsets[kept.key] + kept.capacity * kept.window.row_bytes + stage.call.reads_past)
            place += len(stage.windows)
    size = max([size, *(-(-end // plan.ALIGNMENT) * plan.ALIGNMENT for end in reads)])
    return Choice(streamed, calls, buffers, offsets, size)


def _streamed(
    graph: Graph,
    calls: Sequence[Call],
    roots: Mapping[int, int],
    stages: tuple[Stage, ...],
    moving: Flow,
    input_rows: int,
    by_row: bool,
    pairs: bool,
) -> Streamed | None:
    """These stages with their windows; None if more than their outputs is needed later, or there are too many.

    Args:
        pairs: windows share the room for a row where they can.
    """
    source = graph.inputs[0]
    later = {index for call in calls[len(stages) :] for index in call.inputs}
    later |= {roots.get(output, output) for output in graph.outputs}
    if source in later:
        return None
    rows = {stage.call.output: stage for stage in stages if stage.finish is None}
    kept: list[Kept] = []
    for at, stage in enumerate(stages):
        for place, window in enumerate(stage.windows):
            capacity = moving.capacity[at, place]
            resting = max(0, moving.resting[at, place])
            # The input's row comes when no stage computes.
            written = next((n for n, each in enumerate(stages) if each.call.output == window.tensor), 0)
            kept.append(
                Kept(window, ("window", at, place), capacity, capacity * window.row_bytes, resting, written, at)
            )
    for index, stage in rows.items():
        if index in later:
            window = Window(index, stage.row_bytes, stage.rows + 1)
            kept.append(Kept(window, index, stage.rows, stage.rows * stage.row_bytes, sink=True))
    if stages[-1].finish is not None:
        # Never full: what is computed stays in its first row, which is one of padding: so it begins at 0.
        size = stages[-1].call.sums_bytes
        window = Window(stages[-1].call.output, size, _MOST_ROWS, top=1)
        kept.append(Kept(window, ("sums", stages[-1].finish.name), 1, size))
    takers: dict[int, list[int]] = {}
    for place, each in enumerate(kept):
        takers.setdefault(each.window.tensor, []).append(place)
    if len(kept) > _MOST_WINDOWS or not all(stage.call.output in takers for stage in stages):
        return None
    past = {stage.call.output: stage.call.writes_past for stage in stages}
    for tensor, places in takers.items():
        for place, following in zip(places, [*places[1:], NO_WINDOW], strict=True):
            more = past.get(tensor, 0) if place == places[0] else 0
            kept[place] = replace(kept[place], bytes=kept[place].bytes + more, next=following)
    row_bytes = kept[takers[source][0]].window.row_bytes
    under = {
        index: max((y + 1) * rows[index].row_bytes - come * row_bytes for y, come in enumerate(moving.written[index]))
        + past[index]
        for index in rows
        if index in later
    }
    to = tuple(takers[stage.call.output][0] for stage in stages)
    count = {index: stage.rows for index, stage in rows.items()} | {source: input_rows}
    names = {index: f"{graph.tensors[index].name}, {{}} of {number} rows" for index, number in count.items()}
    end = max(0, len(stages) - 1 - (stages[-1].finish is not None))
    first_sink = sum(len(stage.windows) for stage in stages)
    kept = [*(_apart(each, names, end) for each in kept[:first_sink]), *kept[first_sink:]]
    if pairs:
        kept = _paired(stages, kept, source)
    return Streamed(stages, tuple(kept), to, takers[source][0], source, input_rows, by_row, under)


def _apart(kept: Kept, names: Mapping[int, str], end: int) -> Kept:
    """The window with what rests there until step `end`, and what is there only from when it is written until it is
    read."""
    row_bytes = kept.window.row_bytes
    name, rest = names[kept.window.tensor], kept.resting * row_bytes
    more = kept.capacity - kept.resting
    rows = plan.Piece(name.format(kept.resting), 0, rest if more else kept.bytes, 0, end, "rows", kept.resting)
    which = f"{more} more" if kept.resting else more
    row = plan.Piece(name.format(which), rest, kept.bytes - rest, kept.written, kept.read, "row", more)
    return replace(kept, parts=((rows,) if kept.resting else ()) + ((row,) if more else ()))


def _paired(stages: Sequence[Stage], kept: Sequence[Kept], source: int) -> list[Kept]:
    """The windows, some of them in pairs that share the room for a row.

    Between two passes a window has a row less than its kernel reads; the last one is there from when it is written
    until the kernel has run. So two windows that take and lose that row at different times need but one room for it,
    between them: the lower one takes its row there, the upper one moves down into it, and needs not slide up again.

        lower  | row | row | room | row | row |  upper

    """
    written = {stage.call.output: at for at, stage in enumerate(stages)} | {source: -1}
    in_twos = {source, *(stage.call.output for stage in stages if stage.at_once > 1)}
    found = list(kept)
    free: list[tuple[int, int, int, bool]] = []
    place = 0
    for at, stage in enumerate(stages):
        for window in stage.windows:
            each = kept[place]
            if window.height > 1 and each.capacity == window.height > each.resting:
                # What rests nowhere, as all its rows come at once, has no rows to rest above the room.
                moves = window.step == 1 and each.resting > 0 and window.tensor not in in_twos
                free.append((place, written[window.tensor], at, moves))
            place += 1
    free.sort(key=lambda each: -kept[each[0]].window.row_bytes)
    while free:
        lower, begins, ends, moves = free.pop(0)
        partner = next(
            (each for each in free if (each[1] > ends or each[2] < begins) and (each[3] or moves)),
            None,
        )
        if partner is None:
            continue
        free.remove(partner)
        upper = partner[0]
        if not partner[3]:
            lower, upper = upper, lower
        # Under the upper one there is room for the larger row, and for what a kernel writes behind it.
        room = max(_last(found[lower]), found[upper].window.row_bytes)
        rest = found[lower].bytes - _last(found[lower])
        room += -(rest + room - found[upper].window.row_bytes) % plan.ALIGNMENT
        row_bytes = found[upper].window.row_bytes
        whole = rest + room + found[upper].bytes - row_bytes
        rests, last = found[upper].parts
        above = (
            replace(rests, start=rest + room, bytes=found[upper].bytes - row_bytes),
            replace(last, start=rest + room - row_bytes, bytes=row_bytes),
        )
        found[lower] = replace(found[lower], bytes=whole, parts=(*found[lower].parts, *above))
        found[upper] = replace(found[upper], bytes=rest + room, shares=lower)
    return found


def _last(kept: Kept) -> int:
    """Bytes of a window's last row, with what a kernel writes behind it."""
    return kept.bytes - (kept.capacity - 1) * kept.window.row_bytes
