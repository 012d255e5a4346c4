"""The memory plan: nothing overlaps that is alive at once, the bound is reached where greedy placing misses it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compiler import engine
from toolkit import resources
from toolkit.compiler import compile_model, plan
from toolkit.compiler.lower.shapes import Shape
from toolkit.compiler.plan import ALIGNMENT, Buffer, Piece

lives = st.tuples(st.integers(1, 40), st.integers(0, 9), st.integers(0, 4))


@settings(max_examples=30, deadline=None, derandomize=True)
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


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(st.lists(lives, min_size=1, max_size=3), min_size=1, max_size=8))
def test_pieces_lie_where_others_are_not_alive(drawn: list[list[tuple[int, int, int]]]) -> None:
    buffers = []
    for n, each in enumerate(drawn):
        starts = itertools.accumulate((size for size, _, _ in each), initial=0)
        parts = tuple(Piece(f"b{n}", at, size, b, b + long) for at, (size, b, long) in zip(starts, each, strict=False))
        ends = max(part.last_use for part in parts)
        whole = sum(part.bytes for part in parts)
        buffers.append(Buffer(n, f"b{n}", whole, min(part.first_use for part in parts), ends, parts))
    offsets, size = plan.place(buffers, work=20_000)
    assert size >= plan.bound(buffers)
    pieces = [(b.key, offsets[b.key] + p.start, p) for b in buffers for p in b.pieces]
    for (a, start, p), (b, other, q) in itertools.combinations(pieces, 2):
        if a != b and p.first_use <= q.last_use and q.first_use <= p.last_use:
            assert start + p.bytes <= other or other + q.bytes <= start


def test_the_bound_where_the_largest_first_misses_it() -> None:
    """40 lies at 0 first, 24 above it; 32, alive with both at other times, then finds no room below 64."""
    sizes = [(40, 0, 0), (24, 0, 2), (32, 2, 3), (16, 1, 2), (24, 1, 1), (40, 3, 4)]
    buffers = [Buffer(n, f"b{n}", *each) for n, each in enumerate(sizes)]
    largest_first = sorted(range(len(buffers)), key=lambda at: (-buffers[at].bytes, buffers[at].first_use))
    _, reached = plan._in_order(buffers, plan._meetings(buffers, {}), largest_first)
    _, size = plan.place(buffers)
    assert size == plan.bound(buffers) < reached


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=8))
def test_an_output_lies_under_its_input_by_what_it_must(drawn: list[tuple[int, int]]) -> None:
    """A chain of layers: each buffer is made of the one before it."""
    buffers = [Buffer(n, f"b{n}", size, n, n + 1) for n, (size, _) in enumerate(drawn)]
    behind: dict[tuple[object, object], int] = {(n + 1, n): apart for n, (_, apart) in enumerate(drawn[:-1])}
    offsets, size = plan.place(buffers, behind)
    assert size <= plan.place(buffers)[1]
    for low, high in itertools.pairwise(buffers):
        above = offsets[low.key] + low.bytes <= offsets[high.key]
        below = offsets[high.key] + high.bytes <= offsets[low.key]
        allowed = offsets[high.key] + behind[high.key, low.key] <= offsets[low.key]
        assert above or below or allowed


def test_a_distance_that_is_too_short_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests of all convolutions run on such plans: they would fail if a kernel read what is overwritten."""
    tflite = (resources.models() / "squeezenet" / "squeezenet_int8.tflite").read_bytes()
    sound = compile_model(tflite, isa="native", fpu=True, optimise="size")
    inputs = engine.random_inputs(sound, 2, 1)
    expected = engine.reference(tflite, inputs)
    np.testing.assert_array_equal(engine.run(sound, inputs), expected)
    right = Shape.behind
    monkeypatch.setattr(Shape, "behind", lambda self, size: right(self, size) // 2)
    wrong = compile_model(tflite, isa="native", fpu=True, optimise="size")
    assert wrong.arena_bytes <= sound.arena_bytes
    assert not np.array_equal(engine.run(wrong, inputs), expected)
