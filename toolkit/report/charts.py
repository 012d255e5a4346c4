"""Geometry of the report's charts: every place is a percentage, so that a picture scales and its text does not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolkit.artifacts import Build, Histogram, Score, Ticks
from toolkit.report import text


@dataclass(frozen=True)
class Interval:
    """One set's accuracy on a shared axis; places in percent of the axis. `more` is what else it scores."""

    name: str
    correct: str
    share: str
    interval: str
    more: str
    low: float
    point: float
    high: float


@dataclass(frozen=True)
class ClassRow:
    """How often one class is named rightly; `point` in percent of the axis."""

    label: str
    share: str
    point: float


@dataclass(frozen=True)
class IntervalChart:
    """Accuracies with their 95 % intervals, one set's class by class, and the axis that all stand on."""

    rows: tuple[Interval, ...]
    classes: tuple[ClassRow, ...]
    ticks: tuple[tuple[float, str], ...]


def intervals(
    accuracy: Mapping[str, Score],
    matrix: Sequence[Sequence[int]] = (),
    names: Sequence[str] = (),
    more: Mapping[str, str] | None = None,
) -> IntervalChart:
    """All sets on one axis that ends at 100 % and begins at a round value below the lowest of all.

    Args:
        accuracy: by the title of the set.
        matrix: a confusion matrix, whose rows give the accuracy of each class; may be empty.
        names: of the classes; empty for their numbers.
        more: by the title of the set: what else it scores, in words.
    """
    scores = {name: score for name, score in accuracy.items() if score.total}
    if not scores:
        return IntervalChart((), (), ())
    classes = [(label, row[label], sum(row)) for label, row in enumerate(matrix) if sum(row)]
    lowest = min(*(score.ci95[0] for score in scores.values()), 1.0, *(right / whole for _, right, whole in classes))
    # Of a record that another hand has changed: the axis has as many marks as the value is far from 1.
    lowest = min(max(0.0, lowest), 1.0)
    step = next((step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25) if (1 - lowest) / step <= 5), 0.25)
    first = min(math.floor(lowest / step) * step, 1 - step)

    def at(share: float) -> float:
        return round(100 * (share - first) / (1 - first), 3)

    rows = tuple(
        Interval(
            name,
            f"{score.correct:,} of {score.total:,}",
            text.share(score.correct, score.total),
            text.interval(score),
            (more or {}).get(name, ""),
            at(score.ci95[0]),
            at(score.correct / score.total),
            at(score.ci95[1]),
        )
        for name, score in scores.items()
    )
    marks = [first + place * step for place in range(round((1 - first) / step) + 1)]
    each = tuple(
        ClassRow(names[label] if label < len(names) else str(label), text.share(right, whole, 1), at(right / whole))
        for label, right, whole in classes
    )
    return IntervalChart(rows, each, tuple((at(mark), f"{100 * mark:.0f}%") for mark in marks))


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram; x, width and height in percent; `title` is what it says when pointed at."""

    x: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class TimeChart:
    """Time per inference."""

    bars: tuple[Bar, ...]
    median_at: float
    labels: tuple[str, str, str]
    beyond: str
    facts: tuple[tuple[str, str, str], ...]
    note: str


def times(ticks: Ticks, build: Build) -> TimeChart:
    """The distribution of the time per inference; without a histogram only its figures."""

    def fact(name: str, value: int) -> tuple[str, str, str]:
        return name, text.ticks(value, ticks.unit), text.as_time(value, ticks, build.clock_hz)

    facts = [fact("fastest", ticks.min), fact("median", ticks.median), fact("slowest", ticks.max)]
    if build.macs and ticks.unit != "microseconds":
        unit = ticks.unit.removesuffix("s")
        each = f"{ticks.median / build.macs:.2f} {unit}s"
        facts.append(("per multiply-accumulate", each, f"{build.macs:,} of them in an inference"))
    histogram = ticks.histogram
    if histogram is None or ticks.constant:
        bars: tuple[Bar, ...] = ()
        labels = ("", "", "")
        beyond = _constancy(ticks)
        median_at = 50.0
    else:
        bars = _bars(histogram)
        end = histogram.start + histogram.width * len(histogram.counts)
        labels = (f"{histogram.start:,}", ticks.unit, f"{end - 1:,}")
        median_at = min(100.0, 100 * (ticks.median - histogram.start + 0.5) / (end - histogram.start))
        beyond = (
            f"{text.many(histogram.beyond, 'inference')} took longer, up to {ticks.max:,}." if histogram.beyond else ""
        )
    note = f"{text.UNIT_NOTES.get(ticks.unit, ticks.unit)} {text.resolution(ticks).capitalize()}."
    return TimeChart(bars, round(median_at, 3), labels, beyond, tuple(facts), note)


def _constancy(ticks: Ticks) -> str:
    if not ticks.constant:
        return ""
    if ticks.min == ticks.max:
        return "Every inference took exactly the same."
    step = text.ticks(ticks.resolution, ticks.unit)
    return f"Every inference took the same, as far as a counter in steps of {step} can tell."


def _bars(histogram: Histogram) -> tuple[Bar, ...]:
    tallest = max(histogram.counts)
    pitch = 100 / len(histogram.counts)
    bars = []
    for place, number in enumerate(histogram.counts):
        if number == 0:
            continue
        low = histogram.start + place * histogram.width
        reach = f"{low:,}" if histogram.width == 1 else f"{low:,} to {low + histogram.width - 1:,}"
        height = max(1.5, 100 * number / tallest)
        bars.append(
            Bar(
                round(place * pitch, 3),
                round(pitch * 0.86, 3),
                round(height, 2),
                f"{reach}: {text.many(number, 'inference')}",
            )
        )
    return tuple(bars)
