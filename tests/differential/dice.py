"""What is drawn for a random network: sizes, scales and zero points as converters write them, and a little beyond.

Scales are log-uniform. But a wrong last bit of a multiplier shows only where a product lies on the edge of a rounding, so
many scales are small fractions of each other: then many results are such edges, and single precision, which cannot hold
a sixth, falls to the other side of one than double precision does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_T = TypeVar("_T")


class Dice:
    """Draws from one seed."""

    def __init__(self, seed: Sequence[int]) -> None:
        self.rng = np.random.default_rng(list(seed))

    def number(self, low: int, high: int) -> int:
        """From low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def small(self, low: int, high: int) -> int:
        """The same, but small ones more often."""
        return low + int((high - low + 1) * self.rng.random() ** 2)

    def pick(self, of: Sequence[_T]) -> _T:
        """One of them."""
        return of[self.number(0, len(of) - 1)]

    def chance(self, of: float) -> bool:
        """True with that probability."""
        return bool(self.rng.random() < of)

    def log(self, low: float, high: float) -> float:
        """Log-uniform, in single precision."""
        return float(np.float32(math.exp(self.rng.uniform(math.log(low), math.log(high)))))

    def scale(self) -> float:
        """Of an activation whose largest value lies between 0.02 and 500."""
        return self.log(1e-4, 2.0)

    def weight_scales(self, channels: int, per_channel: bool) -> list[float]:
        """Of weights, around a common size."""
        middle = self.log(2e-5, 0.05)
        return [float(np.float32(middle * self.log(0.2, 5))) for _ in range(channels if per_channel else 1)]

    def fraction(self, of: float) -> float:
        """A scale that is a small fraction or multiple of another one, at times a bit beside it."""
        return self.beside(
            of * (self.number(1, 14) / self.number(1, 14) if self.chance(0.8) else self.pick((1, 2, 0.5)))
        )

    def beside(self, value: float) -> float:
        """The value in single precision, or a neighbour of it."""
        here = np.float32(value)
        way = self.pick((0.0, 0.0, 0.0, -math.inf, math.inf))
        return float(np.nextafter(here, np.float32(way)) if way else here)

    def near(self, scale: float) -> float:
        """Of an output whose values are an input's, or not much larger."""
        how = self.rng.random()
        if how < 0.15:
            return scale
        return self.fraction(scale) if how < 0.8 else float(np.float32(scale * self.log(0.05, 20)))

    def scale_after(self, unit: float, largest: float) -> float:
        """Of an output whose sums are `unit` each and `largest` in number: it fits, is a fraction, or is anything."""
        how = self.rng.random()
        fitting = max(unit * max(largest, 1.0) / 127, 1e-7)
        if how < 0.45:
            return float(np.float32(fitting * self.log(0.2, 3)))
        if how < 0.9:
            return self.fraction(unit * 2.0 ** round(math.log2(fitting / unit)))
        return self.scale()

    def zero(self) -> int:
        """A zero point: as after a ReLU, the ends, none, or any."""
        return self.pick((-128, -128, 127, 0, 0, -1, 1, *(self.number(-128, 127) for _ in range(7))))

    def weights(self, shape: Sequence[int]) -> NDArray[np.int64]:
        """int8 weights: all over, small, or mostly at the ends."""
        how = self.number(0, 5)
        if how == 0:
            return self.rng.choice(np.array([-127, 127, 0]), tuple(shape))
        bound = 3 if how == 1 else 127
        return self.rng.integers(-bound, bound + 1, tuple(shape))

    def bytes(self, shape: Sequence[int]) -> NDArray[np.int64]:
        """Any int8."""
        return self.rng.integers(-128, 128, tuple(shape))

    def reals(self, shape: Sequence[int]) -> NDArray[Any]:
        """float32 around 0."""
        return self.rng.normal(0, 1, tuple(shape)).astype(np.float32)

    def shape(self, least: int, most: int, largest: int = 6) -> list[int]:
        """Of `least` to `most` dimensions."""
        return [self.small(1, largest) for _ in range(self.number(least, most))]
