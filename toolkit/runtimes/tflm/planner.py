"""TFLM's memory planner (micro/memory_planner/greedy_memory_planner.cc), to see what more scratch makes of a plan.

A plan with one more buffer may grow by more than that buffer: the largest are placed first, and what comes later has to
fit around them. So it is laid out, not estimated.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Buffer:
    """Bytes, and the first and last operator (counted from 1; 0 is before them) that needs them."""

    size: int
    first: int
    last: int

    def meets(self, other: Buffer) -> bool:
        """Both are needed at some time."""
        return self.first <= other.last and other.first <= self.last


def planned(buffers: Iterable[Buffer]) -> int:
    """Bytes of the plan: each buffer, the largest first, at the lowest gap among those needed at the same time."""
    placed: list[tuple[int, Buffer]] = []  # by offset
    # Its sort is stable and begins with the last: of equal ones the later comes first.
    backwards = list(buffers)[::-1]
    for buffer in sorted(backwards, key=lambda buffer: -buffer.size):
        offset = 0
        for at, other in placed:
            if not other.meets(buffer):
                continue
            if at - offset >= buffer.size:
                break
            offset = max(offset, at + other.size)
        bisect.insort(placed, (offset, buffer), key=lambda entry: entry[0])
    return max((offset + buffer.size for offset, buffer in placed), default=0)
