"""An interval from -1e308 in `verification.json`: the report drew marks on its axis until the memory was gone."""

from __future__ import annotations

import pytest

from toolkit.artifacts import Score
from toolkit.report import charts


@pytest.mark.parametrize("low", [-1e308, -1e9, -1.0, float("nan"), float("-inf"), 0.5, 1e308])
def test_the_axis_has_a_few_marks(low: float) -> None:
    assert 2 <= len(charts.intervals({"mnist": Score(5, 10, (low, 0.8))}).ticks) <= 6
