"""Static memory plan: every tensor and scratch buffer gets a place in one arena, by lifetime.

Buffers whose lifetimes touch never overlap. They are placed one after the other, each at the lowest offset that is free
for its whole life. The largest first is the greedy-by-size heuristic of Pisarchyk and Lee, "Efficient Memory Management
for Deep Neural Net Inference" (MLSys 2020). Where that does not reach the lower bound, the largest sum of buffers alive
at once, other orders are tried: a buffer that ends at the top is moved forward, or two change places, and what is no
worse is kept. The tries are seeded and counted, so that one network always gets one plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from toolkit.artifacts import PlannedBuffer

ALIGNMENT = 4
_WORK = 400_000
"""Pairs of buffers that may be looked at: under a second."""
_FORWARD = 0.5
"""The share of tries that move a buffer at the top; the others swap two."""


@dataclass(frozen=True)
class Buffer:
    """What is to be placed: alive from step `first_use` to step `last_use`, both included."""

    key: object
    name: str
    bytes: int
    first_use: int
    last_use: int


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT


def bound(buffers: Sequence[Buffer]) -> int:
    """The least that any plan needs: the largest sum of what is alive at once."""
    steps = {buffer.first_use for buffer in buffers}
    return max(
        (sum(_aligned(b.bytes) for b in buffers if b.first_use <= step <= b.last_use) for step in steps), default=0
    )


def place(buffers: Sequence[Buffer]) -> tuple[dict[object, int], int]:
    """Offsets by key, and the arena's size; all offsets are multiples of ALIGNMENT."""
    order = sorted(range(len(buffers)), key=lambda at: (-buffers[at].bytes, buffers[at].first_use))
    meets = [
        [other for other, b in enumerate(buffers) if b.first_use <= a.last_use and a.first_use <= b.last_use]
        for a in buffers
    ]
    offsets, size = _in_order(buffers, meets, order)
    least = bound(buffers)
    random = Random(len(buffers))
    for _ in range(_WORK // (1 + sum(map(len, meets)))):
        if size <= least:
            break
        tried = list(order)
        at = random.randrange(len(tried))
        if random.random() < _FORWARD:
            top = [n for n, b in enumerate(buffers) if _aligned(offsets[n] + b.bytes) == size]
            tried.remove(top[0])
            tried.insert(random.randrange(at + 1), top[0])
        else:
            other = random.randrange(len(tried))
            tried[at], tried[other] = tried[other], tried[at]
        found, reached = _in_order(buffers, meets, tried)
        if reached <= size:
            order, offsets, size = tried, found, reached
    return {buffer.key: offset for buffer, offset in zip(buffers, offsets, strict=True)}, size


def _in_order(buffers: Sequence[Buffer], meets: Sequence[Sequence[int]], order: Sequence[int]) -> tuple[list[int], int]:
    """Offsets by the buffers' own places, placed in this order, and the size."""
    offsets = [-1] * len(buffers)
    size = 0
    for at in order:
        wanted = buffers[at].bytes
        offset = 0
        taken = sorted((offsets[n], offsets[n] + buffers[n].bytes) for n in meets[at] if offsets[n] >= 0)
        for start, end in taken:
            if offset + wanted <= start:
                break
            offset = max(offset, _aligned(end))
        offsets[at] = offset
        size = max(size, _aligned(offset + wanted))
    return offsets, size


def picture(buffers: Sequence[Buffer], offsets: dict[object, int]) -> tuple[PlannedBuffer, ...]:
    """The plan as an artifact, in the order of first use."""
    return tuple(
        PlannedBuffer(b.name, offsets[b.key], b.bytes, b.first_use, b.last_use)
        for b in sorted(buffers, key=lambda b: (b.first_use, offsets[b.key]))
    )
