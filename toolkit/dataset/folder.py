"""A folder of pictures, each with its label in the file name; the ten external images are such a folder."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from toolkit import resources
from toolkit.dataset.prepare import prepare_image
from toolkit.errors import DatasetError
from toolkit.images import SIDE, LabelledImages

# One digit that stands alone among letters and signs: 3.png, 3_b.jpg, digit-3.png, seven_7b.png.
_LABEL = re.compile(r"(?<![0-9])([0-9])(?![0-9])")
_OWN_FILES = {".md", ".txt", ".py"}


def label_of(path: Path) -> int:
    """The label in a file's name: its first digit that is not part of a longer number.

    Raises:
        DatasetError: there is none.
    """
    found = _LABEL.search(path.stem)
    if found is None:
        raise DatasetError(f"{path.name} has no label in its name", "name the files like 3.png, 3_b.jpg or digit-3.png")
    return int(found.group(1))


def load_images(folder: Path, name: str | None = None) -> LabelledImages:
    """All pictures of a folder, prepared to MNIST's convention, in the order of their names.

    Hidden files and notes (.md, .txt, .py) are passed over.

    Args:
        folder: of the pictures; folders inside it are not searched.
        name: of the set; by default the folder's.

    Raises:
        DatasetError: no such folder, no picture in it, a file that is no image or has no label in its name.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is no folder", "name a folder of pictures")
    paths = sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith(".") and path.suffix.lower() not in _OWN_FILES
    )
    if not paths:
        raise DatasetError(f"{folder} holds no pictures", "name the files like 3.png, 3_b.jpg or digit-3.png")
    labels = np.array([label_of(path) for path in paths], np.uint8)
    images = np.empty((len(paths), SIDE, SIDE), np.uint8)
    for place, path in enumerate(paths):
        images[place] = prepare_image(path)
    return LabelledImages(
        name or folder.resolve().name, images, labels, tuple(path.name for path in paths), str(folder)
    )


def load_external() -> LabelledImages:
    """The ten hand-drawn images that ship with the package, one for each digit; never trained on.

    Raises:
        DatasetError: the package is not whole.
    """
    return load_images(resources.external_images(), "external")
