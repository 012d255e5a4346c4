"""Writes test/: scikit-learn's handwritten digits (UCI's optical recognition set), real data, a folder of PNGs a class.

8 x 8 pixels, and 17 levels of grey, spread over 0 to 255. The twenty last ones of each class are for the test.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.datasets import load_digits

EACH = 20
Split = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]


def split() -> tuple[Split, Split]:
    """Pictures and classes to train with, then those to test with: x uint8 [N, 8, 8], y [N]."""
    digits = load_digits()
    x, y = np.round(digits.images * (255 / 16)).astype(np.uint8), digits.target
    held = np.concatenate([np.flatnonzero(y == each)[-EACH:] for each in range(10)])
    rest = np.setdiff1d(np.arange(len(y)), held)
    return (x[rest], y[rest]), (x[held], y[held])


def write(folder: Path) -> None:
    """test/0/00.png to test/9/19.png in this folder."""
    _, (x, y) = split()
    for place, (picture, name) in enumerate(zip(x, y, strict=True)):
        path = folder / "test" / str(name) / f"{place % EACH:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)


if __name__ == "__main__":
    write(Path(__file__).parent)
