"""A folder of pictures: a folder a class, the label in each file's name, or a list of labels; made as large as the
network's input, grey or in colour as it takes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from toolkit.data import pictures
from toolkit.data.loaders import labels
from toolkit.data.loaders.base import Elements, Loaded, Wanted, bounded
from toolkit.data.tensor import Tensor, in_words
from toolkit.errors import DatasetError

_MODES = {1: "L", 3: "RGB"}
_HOW = {"stretch": "stretched", "crop": "scaled and cropped in the middle", "pad": "scaled and padded with black"}


def suits(path: Path) -> bool:
    """Whether it is a folder with pictures in it, or in the folders in it."""
    return path.is_dir() and (any(map(_is_sample, path.iterdir())) or any(map(_is_sample, path.glob("*/*"))))


def _is_sample(path: Path) -> bool:
    return path.suffix.lower() in pictures.ENDINGS and path.is_file()


def load(path: Path, wanted: Wanted) -> Loaded:
    """The pictures, uint8 [N, rows, columns, channels], in the order of their names or, of classes, in turn.

    Resized by Pillow's bilinear filter, which looks at every pixel of a larger picture.

    Raises:
        DatasetError: there is none, one cannot be read, or the network takes no pictures.
    """
    rows, columns, channels = _size(wanted.only("folders of pictures"))
    found = labels.find(path, _is_sample, wanted, "pictures")
    bounded(len(found.paths), rows * columns * channels, str(path))
    values = np.empty((len(found.paths), rows, columns, channels), np.uint8)
    others = 0
    for place, (file, name) in enumerate(zip(found.paths, found.names, strict=True)):
        opened = pictures.read_picture(file, name).convert(_MODES[channels])
        others += opened.size != (columns, rows)
        values[place] = _fitted(opened, (columns, rows), wanted.resize).reshape(rows, columns, channels)
    colours = "grey" if channels == 1 else "RGB"
    told = [*found.told, f"pictures in {colours}"]
    if others:
        how = _HOW[wanted.resize or "stretch"] + ("" if wanted.resize else " (--resize says otherwise)")
        told.append(f"{others:,} of another size than {columns} x {rows}: {how}")
    picture = (rows, columns) if channels == 1 else (rows, columns, channels)
    return Loaded((values,), found.truth, found.names, found.classes, (0.0, 255.0), picture, tuple(told))


def _size(tensor: Tensor) -> tuple[int, int, int]:
    """Rows, columns, channels of the input."""
    shape = tensor.sample
    if len(shape) == 2:
        return shape[0], shape[1], 1
    if len(shape) == 3 and shape[2] in _MODES:
        return shape[0], shape[1], shape[2]
    side = round(tensor.elements**0.5)
    if len(shape) == 1 and side * side == tensor.elements:
        return side, side, 1
    raise DatasetError(
        f"the network takes {in_words(shape)} values, which is no picture in grey or RGB",
        "pictures are for inputs [rows, columns, 1 or 3]",
    )


def _fitted(image: Image.Image, size: tuple[int, int], how: str | None) -> Elements:
    filtered = Image.Resampling.BILINEAR
    if image.size == size:
        fitted = image
    elif how == "crop":
        fitted = ImageOps.fit(image, size, filtered)
    elif how == "pad":
        fitted = ImageOps.pad(image, size, filtered)
    else:
        fitted = image.resize(size, filtered)
    return np.asarray(fitted)
