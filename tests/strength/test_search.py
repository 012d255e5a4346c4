"""Made-up inputs: of several families, seeded, and those that are kept reach a network that noise does not reach."""

from __future__ import annotations

import numpy as np
import pytest

from tests.strength.networks import mean_softmax
from tests.strength.test_measure import PROPOSED
from toolkit import reference
from toolkit.artifacts import ElementType, TensorSpec
from toolkit.data import made
from toolkit.strength import look_for, measure
from toolkit.strength.measure import Asked
from toolkit.tflite.ends import ends_of, join

SATURATED = mean_softmax()


def _spec(dtype: ElementType, shape: tuple[int, ...] = (1, 6, 5, 2), zero_point: int = 0) -> TensorSpec:
    return TensorSpec("x", shape, dtype, 0.1, zero_point)


@pytest.mark.parametrize("dtype", [ElementType.INT8, ElementType.UINT8, ElementType.INT16, ElementType.FLOAT32])
@pytest.mark.parametrize("shape", [(1, 6, 5, 2), (1, 1), (1, 7), (1,)])
def test_every_family_suits_every_tensor(dtype: ElementType, shape: tuple[int, ...]) -> None:
    spec = _spec(dtype, shape)
    (units,) = made.made((spec,), 2 * len(made.FAMILIES), 5)
    assert np.abs(units).max() <= 1
    values = made.stored(spec, units)
    assert values.dtype == spec.numpy
    assert values.size == 2 * len(made.FAMILIES) * spec.elements
    assert len({row.tobytes() for row in values}) > len(made.FAMILIES)
    assert made.stored(spec, made.made((spec,), 20, 5)[0]).tobytes() == values.tobytes()


def test_noise_around_zero_is_around_the_zero_point() -> None:
    spec = _spec(ElementType.INT8, (1, 400), zero_point=90)
    values = made.stored(spec, made.made((spec,), 10, 5)[0])
    narrow = list(made.FAMILIES).index("narrow noise around zero")
    assert abs(values[narrow].mean() - 90) < 2


def _asked(tflite: bytes, values: tuple[np.ndarray, ...]) -> Asked:
    return Asked(join(ends_of(tflite).inputs, values), reference.expected_outputs(tflite, values))


def test_what_is_found_shows_more_than_noise() -> None:
    specs = ends_of(SATURATED).inputs
    noise = np.random.default_rng(707).integers(-128, 128, (30, *specs[0].sample)).astype(np.int8)
    found = look_for(SATURATED, specs, 30)
    assert found is not None
    assert found.values[0].shape == noise.shape
    assert found.tried > 30
    plain, better = measure(SATURATED, _asked(SATURATED, (noise,))), measure(SATURATED, _asked(SATURATED, found.values))
    assert plain.weak
    assert better.seen > 0.9 * better.planted
    assert not better.weak


def test_the_same_is_found_again_and_as_many_as_are_asked_for() -> None:
    specs = ends_of(PROPOSED).inputs
    first, second = look_for(PROPOSED, specs, 3), look_for(PROPOSED, specs, 3)
    assert first is not None
    assert second is not None
    assert len(first.values[0]) == 3
    np.testing.assert_array_equal(first.values[0], second.values[0])
