"""Proportions, distributions and confusions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from toolkit.statistics import confusion_matrix, histogram, wilson_interval


@pytest.mark.parametrize(("correct", "total"), [(9689, 10_000), (10, 10), (0, 10), (1, 2), (5, 10_000), (1, 1)])
def test_the_interval_is_wilson_s(correct: int, total: int) -> None:
    expected = binomtest(correct, total).proportion_ci(0.95, method="wilson")
    assert wilson_interval(correct, total) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize("total", [*range(1, 60), 9_999, 10_000])
def test_a_proportion_lies_in_its_own_interval(total: int) -> None:
    for correct in {0, 1, total // 2, total - 1, total}:
        low, high = wilson_interval(correct, total)
        assert 0 <= low <= correct / total <= high <= 1


def test_without_a_trial_nothing_is_known() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=300), st.integers(1, 64))
def test_a_histogram_loses_no_value(values: list[int], bins: int) -> None:
    result = histogram(values, bins)
    assert result is not None
    assert len(result.counts) <= bins
    assert sum(result.counts) + result.beyond == len(values)
    assert result.start == min(values)
    for place, number in enumerate(result.counts):
        low = result.start + place * result.width
        assert number == sum(low <= value < low + result.width for value in values)


def test_one_late_value_does_not_hide_the_shape_of_the_others() -> None:
    values = [1_000 + place % 40 for place in range(1_000)] + [90_000]
    result = histogram(values)
    assert result is not None
    assert result.beyond == 1
    assert result.counts == (25,) * 40


def test_a_rare_spread_around_a_constant_is_kept() -> None:
    result = histogram([70] * 95 + [80, 90, 100, 110, 400])
    assert result is not None
    assert result.beyond == 0
    assert result.counts[0] == 95


def test_an_empty_histogram() -> None:
    assert histogram([]) is None


def test_rows_are_the_truth() -> None:
    assert confusion_matrix([(0, 0), (0, 2), (2, 2), (0, 2)], 3) == ((1, 0, 2), (0, 0, 0), (0, 0, 1))
