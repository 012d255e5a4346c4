"""MNIST's test images, the external ones and the user's own: what a network that reads digits is asked for."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from toolkit import resources
from toolkit.data.digits.convention import CLASSES, SIDE
from toolkit.data.digits.folder import load_external, load_images
from toolkit.data.samples import Samples
from toolkit.data.scaling import Scaling
from toolkit.data.sets import sources
from toolkit.data.sets.catalogue import MNIST, DataSet
from toolkit.data.sets.mnist import load, load_mnist
from toolkit.errors import DatasetError, UsageError

SHAPES = ((1, SIDE, SIDE), (1, SIDE, SIDE, 1), (1, SIDE * SIDE))


def suits(shape: tuple[int, ...], outputs: int) -> bool:
    """Whether a network can be asked for digits: it takes one such image and gives one element for each."""
    return shape in SHAPES and outputs == len(CLASSES)


def choose(
    limit: int | None, dataset: DataSet, folder: Path | None, pictures: Path | None, scale: Scaling
) -> tuple[tuple[Samples, ...], str]:
    """The sets, and what they are in words.

    Args:
        limit: the first so many of the set; 0 for none of them, None for all.
        dataset: MNIST, with which the external images go, or another set of its form.
        folder: with its files.
        pictures: of the user's own.
        scale: what black and white are at the input.

    Raises:
        DatasetError: data that are missing or damaged, an image that is no image.
    """
    sets = []
    told = []
    if limit != 0:
        whole = load(dataset, "test", folder)
        first = whole if limit is None else whole.first(limit)
        sets.append(first)
        told.append(f"{'the first ' if len(first) < len(whole) else ''}{len(first):,} {dataset.title} images")
    if dataset is MNIST:
        drawn = _with_files(load_external(), resources.external_images())
        sets.append(drawn)
        told.append(f"{len(drawn)} hand-drawn ones")
    if pictures is not None:
        own = own_pictures(pictures, scale)
        sets.append(own)
        told.append(f"{len(own)} of your own")
    if not sets:
        raise UsageError(f"--limit 0 leaves nothing of {dataset.title}", "--limit 100")
    return tuple(dataclasses.replace(each, scaling=scale) for each in sets), ", ".join(told)


def own_pictures(folder: Path, scale: Scaling) -> Samples:
    """The user's own pictures of digits.

    Raises:
        DatasetError: one is none.
    """
    return dataclasses.replace(_with_files(load_images(folder, "images"), folder), scaling=scale)


def at_hand(count: int, scale: Scaling) -> Samples:
    """The external images, and as many of MNIST's as there is room for, if an earlier run has left them here."""
    drawn = dataclasses.replace(load_external(), scaling=scale)
    try:
        known = load_mnist("test", sources.cache_folder(MNIST)).first(count - len(drawn))
    except DatasetError:
        return drawn
    return dataclasses.replace(
        drawn,
        inputs=(np.concatenate([drawn.values, known.values]),),
        truth=np.concatenate([drawn.labels, known.labels]),
        names=(),
    )


def _with_files(samples: Samples, folder: Path) -> Samples:
    """The samples with the bytes of their files: no file is needed again."""
    return dataclasses.replace(samples, files={name: _bytes(folder / name) for name in samples.names})


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as caught:
        raise DatasetError(f"{path.name} cannot be read: {caught.strerror}", "put it back, and start again") from caught
