"""What is drawn for a random network: sizes, scales and zero points as converters write them, and a little beyond.

Scales are log-uniform. But a wrong last bit of a multiplier shows only where a product lies on the edge of a rounding.
So some networks are fine: their scales are small fractions of each other, with an even number below, and their weights
are few and small. Then many results are such edges, and a quotient in single precision falls to the other side of them
than one in double precision does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_T = TypeVar("_T")


class Dice:
    """Draws from one seed; `fine` as above."""

    def __init__(self, seed: Sequence[int]) -> None:
        self.rng = np.random.default_rng(list(seed))
        self.fine = self.chance(0.5)

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
        count = channels if per_channel else 1
        if self.fine:
            return [self.fraction(middle) for _ in range(count)]
        return [float(np.float32(middle * self.log(0.2, 5))) for _ in range(count)]

    def fraction(self, of: float) -> float:
        """An output's scale for a multiplier that is nearly an odd number over an even one, from 1/2 to 2.

        Mostly one on whose two sides the quotient lies in single and in double precision.
        """
        scale = self.beside(of)
        for _ in range(24):
            even, odd = 2 * self.number(1, 7), 2 * self.number(0, 7) + 1
            if not 0.5 <= even / odd <= 2:
                continue
            scale = self.beside(of * even / odd)
            quotient, ideal = of / scale, odd / even
            if (quotient - ideal) * (float(np.float32(quotient)) - ideal) < 0:
                break
        return scale

    def beside(self, value: float) -> float:
        """The value in single precision, or a neighbour of it."""
        here = np.float32(value)
        way = self.pick((*[0.0] * 6, -math.inf, math.inf))
        return float(np.nextafter(here, np.float32(way)) if way else here)

    def near(self, scale: float) -> float:
        """Of an output whose values are an input's, or not much larger."""
        if self.chance(0.15):
            return scale
        return self.fraction(scale) if self.fine else float(np.float32(scale * self.log(0.05, 20)))

    def scale_after(self, unit: float, largest: float) -> float:
        """Of an output whose sums are `unit` each and `largest` in number."""
        if self.chance(0.1):
            return self.scale()
        # What does not suit the fine ones is still a fraction, of a power of two times the unit.
        fitting = max(unit * max(largest, 1.0) / 127, 1e-7)
        if self.fine:
            return self.fraction(unit * 2.0 ** max(round(math.log2(fitting / unit)), 0))
        return float(np.float32(fitting * self.log(0.2, 3)))

    def zero(self) -> int:
        """A zero point: as after a ReLU, the ends, none, or any."""
        return self.pick((-128, -128, 127, 0, 0, -1, 1, *(self.number(-128, 127) for _ in range(7))))

    def weights(self, shape: Sequence[int], taps: int) -> NDArray[np.int64]:
        """int8 weights, `taps` for an output: any, mostly at the ends, or, in fine networks, one or two small ones."""
        if self.fine:
            some = self.rng.random(tuple(shape)) < 1.5 / taps
            return np.where(some, self.rng.choice(np.array([-1, 1, 1, 1, 2, 3]), tuple(shape)), 0)
        if self.chance(0.15):
            return self.rng.choice(np.array([-127, 127, 0]), tuple(shape))
        return self.rng.integers(-127, 128, tuple(shape))

    def operand(self, shape: Sequence[int], zero: int) -> NDArray[np.int64]:
        """A constant operand: any int8, or, in fine networks, near its zero point."""
        if self.fine:
            return np.clip(zero + self.rng.integers(-3, 4, tuple(shape)), -128, 127)
        return self.bytes(shape)

    def bytes(self, shape: Sequence[int]) -> NDArray[np.int64]:
        """Any int8."""
        return self.rng.integers(-128, 128, tuple(shape))

    def reals(self, shape: Sequence[int]) -> NDArray[Any]:
        """float32 around 0."""
        return self.rng.normal(0, 1, tuple(shape)).astype(np.float32)

    def shape(self, least: int, most: int, largest: int = 6) -> list[int]:
        """Of `least` to `most` dimensions."""
        return [self.small(1, largest) for _ in range(self.number(least, most))]
