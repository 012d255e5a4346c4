"""Static memory plan: every tensor and scratch buffer gets a place in one arena, by lifetime.

Buffers whose lifetimes touch never overlap, but for a layer that goes through its input and its output row by row: its
output may begin so far before the input that it only covers rows which are read no more (`Call.behind`).

They are placed one after the other, each at the lowest offset that is free for its whole life. The largest first is the
greedy-by-size heuristic of Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference" (MLSys 2020).
Where that does not reach the lower bound, the largest sum of what is alive at once, other orders are tried: a buffer
that ends at the top is moved forward, or two change places, and what is no worse is kept. The tries are seeded and
counted, so that one network always gets one plan.

A buffer may be of pieces, each with a life of its own: they are placed together, and where one is not alive others may
lie.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from toolkit.artifacts import PlannedBuffer

ALIGNMENT = 4
WORK = 1_500_000
"""Comparisons of two places: about a second."""
_FORWARD = 0.5
"""The share of tries that move a buffer at the top; the others swap two."""


@dataclass(frozen=True)
class Piece:
    """A part of a buffer, `start` bytes behind its begin, with a life of its own; the rest as in `PlannedBuffer`."""

    name: str
    start: int
    bytes: int
    first_use: int
    last_use: int
    kind: str = "tensor"
    rows: int = 0


@dataclass(frozen=True)
class Buffer:
    """What is to be placed: alive from step `first_use` to step `last_use`, both included.

    `parts`: what it consists of, if not all of it is alive for all that time. Pieces that meet in time do not overlap.
    `kind`: see `PlannedBuffer`.
    """

    key: object
    name: str
    bytes: int
    first_use: int
    last_use: int
    parts: tuple[Piece, ...] = ()
    kind: str = "tensor"

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Its parts, or all of it as one."""
        return self.parts or (Piece(self.name, 0, self.bytes, self.first_use, self.last_use, self.kind),)

    def at(self, step: int) -> int:
        """Bytes that are alive in a step, with what alignment adds where it is in one piece."""
        if not self.parts:
            return _aligned(self.bytes) if self.first_use <= step <= self.last_use else 0
        return sum(piece.bytes for piece in self.parts if piece.first_use <= step <= piece.last_use)


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT


Behind = Mapping[tuple[object, object], int]
"""Two buffers that meet in one step, by key: the first may overlap the second if it begins so many bytes before it."""


def bound(buffers: Sequence[Buffer], behind: Behind | None = None) -> int:
    """The least that any plan needs: the largest sum of what is alive at once."""
    sizes = {buffer.key: _aligned(buffer.bytes) for buffer in buffers}
    lives = {buffer.key: (buffer.first_use, buffer.last_use) for buffer in buffers}
    saved: dict[int, int] = {}
    for (low, high), apart in (behind or {}).items():
        together = max(sizes[low], _aligned(apart) + sizes[high])
        first, last = max(lives[low][0], lives[high][0]), min(lives[low][1], lives[high][1])
        for step in range(first, last + 1):
            saved[step] = max(saved.get(step, 0), sizes[low] + sizes[high] - together)
    steps = {piece.first_use for buffer in buffers for piece in buffer.pieces}
    return max((sum(b.at(step) for b in buffers) - saved.get(step, 0) for step in steps), default=0)


def place(buffers: Sequence[Buffer], behind: Behind | None = None, work: int = WORK) -> tuple[dict[object, int], int]:
    """Offsets by key, and the arena's size; all offsets are multiples of ALIGNMENT.

    Args:
        work: comparisons to spend beyond the first order.
    """
    order = sorted(range(len(buffers)), key=lambda at: (-buffers[at].bytes, buffers[at].first_use))
    meetings = _meetings(buffers, behind or {})
    offsets, size = _in_order(buffers, meetings, order)
    # A chain whose outputs begin before their inputs: the last one lies lowest, and what is kept for no other layer
    # finds room beside it.
    chain = sorted(order, key=lambda at: (buffers[at].first_use == buffers[at].last_use, -buffers[at].first_use))
    other, lower = _in_order(buffers, meetings, chain)
    if lower < size:
        order, offsets, size = chain, other, lower
    least = bound(buffers, behind)
    random = Random(len(buffers))  # noqa: S311 - one plan for one network
    for _ in range(work // (1 + sum(len(each) ** 2 for each in meetings))):
        if size <= least:
            break
        tried = list(order)
        at = random.randrange(len(tried))
        if random.random() < _FORWARD:
            top = [n for n, b in enumerate(buffers) if _aligned(offsets[n] + b.bytes) == size]
            tried.remove(top[0])
            tried.insert(random.randrange(at + 1), top[0])
        else:
            second = random.randrange(len(tried))
            tried[at], tried[second] = tried[second], tried[at]
        found, reached = _in_order(buffers, meetings, tried)
        if reached <= size:
            order, offsets, size = tried, found, reached
    return {buffer.key: offset for buffer, offset in zip(buffers, offsets, strict=True)}, size


Meeting = tuple[int, tuple[tuple[int, int], ...]]
"""Another buffer's place, and how far behind its begin this one must not begin: more than the first number of bytes,
and less than the second, of each pair."""


def _meetings(buffers: Sequence[Buffer], behind: Behind) -> list[list[Meeting]]:
    """Of each buffer: those that are alive when it is."""
    found: list[list[Meeting]] = []
    for a in buffers:
        mine: list[Meeting] = []
        for other, b in enumerate(buffers):
            if a is b or b.first_use > a.last_use or a.first_use > b.last_use:
                continue
            before = min(a.bytes, behind.get((a.key, b.key), a.bytes))
            after = min(b.bytes, behind.get((b.key, a.key), b.bytes))
            apart = _apart(a.pieces, b.pieces) if a.parts or b.parts else ((-_aligned(before), _aligned(after)),)
            if apart:
                mine.append((other, apart))
        found.append(mine)
    return found


def _apart(a: Sequence[Piece], b: Sequence[Piece]) -> tuple[tuple[int, int], ...]:
    """Of a `Meeting`: where pieces of the one would overlap pieces of the other."""
    ways = sorted(
        (-_aligned(mine.start + mine.bytes - its.start), _aligned(its.start + its.bytes - mine.start))
        for mine in a
        for its in b
        if mine.first_use <= its.last_use and its.first_use <= mine.last_use
    )
    joined: list[tuple[int, int]] = []
    for low, high in ways:
        # Not where they only touch: to begin just there is allowed.
        if joined and low < joined[-1][1]:
            joined[-1] = joined[-1][0], max(high, joined[-1][1])
        else:
            joined.append((low, high))
    return tuple(joined)


def _in_order(
    buffers: Sequence[Buffer], meetings: Sequence[Sequence[Meeting]], order: Sequence[int]
) -> tuple[list[int], int]:
    """Offsets by the buffers' own places, placed in this order, and the size."""
    offsets = [-1] * len(buffers)
    size = 0
    for at in order:
        taken = [
            (offsets[n] + low, offsets[n] + high) for n, apart in meetings[at] if offsets[n] >= 0 for low, high in apart
        ]
        for offset in sorted({0, *(high for _, high in taken if high > 0)}):
            if all(offset <= low or offset >= high for low, high in taken):
                offsets[at] = offset
                break
        size = max(size, _aligned(offsets[at] + buffers[at].bytes))
    return offsets, size


def picture(buffers: Sequence[Buffer], offsets: dict[object, int]) -> tuple[PlannedBuffer, ...]:
    """The plan as an artifact, in the order of first use."""
    pieces = [(piece, offsets[buffer.key] + piece.start) for buffer in buffers for piece in buffer.pieces]
    return tuple(
        PlannedBuffer(piece.name, offset, piece.bytes, piece.first_use, piece.last_use, piece.kind, piece.rows)
        for piece, offset in sorted(pieces, key=lambda each: (each[0].first_use, each[1]))
    )
