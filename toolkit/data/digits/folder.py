"""A folder of pictures, each with its label in the file name; the ten external images are such a folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from toolkit import resources
from toolkit.artifacts import SetWords
from toolkit.data.digits import convention, kept
from toolkit.data.digits.convention import PREPARED, SIDE
from toolkit.data.digits.prepare import Prepared, prepare
from toolkit.data.pictures import ENDINGS, is_picture
from toolkit.data.samples import Samples
from toolkit.errors import DatasetError

# One digit that stands alone among letters and signs: 3.png, 3_b.jpg, digit-3.png, seven_7b.png.
_LABEL = re.compile(r"(?<![0-9])([0-9])(?![0-9])")
_NOTES = {".md", ".txt", ".py"}
_OF_SYSTEMS = {"thumbs.db", "ehthumbs.db", "desktop.ini"}


def label_of(path: Path) -> int:
    """The label in a file's name: its first digit that is not part of a longer number.

    Raises:
        DatasetError: there is none.
    """
    found = _LABEL.search(path.stem)
    if found is None:
        raise DatasetError(f"{path.name} has no label in its name", "name the files like 3.png, 3_b.jpg or digit-3.png")
    return int(found.group(1))


def _found(folder: Path) -> tuple[list[Path], list[str]]:
    """The pictures of a folder, in the order of their names, and the names of the files that are something else.

    A file that was meant to be a picture, by its name or its label, is among the pictures even if it is none: whoever
    reads it will say so.
    """
    found: list[Path] = []
    others: list[str] = []
    for path in sorted(folder.iterdir()):
        kind = path.suffix.lower()
        if not path.is_file() or path.name.startswith(".") or path.name.lower() in _OF_SYSTEMS or kind in _NOTES:
            continue
        meant = kind in ENDINGS or _LABEL.search(path.stem) or is_picture(path)
        if meant:
            found.append(path)
        else:
            others.append(path.name)
    return found, others


def _prepare_all(paths: Sequence[Path]) -> Iterator[Prepared]:
    return map(prepare, paths)


def load_images(
    folder: Path,
    name: str | None = None,
    words: SetWords | None = None,
    prepare_all: Callable[[Sequence[Path]], Iterable[Prepared]] = _prepare_all,
) -> Samples:
    """All pictures of a folder, prepared to MNIST's convention, in the order of their names.

    Hidden files, notes (.md, .txt, .py) and what Windows leaves in folders are passed over; any other file that is no
    picture is passed over too, with a remark, unless its name says that it is one.

    Args:
        folder: of the pictures; folders inside it are not searched.
        name: of the set; by default the folder's.
        words: how the set is called; by default as the user's own.
        prepare_all: makes all pictures what MNIST would have, in their order.

    Raises:
        DatasetError: no such folder, no picture in it, a file that cannot be read as an image or has no label in its
            name.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is no folder", "name a folder of pictures")
    try:
        paths, others = _found(folder)
    except OSError as caught:
        raise DatasetError(f"{folder} cannot be read: {caught.strerror}", "check its permissions") from caught
    if not paths:
        raise DatasetError(f"{folder} holds no pictures", "name the files like 3.png, 3_b.jpg or digit-3.png")
    labels = np.array([label_of(path) for path in paths], np.uint8)
    images = np.empty((len(paths), SIDE, SIDE), np.uint8)
    remarks = [f"{other} is no picture, and is passed over" for other in others]
    for place, (path, prepared) in enumerate(zip(paths, prepare_all(paths), strict=True)):
        images[place] = prepared.image
        remarks += [f"{path.name} {remark}" for remark in prepared.remarks]
    names = tuple(path.name for path in paths)
    name = name or folder.resolve().name
    return convention.samples(
        name,
        images,
        labels,
        names=names,
        source=str(folder),
        remarks=tuple(remarks),
        words=words or SetWords("your own images", "your image", f"{name} image", "digit", PREPARED),
    )


def load_external() -> Samples:
    """The ten hand-drawn images that ship with the package, one for each digit; never trained on.

    Raises:
        DatasetError: the package is not whole.
    """
    words = SetWords("external images", "external image", "external image", "digit", PREPARED)
    return load_images(resources.external_images(), "external", words, kept.prepared)
