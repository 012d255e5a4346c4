"""What sets score, as the report's charts show it: errors, scores of odd and normal samples, curves, the worst."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.artifacts import Curve, Distribution, SetResult, Verification, Worst
from toolkit.data import metrics
from toolkit.report import inputs, text
from toolkit.report.inputs import Picture


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram, in percent of the chart; `odd` is the height of its part that is odd."""

    x: float
    width: float
    height: float
    odd: float
    title: str


@dataclass(frozen=True)
class Bars:
    """A histogram of real values.

    Attributes:
        zero: where 0 is, in percent; None if it is outside.
        ends: the values at both ends.
        beyond: what is not drawn, in words.
    """

    bars: tuple[Bar, ...]
    zero: float | None
    ends: tuple[str, str]
    beyond: str


@dataclass(frozen=True)
class Line:
    """A receiver operating characteristic as a path in a square of 100 by 100, its origin at the top left."""

    path: str
    area: str


@dataclass(frozen=True)
class Scatter:
    """Points in a square of 100 by 100, and the line on which all would lie that are right.

    Attributes:
        points: across is the truth, down what was said.
        ends: the values at the square's corners.
    """

    points: tuple[tuple[float, float], ...]
    ends: tuple[str, str]


@dataclass(frozen=True)
class WorstTile:
    """One of the worst samples."""

    title: str
    name: str
    picture: Picture | None
    again: Picture | None
    error: str
    truth: str
    said: str


@dataclass(frozen=True)
class ClassRow:
    """One class of the table."""

    name: str
    support: str
    precision: str
    recall: str
    f1: str


@dataclass(frozen=True)
class Scored:
    """A set that is scored by something else than right and wrong.

    Attributes:
        mark: of the set, for the page's anchors.
        facts: name, value and note of each metric.
        odd, normal: how many; empty where nothing says so.
    """

    mark: int
    name: str
    one: str
    facts: tuple[tuple[str, str, str], ...]
    bars: Bars | None
    line: Line | None
    scatter: Scatter | None
    worst: tuple[WorstTile, ...]
    wide: bool
    odd: str = ""
    normal: str = ""


def of_task(verification: Verification, task: str) -> tuple[Scored, ...]:
    """The sets of a task: regress or reconstruct; those without an answer have nothing to show."""
    return tuple(
        _scored(mark, each, verification)
        for mark, each in enumerate(verification.sets)
        if each.task == task and each.details.errors is not None
    )


def _scored(mark: int, of: SetResult, verification: Verification) -> Scored:
    details = of.details
    worst = tuple(_worst(each, of, verification) for each in details.worst)
    odd = details.odd
    return Scored(
        mark=mark,
        name=of.words.title,
        one=of.one,
        facts=tuple(
            (text.metric(name), text.scored(name, value), _note(name, of)) for name, value in of.scores.items()
        ),
        bars=None if details.errors is None else bars(details.errors, "value" if of.task == "regress" else of.one),
        line=line(details.curve, of.scores.get("auc")),
        scatter=scatter(details.points),
        worst=worst,
        wide=any(each.picture is not None and each.picture.wide for each in worst),
        odd="" if odd is None else text.count(odd),
        normal="" if odd is None else text.count(details.answered - odd),
    )


def _note(name: str, of: SetResult) -> str:
    """What a metric is of, in a few words."""
    whose = text.many(of.details.answered, of.one)
    if name == "mean_error" and of.details.odd is not None:
        return f"of the {text.count(of.details.answered - of.details.odd)} normal ones"
    return {
        "r2": "1 is all of the truth's variance, 0 none",
        "auc": "how often an odd one scores above a normal one",
        "rmse": "large errors weigh more",
    }.get(name, f"of {whose}")


def _worst(sample: Worst, of: SetResult, verification: Verification) -> WorstTile:
    name = sample.name or f"no. {sample.index:,}"
    pictures = verification.pictures
    key = f"{of.name}/{sample.index}"
    return WorstTile(
        title=f"{of.words.one} {sample.name or format(sample.index, ',')}",
        name=name,
        picture=inputs.pictured(pictures.seen.get(key, ""), of),
        again=inputs.pictured(pictures.again.get(key, ""), of),
        error="no number" if sample.error is None else f"{sample.error:.4g}",
        truth=_values(sample.truth) if sample.odd is None else "odd" if sample.odd else "normal",
        said=_values(sample.said),
    )


def _values(values: tuple[float | None, ...]) -> str:
    return ", ".join("no number" if each is None else f"{each:.4g}" for each in values)


def bars(of: Distribution, one: str) -> Bars:
    """The histogram; the parts of odd samples, where they are known, stand on the axis, normal ones on top of them."""
    tallest = max(1, *of.counts)
    pitch = 100 / len(of.counts)
    odd = of.odd or (0,) * len(of.counts)
    end = of.start + of.width * len(of.counts)
    drawn = []
    for place, (number, strange) in enumerate(zip(of.counts, odd, strict=True)):
        if number:
            low = of.start + place * of.width
            reach = f"{low:.4g}" if not of.width else f"{low:.4g} to {low + of.width:.4g}"
            kinds = f", {strange:,} of them odd" if of.odd else ""
            height = max(1.5, 100 * number / tallest)
            part = height * strange / number
            title = f"{reach}: {number:,}{kinds}"
            drawn.append(Bar(round(place * pitch, 3), round(pitch * 0.86, 3), round(height, 2), round(part, 2), title))
    outside = " and ".join(
        f"{text.many(number, one)} {where}" for number, where in ((of.below, "below"), (of.beyond, "above")) if number
    )
    zero = round(100 * -of.start / (end - of.start), 3) if of.start < 0 < end else None
    return Bars(tuple(drawn), zero, (f"{of.start:.4g}", f"{end:.4g}"), f"Outside: {outside}." if outside else "")


def line(curve: Curve | None, area: float | None) -> Line | None:
    """The curve as a path; None if there is none."""
    if curve is None or area is None or not curve.false:
        return None
    points = (f"{100 * x:.4g} {100 - 100 * y:.4g}" for x, y in zip(curve.false, curve.true, strict=True))
    return Line("M" + "L".join(points), f"{area:.4f}")


def scatter(points: tuple[tuple[float, float], ...]) -> Scatter | None:
    """Truth against what was said, on one scale for both; None without points."""
    if not points:
        return None
    low, high = min(map(min, points)), max(map(max, points))
    reach = (high - low) or 1.0

    def at(value: float) -> float:
        return round(2 + 96 * (value - low) / reach, 2)

    return Scatter(
        tuple((at(truth), round(100 - at(said), 2)) for truth, said in points), (f"{low:.4g}", f"{high:.4g}")
    )


def classes(of: SetResult | None) -> tuple[ClassRow, ...]:
    """Class by class: precision, recall and F1; empty where there is no confusion matrix."""
    if of is None:
        return ()
    return tuple(
        ClassRow(
            of.class_name(number),
            text.count(each.support),
            "-" if each.precision is None else text.share(each.precision, 1, 1),
            "-" if each.recall is None else text.share(each.recall, 1, 1),
            f"{each.f1:.3f}",
        )
        for number, each in enumerate(metrics.per_class(of.confusion))
    )
