"""MNIST's test images, the external ones and the user's own: what a network that reads digits is asked for."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from toolkit import resources
from toolkit.data import loaders
from toolkit.data.digits.convention import CLASSES, SIDE
from toolkit.data.loaders.folder import load_external
from toolkit.data.samples import Samples
from toolkit.data.scaling import Scaling
from toolkit.data.sets import catalogue, sources
from toolkit.data.sets.mnist import load_mnist
from toolkit.errors import DatasetError

SHAPES = ((1, SIDE, SIDE), (1, SIDE, SIDE, 1), (1, SIDE * SIDE))


def suits(shape: tuple[int, ...], outputs: int) -> bool:
    """Whether a network can be asked for digits: it takes one such image and gives one element for each."""
    return shape in SHAPES and outputs == len(CLASSES)


def choose(
    limit: int | None, folder: Path | None, pictures: Path | None, scale: Scaling
) -> tuple[tuple[Samples, ...], str]:
    """The sets, and what they are in words.

    Args:
        limit: the first so many of MNIST's; 0 for none of them, None for all.
        folder: with MNIST.
        pictures: of the user's own.
        scale: what black and white are at the input.

    Raises:
        DatasetError: data that are missing or damaged, an image that is no image.
    """
    sets = []
    told = []
    if limit != 0:
        whole = load_mnist("test", folder)
        first = whole if limit is None else whole.first(limit)
        sets.append(first)
        told.append(f"{'the first ' if len(first) < len(whole) else ''}{len(first):,} MNIST images")
    drawn = _with_files(load_external(), resources.external_images())
    sets.append(drawn)
    told.append(f"{len(drawn)} hand-drawn ones")
    if pictures is not None:
        own = _with_files(dataclasses.replace(loaders.load(pictures), name="images"), pictures)
        sets.append(own)
        told.append(f"{len(own)} of your own")
    return tuple(dataclasses.replace(each, scaling=scale) for each in sets), ", ".join(told)


def at_hand(count: int, scale: Scaling) -> Samples:
    """The external images, and as many of MNIST's as there is room for, if an earlier run has left them here."""
    drawn = dataclasses.replace(load_external(), scaling=scale)
    try:
        known = load_mnist("test", sources.cache_folder(catalogue.MNIST)).first(count - len(drawn))
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
