"""Made-up inputs, of several families: which of them reach a network's layers is found out by trying.

Noise over all values, which is the first thought, reaches little of many a network: its mean is always the same, and so
is the answer. Real inputs are smooth, or mostly zero, or near one level; so these families are that as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.data.tensor import Tensor

Unit = npt.NDArray[np.floating[Any]]
"""Elements from -1 to 1: the least and the largest that a whole type has, or -1 and 1 as they are."""

Random = np.random.Generator


def _noise(shape: tuple[int, ...], _: float, random: Random) -> Unit:
    return random.uniform(-1, 1, shape)


def _level(shape: tuple[int, ...], _: float, random: Random) -> Unit:
    return np.full(shape, random.uniform(-1, 1))


def _levels(shape: tuple[int, ...], _: float, random: Random) -> Unit:
    """One level for each place along the last dimension, with a little noise."""
    return random.uniform(-1, 1, shape[-1:]) + random.normal(0, 0.05, shape)


def _around(width: float) -> Callable[[tuple[int, ...], float, Random], Unit]:
    def around(shape: tuple[int, ...], zero: float, random: Random) -> Unit:
        return zero + random.normal(0, width, shape)

    return around


def _sparse(shape: tuple[int, ...], zero: float, random: Random) -> Unit:
    return np.where(random.random(shape) < random.uniform(0.01, 0.2), random.uniform(-1, 1, shape), zero)


def _smooth(shape: tuple[int, ...], _: float, random: Random) -> Unit:
    """A few random numbers along each dimension, and straight lines between them; over all values, or part of them."""
    field = random.uniform(-1, 1, [min(size, int(random.integers(2, 6))) for size in shape])
    for axis, size in enumerate(shape):
        at = np.linspace(0, field.shape[axis] - 1, size)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, field.shape[axis] - 1)
        share = (at - low).reshape([-1 if place == axis else 1 for place in range(len(shape))])
        field = np.take(field, low, axis) * (1 - share) + np.take(field, high, axis) * share
    return np.asarray(random.uniform(-0.6, 0.6) + field * random.uniform(0.2, 1.5))


def _smooth_with_noise(shape: tuple[int, ...], zero: float, random: Random) -> Unit:
    return _smooth(shape, zero, random) + random.normal(0, random.uniform(0.02, 0.3), shape)


def _blocks(shape: tuple[int, ...], _: float, random: Random) -> Unit:
    """Boxes of one level each on a ground of one level."""
    values = np.full(shape, random.uniform(-1, 1))
    for _box in range(int(random.integers(1, 6))):
        box = []
        for size in shape:
            start = int(random.integers(0, size))
            box.append(slice(start, start + int(random.integers(1, size + 1))))
        values[tuple(box)] = random.uniform(-1, 1)
    return values


FAMILIES: dict[str, Callable[[tuple[int, ...], float, Random], Unit]] = {
    "noise": _noise,
    "one level": _level,
    "a level for each channel": _levels,
    "narrow noise around zero": _around(1 / 32),
    "noise around zero": _around(1 / 8),
    "wide noise around zero": _around(1 / 2),
    "sparse": _sparse,
    "smooth": _smooth,
    "smooth with noise": _smooth_with_noise,
    "blocks": _blocks,
}
"""By name: makes one tensor's elements, of a shape without the batch; the float is where 0 lies."""


def made(inputs: tuple[Tensor, ...], count: int, seed: int) -> tuple[Unit, ...]:
    """`count` samples, family by family in turn: [count, *shape without the batch] for each input, -1 to 1."""
    makers = list(FAMILIES.values())
    samples = []
    for number in range(count):
        random = np.random.default_rng((seed, number))
        samples.append([makers[number % len(makers)](_shape(each), _zero(each), random) for each in inputs])
    return tuple(np.clip(np.stack(each), -1, 1).astype(np.float32) for each in zip(*samples, strict=True))


def stored(given: Tensor, values: Unit) -> npt.NDArray[Any]:
    """Elements from -1 to 1 as the tensor has them."""
    if given.numpy.kind == "f":
        return np.asarray(values, given.numpy)
    if is_plain(given):
        return (values > 0).astype(given.numpy)
    limits = np.iinfo(given.numpy)
    low, high = int(limits.min), int(limits.max)
    return np.clip(np.rint(low + (values + 1) / 2 * (high - low)), low, high).astype(given.numpy)


def _shape(given: Tensor) -> tuple[int, ...]:
    return given.sample or (1,)


def is_plain(given: Tensor) -> bool:
    """Whether it holds no real values but flags, or places in another tensor, of which 0 and 1 are likeliest to be."""
    return given.numpy.kind == "b" or (given.numpy.kind == "i" and given.numpy.itemsize > 2 and given.scale == 0.0)


def _zero(given: Tensor) -> float:
    if given.numpy.kind == "f" or is_plain(given):
        return 0.0
    limits = np.iinfo(given.numpy)
    return 2 * (given.zero_point - int(limits.min)) / (int(limits.max) - int(limits.min)) - 1
