"""Which real values the pixels of an image stand for at a network's input: a question that the file seldom answers.

An int8 input does as a rule: what its scale and zero point span is the range that it was calibrated on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.errors import ModelError, UsageError

_NEAR = 0.05
"""Of the range's width: how far the ends that an input's quantisation spans may lie from a usual range's. Calibration
pictures need not hold the blackest and the whitest pixel."""


_NARROWEST, _FURTHEST = 1e-30, 1e30
"""Beyond these, single precision has no room for what a pixel is multiplied by."""


@dataclass(frozen=True)
class PixelRange:
    """The real values of a black pixel (0) and of a white one (255); all others lie evenly between them."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}"

    def real(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """uint8 pixels as real values, float32, computed as training scripts do: pixel / 255, pixel / 127.5 - 1."""
        pixels = images.astype(np.float32)
        if self.low == 0.0:
            return pixels if self.high == 255.0 else np.asarray(pixels / np.float32(255.0 / self.high), np.float32)
        return np.asarray(pixels / np.float32(255.0 / (self.high - self.low)) + np.float32(self.low), np.float32)


UNIT = PixelRange(0.0, 1.0)
USUAL = (UNIT, PixelRange(-1.0, 1.0), PixelRange(0.0, 255.0), PixelRange(-0.5, 0.5), PixelRange(-128.0, 127.0))


def parse(text: str) -> PixelRange:
    """A range as the user spells it: "0..1", "-1..1", "0..255".

    Raises:
        UsageError: it is no such thing.
    """
    try:
        low, high = (float(part) for part in text.split(".."))
    except ValueError:
        low = high = math.nan
    # Of NaN, neither holds.
    if not (abs(high - low) >= _NARROWEST and max(abs(low), abs(high)) <= _FURTHEST):
        raise UsageError(f"--range {text} is no range", "name the values of black and white: --range 0..1")
    return PixelRange(low, high)


def of_quantised(scale: float, zero_point: int, least: int, most: int) -> PixelRange:
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
        "say which values black and white have: --range 0..1, -1..1, 0..255 or any other LOW..HIGH",
    )
