"""Static memory plan: every tensor and scratch buffer gets a place in one arena, by lifetime.

Buffers whose lifetimes touch never overlap. Placing the largest first, each at the lowest offset that is free for
its whole life, is the greedy-by-size heuristic of Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net
Inference" (MLSys 2020); on the networks here it reaches the lower bound, the largest sum of buffers alive at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.artifacts import PlannedBuffer

ALIGNMENT = 4


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


def place(buffers: Sequence[Buffer]) -> tuple[dict[object, int], int]:
    """Offsets by key, and the arena's size; all offsets are multiples of ALIGNMENT."""
    offsets: dict[object, int] = {}
    placed: list[Buffer] = []
    for buffer in sorted(buffers, key=lambda b: (-b.bytes, b.first_use)):
        neighbours = sorted(
            (offsets[b.key], offsets[b.key] + b.bytes)
            for b in placed
            if b.first_use <= buffer.last_use and buffer.first_use <= b.last_use
        )
        offset = 0
        for start, end in neighbours:
            if offset + buffer.bytes <= start:
                break
            offset = max(offset, _aligned(end))
        offsets[buffer.key] = offset
        placed.append(buffer)
    return offsets, max((_aligned(offsets[b.key] + b.bytes) for b in placed), default=0)


def picture(buffers: Sequence[Buffer], offsets: dict[object, int]) -> tuple[PlannedBuffer, ...]:
    """The plan as an artifact, in the order of first use."""
    return tuple(
        PlannedBuffer(b.name, offsets[b.key], b.bytes, b.first_use, b.last_use)
        for b in sorted(buffers, key=lambda b: (b.first_use, offsets[b.key]))
    )
