"""Flash, RAM and the arena as the report shows them; places are percentages: pictures scale, their text does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolkit.artifacts import LayerReport, LayerSize, PlannedBuffer
from toolkit.report import text

OWNER_COLOURS = 8
"""Colours of the style sheet for owners and buffers; owners beyond them share the last one."""


@dataclass(frozen=True)
class Owner:
    """One owner's part of the bytes; `width` in percent of all, `colour` a number of the style sheet's palette."""

    name: str
    bytes: str
    share: str
    width: float
    colour: int


@dataclass(frozen=True)
class MemoryBar:
    """Flash or RAM: bytes used against the board's limit, and who owns them."""

    name: str
    used: str
    used_exact: str
    limit: str
    share: str
    width: float
    over: bool
    note: str
    owners: tuple[Owner, ...]


def memory(name: str, used: int, limit: int, by_owner: Mapping[str, int], note: str) -> MemoryBar:
    """One memory's bars.

    Args:
        by_owner: bytes by owner; they need not add up to `used`: what is missing is shown as "other".
        note: what is and what is not counted.
    """
    owned = {owner: number for owner, number in by_owner.items() if number > 0}
    rest = used - sum(owned.values())
    if owned and rest > 0:
        owned["other"] = owned.get("other", 0) + rest
    whole = max(sum(owned.values()), 1)
    owners = tuple(
        Owner(
            owner,
            f"{number:,}",
            text.share(number, whole, 1),
            round(100 * number / whole, 3),
            min(place, OWNER_COLOURS - 1),
        )
        for place, (owner, number) in enumerate(sorted(owned.items(), key=lambda item: -item[1]))
    )
    return MemoryBar(
        name=name,
        used=text.size(used),
        used_exact=text.many(used, "byte"),
        limit=text.size(limit),
        share=text.share(used, limit, 1),
        width=round(min(100.0, 100 * used / limit) if limit else 0.0, 3),
        over=used > limit,
        note=note,
        owners=owners,
    )


@dataclass(frozen=True)
class PlanBox:
    """One buffer in the picture of the arena; places in percent; `mark` is its letter in the key below.

    Attributes:
        kind: as the plan has it; empty where it has none.
        bands: where one row of a tensor ends and the next begins, in percent of the box.
    """

    mark: str
    name: str
    bytes: str
    place: str
    life: str
    x: float
    y: float
    width: float
    height: float
    colour: int
    thin: bool
    kind: str = ""
    bands: tuple[float, ...] = ()


@dataclass(frozen=True)
class LayerLine:
    """One layer in the table beside the plan; `calls` names the kernels whose code is not in its own."""

    name: str
    operators: str
    constants: str
    code: str
    calls: str
    macs: str


@dataclass(frozen=True)
class PlanChart:
    """The memory plan: time runs to the right in layers, addresses run down.

    Attributes:
        steps: (place, width, label) of the numbered steps.
        long: so many buffers or layers that their tables are folded.
        streamed: (place, width) of the layers that run row by row; None: there are none.
        rows: which these are and what the picture shows of them, in words; empty.
        peak: (place, width) of the step in which most bytes are alive; most: these bytes and that step, in words.
    """

    boxes: tuple[PlanBox, ...]
    steps: tuple[tuple[float, float, str], ...]
    arena: str
    sum: str
    height: int
    layers: tuple[LayerLine, ...]
    long: bool
    streamed: tuple[float, float] | None
    rows: str
    peak: tuple[float, float]
    most: str


PLAN_HEIGHT = 260
"""Of the picture, in CSS pixels."""

MOST_STEPS = 12
"""Steps that are numbered under the picture: more would run into each other on a phone."""


def plan(
    buffers: Sequence[PlannedBuffer],
    layers: Sequence[LayerReport],
    arena_bytes: int | None,
    sizes: Mapping[str, LayerSize],
    streamed: int = 0,
) -> PlanChart | None:
    """The memory plan as a picture; None if there is none (an interpreter plans by itself).

    Args:
        streamed: so many of the first layers run row by row.
        sizes: by layer's name, as read from the linked image; of a layer that is not among them the code is not told.
    """
    if not buffers:
        return None
    first = min(buffer.first_use for buffer in buffers)
    last = max(len(layers) - 1, *(buffer.last_use for buffer in buffers))
    columns = last - first + 1
    arena = max(arena_bytes or 1, *(buffer.offset + buffer.bytes for buffer in buffers))
    boxes = []
    colours: dict[str, int] = {}
    for place, buffer in enumerate(buffers):
        # A tensor's rows have its colour, those that stay and those that are only there for a while.
        tensor = buffer.name.rpartition(", ")[0] if buffer.rows else f"{place}"
        colour = colours.setdefault(tensor, place % OWNER_COLOURS)
        height = 100 * buffer.bytes / arena
        boxes.append(
            PlanBox(
                mark=_letters(place),
                name=buffer.name,
                bytes=f"{buffer.bytes:,}",
                place=f"{buffer.offset:,}",
                life=_life(buffer, layers),
                x=round(100 * (buffer.first_use - first) / columns, 3),
                y=round(100 * buffer.offset / arena, 3),
                width=round(100 * (buffer.last_use - buffer.first_use + 1) / columns, 3),
                height=round(max(height, 100 * 2 / PLAN_HEIGHT), 3),
                colour=colour,
                thin=height * PLAN_HEIGHT / 100 < 16 or buffer.last_use - buffer.first_use + 1 < columns / 20,
                kind=buffer.kind,
                bands=tuple(round(100 * row / buffer.rows, 3) for row in range(1, buffer.rows)),
            )
        )
    every = -(-columns // MOST_STEPS)
    steps = tuple(
        (round(100 * place / columns, 3), round(100 / columns, 3), _step(first + place, layers))
        for place in range(0, columns, every)
    )
    total = sum(buffer.bytes for buffer in buffers)
    alive = [_alive(buffers, step) for step in range(first, last + 1)]
    peak = alive.index(max(alive))
    return PlanChart(
        boxes=tuple(boxes),
        steps=steps,
        arena=text.many(arena, "byte"),
        sum=text.many(total, "byte"),
        height=PLAN_HEIGHT,
        layers=tuple(_line(layer, sizes.get(layer.name)) for layer in layers),
        long=max(len(boxes), len(layers)) > 2 * MOST_STEPS,
        streamed=(round(100 * -first / columns, 3), round(100 * streamed / columns, 3)) if streamed else None,
        rows=_by_rows(streamed),
        peak=(round(100 * peak / columns, 3), round(100 / columns, 3)),
        most=f"{text.many(alive[peak], 'byte')} are in use at once, {_during(first + peak, layers)}",
    )


def _alive(buffers: Sequence[PlannedBuffer], step: int) -> int:
    """Bytes in which something is kept in a step; where two share a place, once."""
    count = end = 0
    for start, size in sorted((b.offset, b.bytes) for b in buffers if b.first_use <= step <= b.last_use):
        count += max(0, start + size - max(start, end))
        end = max(end, start + size)
    return count


def _by_rows(streamed: int) -> str:
    if not streamed:
        return ""
    which = "Layer 1 runs" if streamed == 1 else f"Layers 1 to {streamed} run"
    return (
        f"{which} row by row: striped are the rows of a tensor that are kept, a stripe each; outlined are those that "
        "are only there from the layer that writes them to the one that reads them, and scratch."
    )


def _line(layer: LayerReport, size: LayerSize | None) -> LayerLine:
    return LayerLine(
        name=layer.name,
        operators=" + ".join(layer.operators),
        constants=f"{layer.constants_bytes:,}" + (f" + {layer.shared_bytes:,} shared" if layer.shared_bytes else ""),
        code=f"{size.code_bytes:,}" if size else "",
        calls=", ".join(layer.kernels),
        macs=f"{layer.macs:,}",
    )


def _step(index: int, layers: Sequence[LayerReport]) -> str:
    """A step under the picture: "in" before the first layer, "out" after the last, else the layer's number."""
    return "in" if index < 0 else "out" if layers and index >= len(layers) else str(index + 1)


def _life(buffer: PlannedBuffer, layers: Sequence[LayerReport]) -> str:
    if buffer.first_use == buffer.last_use:
        return _during(buffer.first_use, layers)
    return f"from {_named(buffer.first_use, layers)} to {_named(buffer.last_use, layers)}"


def _during(index: int, layers: Sequence[LayerReport]) -> str:
    return f"during {_named(index, layers)}"


def _named(index: int, layers: Sequence[LayerReport]) -> str:
    label = _step(index, layers)
    return {"in": "the input", "out": "the output"}.get(label, f"layer {label}")


def _letters(place: int) -> str:
    """A, B ... Z, AA, AB ..."""
    return (_letters(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)
