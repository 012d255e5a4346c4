"""The metrics, held to scikit-learn's and to values that are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.data import metrics
from toolkit.errors import DatasetError
from toolkit.statistics import confusion_matrix

SEEDS = range(5)


def _labels(seed: int, classes: int = 4, count: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Class numbers, and others that are right three times in four."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, count)
    return truth, np.where(random.random(count) < 0.75, truth, random.integers(0, classes, count))


@pytest.mark.parametrize("seed", SEEDS)
def test_classes_as_scikit_learn_has_them(seed: int) -> None:
    theirs = pytest.importorskip("sklearn.metrics")
    truth, said = _labels(seed)
    ours = metrics.per_class(confusion_matrix(zip(truth.tolist(), said.tolist(), strict=True), 4))
    table = theirs.precision_recall_fscore_support(truth, said)
    found = [(each.precision, each.recall, each.f1, each.support) for each in ours]
    assert np.array(found, np.float64) == pytest.approx(np.array(table).T)
    assert metrics.macro_f1(truth, said) == pytest.approx(theirs.f1_score(truth, said, average="macro"))


@pytest.mark.parametrize("seed", SEEDS)
def test_errors_as_scikit_learn_has_them(seed: int) -> None:
    theirs = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(seed)
    truth = random.normal(3, 2, (200, 3))
    said = truth + random.normal(0, 0.5, truth.shape)
    ours = metrics.errors(truth, said)
    assert ours.mean_absolute == pytest.approx(theirs.mean_absolute_error(truth, said))
    assert ours.root_mean_square == pytest.approx(theirs.mean_squared_error(truth, said) ** 0.5)
    assert ours.r2 == pytest.approx(theirs.r2_score(truth, said))


@pytest.mark.parametrize("seed", SEEDS)
def test_curves_as_scikit_learn_has_them(seed: int) -> None:
    theirs = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(seed)
    odd = random.integers(0, 2, 150)
    scores = np.round(random.normal(odd, 1.0), 1)  # with ties
    assert metrics.area_under_curve(odd, scores) == pytest.approx(theirs.roc_auc_score(odd, scores))
    ours = metrics.curve(odd, scores, most=1000)
    false, true, _ = theirs.roc_curve(odd, scores, drop_intermediate=False)
    # Ours leaves out all points that lie between others on a line, and none besides.
    assert set(zip(ours.false, ours.true, strict=True)) <= set(zip(false.round(6), true.round(6), strict=True))
    assert np.trapezoid(ours.true, ours.false) == pytest.approx(theirs.auc(false, true), abs=1e-5)


def test_top_k_as_scikit_learn_has_it_where_nothing_is_equal() -> None:
    theirs = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(1)
    labels, outputs = random.integers(0, 10, 200), random.normal(size=(200, 10))
    for first in (1, 3, 5):
        share = (metrics.ranks(labels, outputs) < first).mean()
        assert share == pytest.approx(theirs.top_k_accuracy_score(labels, outputs, k=first, labels=np.arange(10)))


@given(st.lists(st.lists(st.integers(-2, 2) | st.just(np.nan), min_size=5, max_size=5), min_size=1, max_size=20))
def test_the_first_of_equals_is_the_answer_and_the_next_ones_follow(rows: list[list[float]]) -> None:
    outputs = np.array(rows, np.float64)
    for label in range(5):
        labels = np.full(len(rows), label)
        assert ((metrics.ranks(labels, outputs) == 0) == (np.argmax(outputs, axis=1) == label)).all()
    every = np.stack([metrics.ranks(np.full(len(rows), label), outputs) for label in range(5)])
    assert (np.sort(every, axis=0) == np.arange(5)[:, np.newaxis]).all()


def test_a_class_that_was_never_said_or_never_asked() -> None:
    never_asked, never_said, usual = metrics.per_class([[0, 0, 0], [1, 0, 1], [0, 0, 2]])
    assert never_asked == metrics.ClassScore(0, 0.0, None, 0.0)
    assert never_said == metrics.ClassScore(2, None, 0.0, 0.0)
    assert usual == metrics.ClassScore(2, 2 / 3, 1.0, 0.8)
    assert np.isnan(metrics.macro_f1(np.zeros(0, np.int64), np.zeros(0, np.int64)))


def test_errors_of_known_values() -> None:
    found = metrics.errors(np.array([0.0, 4.0]), np.array([[3.0], [0.0]]))
    assert (found.mean_absolute, found.largest) == (3.5, 4.0)
    assert found.r2 == pytest.approx(1 - 25 / 8)
    assert found.root_mean_square == pytest.approx(12.5**0.5)
    assert np.isnan(metrics.errors(np.ones(3), np.ones(3)).r2)  # nothing to explain
    assert np.isnan(metrics.errors(np.ones(1), np.zeros(1)).r2)
    odd = metrics.square_errors(np.zeros((3, 2)), np.array([[0, 0], [1, 1], [3, np.nan]]))
    assert odd.tolist() == [0.0, 1.0, np.inf]
    with pytest.raises(DatasetError, match="the outputs have 3"):
        metrics.errors(np.zeros(2), np.zeros(3))
    with pytest.raises(DatasetError, match="the outputs have 3"):
        metrics.square_errors(np.zeros((3, 2)), np.zeros((3, 1)))


def test_area_under_the_curve_is_the_share_of_pairs_in_order() -> None:
    random = np.random.default_rng(3)
    odd, found = random.integers(0, 2, 200), random.integers(0, 9, 200).astype(np.float64)
    pairs = [(a > b) + (a == b) / 2 for a in found[odd == 1] for b in found[odd == 0]]
    assert metrics.area_under_curve(odd, found) == pytest.approx(np.mean(pairs))
    with pytest.raises(DatasetError, match="odd samples and normal ones"):
        metrics.area_under_curve(np.ones(3), found[:3])


def test_a_curve_is_thinned_and_keeps_its_ends() -> None:
    random = np.random.default_rng(4)
    odd = random.integers(0, 2, 20_000)
    scores = random.normal(odd, 1.0)
    curve = metrics.curve(odd, scores)
    assert len(curve.false) == len(curve.true) == metrics.MOST_CURVE_POINTS
    assert (curve.false[0], curve.true[0], curve.false[-1], curve.true[-1]) == (0, 0, 1, 1)
    thinned = np.trapezoid(curve.true, curve.false)
    assert thinned == pytest.approx(metrics.area_under_curve(odd, scores), abs=2e-3)
    assert metrics.curve(np.array([0, 1]), np.array([0.0, 1.0])).false == (0.0, 0.0, 1.0)


@given(st.lists(st.floats(), max_size=200), st.integers(1, 50))
def test_a_distribution_loses_no_value(values: list[float], bins: int) -> None:
    array = np.array(values, np.float64)
    found = metrics.distribution(array, bins=bins)
    if found is None:
        assert not (np.abs(array) < 1e200).any()
        return
    assert len(found.counts) <= bins
    assert sum(found.counts) + found.below + found.beyond == len(values)


def test_outliers_do_not_hide_the_shape() -> None:
    values = np.append(np.linspace(0, 1, 999), 1e6)
    found = metrics.distribution(values, values > 0.5)
    assert found is not None
    assert found.beyond == 1
    assert found.start + found.width * len(found.counts) < 2.1
    assert sum(found.odd) == 499
