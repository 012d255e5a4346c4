"""What outputs score against the truth.

Own arithmetic, held to scikit-learn's by the tests: that package and SciPy bring 200 MB, and more than a second to each
`tinyml verify`, for these few lines. And it breaks ties otherwise: of equal elements it puts the last first, a device's
argmax the first, and int8 outputs are full of equals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import Curve, Distribution
from toolkit.errors import DatasetError

Real = npt.NDArray[np.floating[Any]]
Floats = npt.NDArray[np.float64]

MOST_CURVE_POINTS = 100
BINS = 40
_HUGE = 1e200
"""Beyond all squares of a float32's values; sums of such numbers overflow."""


def ranks(labels: npt.NDArray[np.int64], outputs: Real) -> npt.NDArray[np.int64]:
    """CLASSIFY: how many classes an output, [N, elements], names before the true one, [N]; 0 is a right answer.

    In the order of `task.predicted`: a larger element first, of equals the one that comes first; NaN before all.
    """
    rows = np.where(np.isnan(outputs), np.inf, outputs)
    own = rows[np.arange(len(rows)), labels][:, None]
    earlier = np.arange(rows.shape[1]) < labels[:, None]
    return np.asarray(((rows > own) | ((rows == own) & earlier)).sum(axis=1), np.int64)


@dataclass(frozen=True)
class ClassScore:
    """How one class fared.

    Attributes:
        support: samples of that class.
        precision: of the samples that were called so, how many are; None if none was.
        recall: of its samples, how many were called so; None if there is none.
        f1: the harmonic mean of the two, 0 where it is not defined, as scikit-learn has it.
    """

    support: int
    precision: float | None
    recall: float | None
    f1: float


def per_class(matrix: Sequence[Sequence[int]]) -> tuple[ClassScore, ...]:
    """Of a confusion matrix: rows are the truth, columns what was said."""
    counts = np.asarray(matrix, np.int64).reshape(len(matrix), len(matrix))
    right, support, said = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    return tuple(
        ClassScore(
            int(own),
            float(hit / called) if called else None,
            float(hit / own) if own else None,
            float(2 * hit / (own + called)) if own + called else 0.0,
        )
        for hit, own, called in zip(right, support, said, strict=True)
    )


def macro_f1(labels: npt.NDArray[np.int64], said: npt.NDArray[np.int64]) -> float:
    """The mean F1 score of all classes that occur, in the truth or in what was said; NaN if there are no samples."""
    seen = np.union1d(labels, said)
    hits = np.array([np.count_nonzero((labels == each) & (said == each)) for each in seen])
    whole = np.array([np.count_nonzero(labels == each) + np.count_nonzero(said == each) for each in seen])
    return float((2 * hits / whole).mean()) if len(seen) else float("nan")


@dataclass(frozen=True)
class Errors:
    """How far outputs are from the truth, over all elements, in the truth's own unit.

    Attributes:
        r2: the share of the truth's variance that is explained: 1 - squared errors / squared distances from the mean,
            the mean of it over the elements of a sample; NaN for fewer than two samples, or elements that are all the
            same.
    """

    mean_absolute: float
    root_mean_square: float
    largest: float
    r2: float


def errors(truth: npt.NDArray[Any], outputs: npt.NDArray[Any]) -> Errors:
    """REGRESS: how far real outputs are from the truth; both [N, ...] with as many elements each.

    Raises:
        DatasetError: they have not, or there are none.
    """
    if truth.size != outputs.size or not truth.size:
        raise DatasetError(f"the truth has {truth.size:,} values, the outputs have {outputs.size:,}")
    right = np.asarray(truth, np.float64).reshape(len(truth), -1)
    apart = np.abs(right - np.asarray(outputs, np.float64).reshape(right.shape))
    squares = np.square(apart)
    spread = np.square(right - right.mean(axis=0)).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = np.where(spread > 0, 1 - squares.sum(axis=0) / spread, np.nan).mean()
    return Errors(float(apart.mean()), float(np.sqrt(squares.mean())), float(apart.max()), float(r2))


def square_errors(inputs: npt.NDArray[Any], outputs: npt.NDArray[Any]) -> Floats:
    """RECONSTRUCT: the mean square error of each sample, [N]: the higher, the odder it is; infinite where it is no
    number.

    Raises:
        DatasetError: outputs are not as large as the inputs.
    """
    if inputs.size != outputs.size or len(inputs) != len(outputs):
        raise DatasetError(f"the inputs have {inputs.size:,} values, the outputs have {outputs.size:,}")
    apart = np.asarray(inputs, np.float64) - np.asarray(outputs, np.float64).reshape(inputs.shape)
    means = np.square(apart).reshape(len(inputs), -1).mean(axis=1)
    return np.asarray(np.where(np.isnan(means), np.inf, means))


def _steps(odd: npt.NDArray[Any], scores: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """By falling threshold, from above all scores: how many normal and how many odd samples reach it."""
    is_odd = np.asarray(odd) != 0
    if not is_odd.any() or is_odd.all():
        raise DatasetError("a curve needs odd samples and normal ones", "give both kinds")
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last = np.append(ordered[1:] != ordered[:-1], True)  # equals are reached together
    hits, falls = np.cumsum(is_odd[order])[last], np.cumsum(~is_odd[order])[last]
    return np.concatenate(([0], falls)), np.concatenate(([0], hits))


def area_under_curve(odd: npt.NDArray[Any], scores: Floats) -> float:
    """How often an odd sample scores higher than a normal one; equals count half.

    Args:
        odd: [N], not 0 for the odd ones.
        scores: [N], none of them NaN.

    Raises:
        DatasetError: all samples are odd, or none is.
    """
    falls, hits = _steps(odd, scores)
    # Trapezia, in whole numbers until the last step.
    area = int(((falls[1:] - falls[:-1]) * (hits[1:] + hits[:-1])).sum())
    return area / (2 * int(falls[-1]) * int(hits[-1]))


def curve(odd: npt.NDArray[Any], scores: Floats, most: int = MOST_CURVE_POINTS) -> Curve:
    """The receiver operating characteristic, with points on straight lines left out, and then thinned to `most`.

    Raises:
        DatasetError: all samples are odd, or none is.
    """
    falls, hits = _steps(odd, scores)
    right, up = np.diff(falls), np.diff(hits)
    bends = np.concatenate(([True], right[1:] * up[:-1] != right[:-1] * up[1:], [True]))
    falls, hits = falls[bends], hits[bends]
    kept = np.unique(np.linspace(0, len(falls) - 1, min(most, len(falls))).round().astype(int))
    return Curve(
        tuple(np.round(falls[kept] / falls[-1], 6).tolist()), tuple(np.round(hits[kept] / hits[-1], 6).tolist())
    )


def distribution(values: Floats, odd: npt.NDArray[np.bool_] | None = None, bins: int = BINS) -> Distribution | None:
    """Real values in at most `bins` bins of equal width; None if no value is finite.

    Values further outside of the middle 98 % than that is wide are counted in `below` and `beyond`, and so are infinite
    ones: a few outliers must not hide the shape of all others. NaN counts as beyond, and _HUGE as infinite.

    Args:
        odd: [N]: those that are counted in `odd` too.
    """
    values = np.where(np.abs(values) < _HUGE, values, np.where(values < 0, -np.inf, np.inf))
    finite = values[np.isfinite(values)]
    if not finite.size:
        return None
    least, most = float(finite.min()), float(finite.max())
    first, last = (float(each) for each in np.quantile(finite, (0.01, 0.99)))
    reach = last - first
    low, high = max(least, first - reach), min(most, last + reach)
    if not high > low:
        low, high = least, most
    inside = (values >= low) & (values <= high)
    same = high - low <= max(1e-9 * max(abs(low), abs(high)), 1e-200)  # as far as words can tell them apart

    def counted(which: npt.NDArray[np.bool_]) -> tuple[int, ...]:
        if same:
            return (int(which.sum()),)
        return tuple(np.histogram(values[which], bins, (low, high))[0].tolist())

    return Distribution(
        low,
        0.0 if same else (high - low) / bins,
        counted(inside),
        () if odd is None else counted(inside & odd),
        int((values < low).sum()),
        int((values > high).sum()),
    )
