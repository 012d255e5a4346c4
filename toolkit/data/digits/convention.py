"""MNIST's convention: white on black, the digit in a 20x20 box, centre of mass in the middle of 28x28."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import SetWords
from toolkit.data.samples import Samples
from toolkit.data.scaling import UNIT
from toolkit.data.task import Kind, Task
from toolkit.errors import DatasetError

Pixels = npt.NDArray[np.uint8]

SIDE = 28
"""Height and width of an image, in pixels."""

CLASSES = tuple("0123456789")

PREPARED = "inverted, cropped, scaled into a 20\u00d720 box and centred by its mass"
"""What was done to a picture of a person's, in words."""


def samples(
    name: str,
    images: Pixels,
    labels: Pixels,
    *,
    names: tuple[str, ...] = (),
    classes: tuple[str, ...] = CLASSES,
    source: str = "",
    remarks: tuple[str, ...] = (),
    words: SetWords | None = None,
) -> Samples:
    """Images of this form with their labels.

    Args:
        images: uint8 [N, 28, 28], 0 is background, 255 is full ink.
        labels: uint8 [N], 0 to 9.

    Raises:
        DatasetError: they have not this form; see `Samples` for the rest.
    """
    count = len(labels)
    if images.shape != (count, SIDE, SIDE) or images.dtype != np.uint8:
        raise DatasetError(f"{name}: images are {images.dtype} {images.shape}, not uint8 [{count}, 28, 28]")
    if labels.dtype != np.uint8 or labels.ndim != 1 or (count and int(labels.max()) > 9):
        raise DatasetError(f"{name}: labels are not digits from 0 to 9")
    return Samples(
        name=name,
        inputs=(images,),
        truth=labels,
        task=Task(Kind.CLASSIFY, (SIDE, SIDE)),
        scaling=UNIT,
        names=names,
        classes=classes,
        source=source,
        remarks=remarks,
        words=words,
    )
