"""Statistics of proportions."""

from __future__ import annotations

import math

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
    return max(0.0, middle - half), min(1.0, middle + half)
