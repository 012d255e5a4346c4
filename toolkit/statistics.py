"""Statistics of a run: proportions with their uncertainty, distributions, confusions."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from toolkit.artifacts import Histogram

_Z95 = 1.959963984540054
"""The 0.975 quantile of the standard normal distribution."""


def wilson_interval(correct: int, total: int) -> tuple[float, float]:
    """The 95 % score interval of a proportion (E. B. Wilson, JASA 22, 1927); (0, 1) if `total` is 0."""
    if total == 0:
        return 0.0, 1.0
    share = correct / total
    spread = 1 + _Z95**2 / total
    middle = (share + _Z95**2 / (2 * total)) / spread
    half = _Z95 * math.sqrt(share * (1 - share) / total + _Z95**2 / (4 * total**2)) / spread
    # Exact at the ends, where rounding would leave 1 outside of its own interval.
    return 0.0 if correct == 0 else middle - half, 1.0 if correct == total else middle + half


def histogram(values: Sequence[int], bins: int = 48) -> Histogram | None:
    """The distribution of whole numbers, in at most `bins` bins of equal whole width; None if there are no values.

    Values more than four times as far from the smallest as the 90th percentile are counted in `beyond` instead: a few
    late inferences must not hide the shape of all the others. Where 90 % of the values are equal nothing is left out.
    """
    if not values:
        return None
    ordered = sorted(values)
    start, top = ordered[0], ordered[-1]
    usual = ordered[math.ceil(0.9 * len(ordered)) - 1]
    if usual > start:
        top = ordered[bisect_right(ordered, start + 4 * (usual - start)) - 1]
    width = max(1, math.ceil((top - start + 1) / bins))
    counts = [0] * ((top - start) // width + 1)
    beyond = 0
    for value in ordered:
        place = (value - start) // width
        if place < len(counts):
            counts[place] += 1
        else:
            beyond += 1
    return Histogram(start, width, tuple(counts), beyond)


def confusion_matrix(pairs: Iterable[tuple[int, int]], classes: int) -> tuple[tuple[int, ...], ...]:
    """Counts of (truth, said) pairs: rows are the truth, columns what was said; both 0 <= class < `classes`."""
    counts = [[0] * classes for _ in range(classes)]
    for truth, said in pairs:
        counts[truth][said] += 1
    return tuple(map(tuple, counts))
