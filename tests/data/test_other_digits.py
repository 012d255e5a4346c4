"""The harder drawn digits and scikit-learn's: the same bytes each time, of MNIST's form."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.data.digits.eight import enlarged, load_eight
from toolkit.data.digits.habits import OTHERS, habit, load_harder, sheet


def test_a_sheet_is_the_same_for_a_seed_and_another_for_the_next() -> None:
    one, again = (sheet(3, np.random.default_rng(5)) for _ in range(2))
    assert one.shape == (280, 280) and one.dtype == np.uint8
    assert np.array_equal(one, again)
    assert not np.array_equal(one, sheet(3, np.random.default_rng(6)))
    assert one.min() < 130 < one.max()


def test_ten_of_them_are_prepared_as_a_users_pictures() -> None:
    found = load_harder(10)
    assert found.labels.tolist() == list(range(10))
    assert found.values.shape == (10, 28, 28)
    assert all(20 < int((picture > 100).sum()) < 300 for picture in found.values)


def test_every_digit_has_shapes_of_several_schools() -> None:
    assert [len(shapes) for shapes in OTHERS] == [2] * 10
    hands = [habit(np.random.default_rng(seed)) for seed in range(100)]
    assert {hand.gap > 0 for hand in hands} == {hand.overshoot > 0 for hand in hands} == {True, False}


def test_small_digits_are_enlarged_about_their_centre_of_mass() -> None:
    small = np.zeros((8, 8), np.uint8)
    small[1:5, 3:5] = 16
    large = enlarged(small).astype(np.float64)
    rows, columns = np.indices(large.shape)
    assert large.max() > 240
    assert float((large * rows).sum() / large.sum()) == pytest.approx(13.5, abs=1.0)
    assert float((large * columns).sum() / large.sum()) == pytest.approx(13.5, abs=1.0)


def test_all_of_scikit_learns() -> None:
    pytest.importorskip("sklearn")
    found = load_eight()
    assert len(found) == 1797
    assert sorted(set(found.labels.tolist())) == list(range(10))
