"""A set of labelled images, as it passes from the data room to all others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.errors import DatasetError

Pixels = npt.NDArray[np.uint8]

SIDE = 28
"""Height and width of an image in MNIST's convention, in pixels."""


@dataclass(frozen=True)
class LabelledImages:
    """Images in MNIST's convention: white on black, the digit in a 20x20 box, centre of mass in the middle.

    Attributes:
        name: of the set: "mnist", "fashion-mnist", "external", or the folder's name.
        images: uint8 [N, 28, 28], 0 is background, 255 is full ink.
        labels: uint8 [N], 0 to 9.
        names: file names, one for each image; empty for sets that have none.
        source: where the data came from, in words, for the report.
        remarks: what a person should know of single files, a line each that names the file.
    """

    name: str
    images: Pixels
    labels: Pixels
    names: tuple[str, ...]
    source: str
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.labels)
        if self.images.shape != (count, SIDE, SIDE) or self.images.dtype != np.uint8:
            raise DatasetError(
                f"{self.name}: images are {self.images.dtype} {self.images.shape}, not uint8 [{count}, 28, 28]"
            )
        if self.labels.dtype != np.uint8 or self.labels.ndim != 1 or (count and int(self.labels.max()) > 9):
            raise DatasetError(f"{self.name}: labels are not digits from 0 to 9")
        if self.names and len(self.names) != count:
            raise DatasetError(f"{self.name}: {len(self.names)} names for {count} images")

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> LabelledImages:
        """The first `count` images, or all if there are fewer."""
        return LabelledImages(
            self.name, self.images[:count], self.labels[:count], self.names[:count], self.source, self.remarks
        )
