"""What a device's answers to one set score against the truth: the metrics, and what their charts are drawn from."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import Curve, Details, InputResult, Score, Worst
from toolkit.data import metrics
from toolkit.data.task import Kind
from toolkit.statistics import confusion_matrix, wilson_interval
from toolkit.verify.workload import Workload

# Beyond this many classes a confusion matrix would only be large.
MOST_CLASSES = 64

TOP = ((5, 3), (100, 5))
"""From so many classes on it is counted, too, how often the true one is among the first so many."""

MOST_POINTS = 400
MOST_WORST = 12
MOST_ELEMENTS = 4
"""Of a sample's truth and output, in the list of the worst."""

MOST_DRAWN = 1 << 16
"""Elements of an input that is drawn beside what came back of it."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """What `SetResult` takes over, by the same names."""

    score: Score | None = None
    scores: dict[str, float] = field(default_factory=dict)
    confusion: tuple[tuple[int, ...], ...] = ()
    details: Details = field(default_factory=Details)


def of_set(work: Workload, results: Sequence[InputResult], real: Floats, answered: npt.NDArray[np.int64]) -> Scored:
    """The scores of one set.

    Args:
        results: of each input, with the class that the device named.
        real: [A, elements]: the scored output of each input that was answered whole, as real values.
        answered: [A]: which inputs these are.
    """
    details = Details(answered=len(answered))
    if work.labels is not None:
        return _classified(work.labels, results, real, answered, details)
    if not len(answered):
        return Scored(details=details)
    if work.task.kind is Kind.REGRESS and work.truth is not None:
        return _regressed(work, work.truth[answered], real, answered, details)
    if work.task.kind is Kind.RECONSTRUCT and work.real_inputs is not None:
        odd = None if work.truth is None else np.asarray(work.truth)[answered] != 0
        return _reconstructed(work, work.real_inputs[answered], odd, real, answered, details)
    return Scored(details=details)


def _classified(
    labels: npt.NDArray[np.int64],
    results: Sequence[InputResult],
    real: Floats,
    answered: npt.NDArray[np.int64],
    details: Details,
) -> Scored:
    """An input without an answer is no right one; F1 and curve are of those that were answered."""
    correct = sum(result.predicted == result.label for result in results)
    score = Score(correct, len(results), wilson_interval(correct, len(results)))
    pairs = [
        (result.label, result.predicted)
        for result in results
        if result.label is not None and result.predicted is not None
    ]
    classes = max(2, real.shape[1], 1 + int(labels.max(initial=0)))
    truth, said = np.array(pairs, np.int64).reshape(-1, 2).T
    scores = {"accuracy": correct / len(results) if results else math.nan, "macro_f1": metrics.macro_f1(truth, said)}
    known = labels[answered]
    if real.shape[1] > 1 and known.max(initial=0) < real.shape[1] and results:
        places = metrics.ranks(known, real)
        for fewest, first in TOP:
            if classes >= fewest:
                scores[f"top{first}"] = float((places < first).sum()) / len(results)
    curve = None
    if classes == 2 and 0 < known.sum() < len(known):
        second = real[:, 0] if real.shape[1] == 1 else real[:, 1] - real[:, 0]
        scores["auc"], curve = _curve(known != 0, np.where(np.isnan(second), np.inf, second))
    confusion = confusion_matrix(pairs, classes) if classes <= MOST_CLASSES else ()
    return Scored(score, _finite(scores), confusion, dataclasses.replace(details, curve=curve))


def _regressed(
    work: Workload, truth: npt.NDArray[Any], real: Floats, answered: npt.NDArray[np.int64], details: Details
) -> Scored:
    truth = np.asarray(truth, np.float64).reshape(real.shape)
    found = metrics.errors(truth, real)
    apart = real - truth
    each = np.abs(apart).mean(axis=1)
    each = np.where(np.isnan(each), np.inf, each)
    shown = np.unique(np.linspace(0, truth.size - 1, min(MOST_POINTS, truth.size)).round().astype(int))
    points = np.stack((truth.ravel()[shown], real.ravel()[shown]), axis=1)
    return Scored(
        scores=_finite({"mae": found.mean_absolute, "rmse": found.root_mean_square, "r2": found.r2}),
        details=dataclasses.replace(
            details,
            errors=metrics.distribution(apart.ravel()),
            points=tuple((_short(right), _short(said)) for right, said in points[np.isfinite(points).all(axis=1)]),
            worst=tuple(
                dataclasses.replace(
                    _worst(work, answered[place], each[place]), truth=_first(truth[place]), said=_first(real[place])
                )
                for place in np.argsort(-each, kind="stable")[:MOST_WORST]
            ),
        ),
    )


def _reconstructed(
    work: Workload,
    inputs: npt.NDArray[Any],
    odd: npt.NDArray[np.bool_] | None,
    real: Floats,
    answered: npt.NDArray[np.int64],
    details: Details,
) -> Scored:
    """The mean error is of the normal samples where flags say which these are."""
    each = metrics.square_errors(inputs.reshape(len(inputs), -1), real)
    falling = np.argsort(-each, kind="stable")
    scores, curve = {}, None
    if odd is None:
        worst = list(falling[:MOST_WORST])
        scores["mean_error"] = float(each.mean())
    else:
        half = MOST_WORST // 2
        worst = [*falling[~odd[falling]][:half], *falling[odd[falling]][::-1][:half]]
        if not odd.all():
            scores["mean_error"] = float(each[~odd].mean())
        if odd.any() and not odd.all():
            scores["auc"], curve = _curve(odd, each)
    return Scored(
        scores=_finite(scores),
        details=dataclasses.replace(
            details,
            odd=None if odd is None else int(odd.sum()),
            errors=metrics.distribution(each, odd),
            curve=curve,
            worst=tuple(
                dataclasses.replace(
                    _worst(work, answered[place], each[place]),
                    odd=None if odd is None else bool(odd[place]),
                    given=_drawn(inputs[place]),
                    output=_drawn(real[place]),
                )
                for place in worst
            ),
        ),
    )


def _curve(odd: npt.NDArray[np.bool_], scores: Floats) -> tuple[float, Curve]:
    return metrics.area_under_curve(odd, scores), metrics.curve(odd, scores)


def _worst(work: Workload, index: int, error: float) -> Worst:
    name = work.names[index] if work.names else ""
    return Worst(int(index), name, _short(error) if math.isfinite(error) else None)


def _short(value: float) -> float:
    """Six significant figures: what a chart or a list can show."""
    return float(f"{value:.6g}")


def _first(values: Floats) -> tuple[float | None, ...]:
    return tuple(_short(each) if math.isfinite(each) else None for each in values[:MOST_ELEMENTS])


def _drawn(values: npt.NDArray[Any]) -> tuple[float, ...]:
    flat = np.nan_to_num(np.asarray(values, np.float64).ravel())
    return tuple(flat.tolist()) if flat.size <= MOST_DRAWN else ()


def _finite(scores: dict[str, float]) -> dict[str, float]:
    """What is not defined here is left out: JSON has no word for it."""
    return {name: value for name, value in scores.items() if math.isfinite(value)}
