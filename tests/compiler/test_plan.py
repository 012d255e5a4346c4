"""The memory plan: nothing overlaps that is alive at once, the bound is reached where greedy placing misses it."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.compiler import plan
from toolkit.compiler.plan import ALIGNMENT, Buffer

lives = st.tuples(st.integers(1, 40), st.integers(0, 9), st.integers(0, 4))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(lives, min_size=1, max_size=14))
def test_nothing_that_is_alive_at_once_overlaps(drawn: list[tuple[int, int, int]]) -> None:
    buffers = [Buffer(n, f"b{n}", size, start, start + long) for n, (size, start, long) in enumerate(drawn)]
    offsets, size = plan.place(buffers)
    assert size >= plan.bound(buffers)
    assert (offsets, size) == plan.place(buffers)
    for buffer in buffers:
        assert offsets[buffer.key] % ALIGNMENT == 0
        assert offsets[buffer.key] + buffer.bytes <= size
    for a, b in itertools.combinations(buffers, 2):
        if a.first_use <= b.last_use and b.first_use <= a.last_use:
            low, high = sorted((a, b), key=lambda each: offsets[each.key])
            assert offsets[low.key] + low.bytes <= offsets[high.key]


def test_the_bound_where_the_largest_first_misses_it() -> None:
    """40 lies at 0 first, 24 above it; 32, alive with both at other times, then finds no room below 64."""
    sizes = [(40, 0, 0), (24, 0, 2), (32, 2, 3), (16, 1, 2), (24, 1, 1), (40, 3, 4)]
    buffers = [Buffer(n, f"b{n}", *each) for n, each in enumerate(sizes)]
    greedy, reached = plan._in_order(  # noqa: SLF001 - the first of all tries
        buffers,
        [
            [n for n, b in enumerate(buffers) if b.first_use <= a.last_use and a.first_use <= b.last_use]
            for a in buffers
        ],
        sorted(range(len(buffers)), key=lambda at: (-buffers[at].bytes, buffers[at].first_use)),
    )
    assert len(greedy) == len(buffers)
    _, size = plan.place(buffers)
    assert size == plan.bound(buffers) < reached
