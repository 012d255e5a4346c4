"""Which real values the elements of data stand for at a network's input: a question that the file seldom answers.

An int8 input does as a rule: what its scale and zero point span is the range that it was calibrated on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.errors import ModelError, UsageError

_MOST = 255
"""The largest uint8 element."""

_NEAR = 0.05
"""Of the range's width: how far the ends that an input's quantisation spans may lie from a usual range's. Calibration
data need not hold the smallest and the largest element."""


@dataclass(frozen=True)
class Scaling:
    """uint8 elements as real values: `element / divisor + offset`, each step in float32.

    The scale is 1 / divisor. Host and device divide, as training scripts do: most scales are no float32, and
    `element * float32(1 / 255)` is another number than `element / 255` for about half of all elements.

    Attributes:
        low, high: the real values of the elements 0 and 255; all others lie evenly between them.
    """

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}"

    @property
    def divisor(self) -> float:
        """Elements per unit; used as a float32."""
        return _MOST / (self.high - self.low)

    @property
    def offset(self) -> float:
        """The real value of the element 0; used as a float32."""
        return self.low

    def real(self, elements: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """uint8 elements as float32, the same bits that a device computes: element / 255, element / 127.5 - 1."""
        divided = elements.astype(np.float32) / np.float32(self.divisor)
        return np.asarray(divided + np.float32(self.offset), np.float32)


UNIT = Scaling(0.0, 1.0)
USUAL = (UNIT, Scaling(-1.0, 1.0), Scaling(0.0, 255.0), Scaling(-0.5, 0.5), Scaling(-128.0, 127.0))


_NARROWEST, _FURTHEST = 1e-30, 1e30
"""Beyond these, single precision has no room for what an element is multiplied by."""


@dataclass(frozen=True)
class Normal:
    """`(value - mean) / deviation`, as many training scripts normalise, for all channels or for each, in their order.

    The values are elements / 255, or, where a deviation is larger than 1, which none of values from 0 to 1 can have,
    the elements themselves.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def __str__(self) -> str:
        return "/".join(",".join(f"{each:g}" for each in part) for part in (self.mean, self.deviation))

    @property
    def of_elements(self) -> bool:
        """Whether it is said of the elements themselves."""
        return max(self.deviation) > 1

    def scaling(self) -> Scaling | None:
        """The same for uint8 elements; None where channels differ."""
        if len(self.mean) > 1:
            return None
        most = float(_MOST) if self.of_elements else 1.0
        return Scaling(-self.mean[0] / self.deviation[0], (most - self.mean[0]) / self.deviation[0])

    def real(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Values as they are said to be, [..., channels] where it is said of each channel."""
        return np.asarray((values - np.array(self.mean)) / np.array(self.deviation), np.float64)


def parse(text: str) -> Scaling | Normal:
    """A range, "0..1", "-1..1", "0..255", or a mean and a deviation: "0.13/0.31", "0.5,0.4,0.4/0.2,0.2,0.2".

    Raises:
        UsageError: it is no such thing.
    """
    try:
        if "/" in text:
            mean, deviation = (tuple(float(each) for each in part.split(",")) for part in text.split("/"))
            sound = all(each >= _NARROWEST for each in deviation)
            sound = sound and all(abs(each) <= _FURTHEST for each in (*mean, *deviation))
            if len(mean) != len(deviation) or not sound:
                raise ValueError
            return Normal(mean, deviation)
        low, high = (float(part) for part in text.split(".."))
    except ValueError:
        low = high = math.nan
    # Of NaN, neither holds.
    if not (abs(high - low) >= _NARROWEST and max(abs(low), abs(high)) <= _FURTHEST):
        raise UsageError(
            f"--scale {text} is no range",
            "name the real values of the least and the largest element: --scale 0..1; or MEAN/DEVIATION",
        )
    return Scaling(low, high)


def of_pixels(text: str) -> Scaling:
    """As `parse`, for inputs of one channel.

    Raises:
        UsageError: it is no such thing, or said of several channels.
    """
    said = parse(text)
    plain = said if isinstance(said, Scaling) else said.scaling()
    if plain is None:
        raise UsageError(f"--scale {text} is for several channels, these pictures have one", "--scale 0.13/0.31")
    return plain


def at(dtype: np.dtype[Any], scale: float, zero_point: int) -> Scaling | None:
    """What uint8 elements stand for at an input, as its quantisation tells; None for a float32 input.

    Raises:
        ModelError: it spans no usual range; the user must say.
    """
    if dtype.kind == "f":
        return None
    stored = np.iinfo(dtype)
    return of_quantised(scale, zero_point, int(stored.min), int(stored.max))


def of_quantised(scale: float, zero_point: int, least: int, most: int) -> Scaling:
    """The usual range that a quantised input spans.

    Args:
        scale, zero_point: real value = scale * (stored value - zero_point).
        least, most: what can be stored: -128 and 127 for int8.

    Raises:
        ModelError: it spans none of them.
    """
    low, high = scale * (least - zero_point), scale * (most - zero_point)
    for usual in USUAL:
        reach = _NEAR * (usual.high - usual.low)
        if abs(low - usual.low) <= reach and abs(high - usual.high) <= reach:
            return usual
    raise ModelError(
        f"the network's input spans {low:.4g} to {high:.4g}, which does not tell what its pixels stand for",
        "say which values black and white have: --scale 0..1, -1..1, 0..255 or any other LOW..HIGH",
    )
