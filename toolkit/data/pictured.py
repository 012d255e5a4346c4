"""What a sample looks like: by its shape and type, where the task does not say that it is a picture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

MOST_BARS = 32
"""Up to so many elements in a row are a vector, each for itself; more of them are a course in time."""

MOST_LINES = 8
"""Channels of a course that can be told apart as lines."""


class Form(StrEnum):
    """IMAGE: pixels. SPECTROGRAM: a plane of values that is no picture, the longer axis to the right. WAVE: courses in
    time, a line a channel. BARS: a bar an element."""

    IMAGE = "image"
    SPECTROGRAM = "spectrogram"
    WAVE = "wave"
    BARS = "bars"


@dataclass(frozen=True)
class Pictured:
    """How the samples of a set are drawn.

    Attributes:
        form: as what.
        shape: what a sample's elements are reshaped to: IMAGE [rows, columns] or [rows, columns, 3], SPECTROGRAM
            [rows, columns], WAVE [samples, channels], BARS [elements].
        turned: the first axis of `shape` goes to the right, and not down; of a WAVE: the channels come first.
    """

    form: Form
    shape: tuple[int, ...]
    turned: bool = False

    def plane(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A sample's elements as they are drawn: an image row by row from its top; a spectrogram [rows, columns] from
        its top, so that the second axis goes up; a wave [samples, channels]; bars [elements]."""
        values = values.reshape(self.shape)
        if not self.turned:
            return values
        return values.T[::-1] if self.form is Form.SPECTROGRAM else values.T

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of pixels; (0, 0) for what is drawn with lines."""
        if self.form in (Form.WAVE, Form.BARS):
            return 0, 0
        rows, columns = self.shape[:2]
        return (columns, rows) if self.turned else (rows, columns)


def pictured(sample: tuple[int, ...], dtype: np.dtype[Any], picture: tuple[int, ...] = ()) -> Pictured:
    """How a sample of this shape, without the batch, is drawn.

    A plane is a picture if it is uint8 or, as pictures mostly are, not taller than wide nor more than twice as wide;
    a spectrogram has time as its first axis, and more of it than of frequencies. Of up to MOST_LINES columns beside
    many more rows, each is a channel of a course.

    Args:
        picture: `Task.picture`: what the task says that it is.
    """
    if picture:
        return Pictured(Form.IMAGE, picture[:2] if picture[2:] == (1,) else picture)
    axes = tuple(size for size in sample if size != 1)
    if len(sample) == 3 and sample[2] == 3 and min(sample) > 1:
        return Pictured(Form.IMAGE, sample)
    if len(axes) > 2:
        axes = (axes[0], int(np.prod(axes[1:])))
    if len(axes) < 2:
        count = int(np.prod(axes))
        return Pictured(Form.BARS, (count,)) if count <= MOST_BARS else Pictured(Form.WAVE, (count, 1))
    rows, columns = axes
    if columns <= MOST_LINES and rows >= 4 * columns:
        return Pictured(Form.WAVE, axes)
    if rows <= MOST_LINES and columns >= 4 * rows:
        return Pictured(Form.WAVE, axes, turned=True)
    if dtype == np.uint8 or rows <= columns <= 2 * rows:
        return Pictured(Form.IMAGE, axes)
    return Pictured(Form.SPECTROGRAM, axes, turned=rows > columns)
