"""A network that always takes the same was drawn with a spread: that of a counter in steps of 40 instructions."""

from __future__ import annotations

import dataclasses
import io

import pytest
from rich.console import Console

from tests.report import samples
from toolkit.artifacts import Ticks
from toolkit.report import charts, terminal
from toolkit.statistics import histogram


def _ticks(unit: str, values: list[int], resolution: int = 1) -> Ticks:
    return Ticks(unit, min(values), sorted(values)[len(values) // 2], max(values), histogram(values), resolution)


@pytest.mark.parametrize(
    ("unit", "apart", "resolution", "drawn"),
    [
        ("instructions", 0, 1, False),
        ("instructions", 1, 1, True),  # one by one: a difference of one is a difference
        ("instructions", 40, 40, False),
        ("instructions", 41, 40, True),
        ("microseconds", 1, 1, False),  # a clock is read somewhere within its step
        ("microseconds", 2, 1, True),
    ],
)
def test_only_what_the_counter_can_tell_is_drawn(unit: str, apart: int, resolution: int, drawn: bool) -> None:
    chart = charts.times(_ticks(unit, [4_000, 4_000 + apart] * 5, resolution), samples.build())
    assert bool(chart.bars) is drawn
    assert chart.beyond.startswith("Every inference took") is not drawn


@pytest.mark.parametrize(
    ("unit", "resolution", "said"),
    [
        ("instructions", 1, "counted one by one"),
        ("instructions", 40, "in steps of 40 instructions"),
        ("microseconds", 1, "in steps of 1 microsecond"),
    ],
)
def test_the_resolution_stands_on_the_terminal_and_on_the_page(unit: str, resolution: int, said: str) -> None:
    ticks = _ticks(unit, [4_000, 4_400], resolution)
    assert said in charts.times(ticks, samples.build()).note.lower()
    console = Console(file=io.StringIO(), width=80)
    terminal.render(console, dataclasses.replace(samples.proven(), ticks=ticks), samples.build())
    assert isinstance(console.file, io.StringIO)
    assert said in " ".join(console.file.getvalue().split())
