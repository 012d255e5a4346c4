"""The images that the study may see: training and held-out ones. `judge.py` alone reads the test set."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.data import load_mnist, straighten
from toolkit.data.samples import Samples
from toolkit.data.straighten import straightened
from toolkit.smallest import native
from toolkit.smallest.recipe import Recipe
from toolkit.zoo.topology import SIDE

SPLIT_SEED = 18
HELD_OUT, TRAINED = 10_000, 50_000
# Mean and standard deviation of the training pixels, 0 to 1: the trainer subtracts and divides by them. Folded away.
MEAN, DEVIATION = 0.1307, 0.3081

REAL = ((np.arange(256) / 255 - MEAN) / DEVIATION).astype(np.float32)
"""What a byte stands for while training."""


@dataclass(frozen=True)
class Images:
    """Pixels uint8 [N, 784] and labels uint8 [N]."""

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Sets:
    """What trains, and what decides.

    Attributes:
        train, held_out: shuffled by SPLIT_SEED; the last HELD_OUT are held out.
        samples: the training set in the same order, for the calibration.
        cache: folder for changed copies.
        leaning: the same as they are, where these are set upright.
    """

    train: Images
    held_out: Images
    samples: Samples
    cache: Path
    leaning: Sets | None = None

    def upright(self) -> Sets:
        """The same images, each set upright."""
        if self.leaning is not None:
            return self
        train, held_out = (Images(straightened(each.pixels), each.labels) for each in (self.train, self.held_out))
        return Sets(train, held_out, upright(self.samples), self.cache / "upright", self)

    @functools.cached_property
    def _key(self) -> str:
        """Twelve digits of all that decides a copy beside the recipe: the pixels, and what changes them.

        Another set of as many images has other copies, and so have other changes. Not all of the trainer counts: a copy
        outlives what does not touch it. Some 20 ms for 50,000 images, once.
        """
        if self.leaning is not None:
            digest = hashlib.sha256(self.leaning._key.encode())
            digest.update(Path(straighten.__file__).read_bytes())
        else:
            digest = hashlib.sha256(np.ascontiguousarray(self.train.pixels).data)
            digest.update((native.FOLDER / "augment.c").read_bytes())
        return digest.hexdigest()[:12]

    def copy(self, recipe: Recipe, which: int) -> npt.NDArray[np.uint8]:
        """The training pixels: the originals (0) or a changed copy of them; made once, then read from its file."""
        if which == 0:
            return self.train.pixels
        bounds = (recipe.degrees, recipe.shear, recipe.size, recipe.shift)
        name = f"copy-{'-'.join(str(float(each)) for each in bounds)}-{which}-{self._key}.npy"
        path = self.cache / name
        if not path.is_file():
            self.cache.mkdir(parents=True, exist_ok=True)
            if self.leaning is not None:
                changed = straightened(np.asarray(self.leaning.copy(recipe, which)))
            else:
                changed = native.augment(self.train.pixels, SIDE, bounds, SPLIT_SEED * 1000 + which)
            partial = path.with_name(f"{name}.partial-{np.random.default_rng().integers(1 << 30)}.npy")
            np.save(partial, changed)
            partial.replace(path)
        pixels: npt.NDArray[np.uint8] = np.load(path, mmap_mode="r")
        return pixels


def upright(samples: Samples) -> Samples:
    """The same pictures, uint8, each set upright as the device does it."""
    return replace(samples, inputs=(straightened(np.asarray(samples.values, np.uint8)),), known_by="")


def split(samples: Samples, cache: Path, held_out: int = HELD_OUT) -> Sets:
    """The protocol's split of a training set."""
    order = np.random.default_rng(SPLIT_SEED).permutation(len(samples))
    pixels = np.ascontiguousarray(np.asarray(samples.values, np.uint8).reshape(len(samples), -1)[order])
    labels = np.ascontiguousarray(samples.labels.astype(np.uint8)[order])
    cut = len(samples) - held_out
    return Sets(
        Images(pixels[:cut], labels[:cut]), Images(pixels[cut:], labels[cut:]), _shuffled(samples, order), cache
    )


def _shuffled(samples: Samples, order: npt.NDArray[np.int64]) -> Samples:
    return replace(
        samples,
        inputs=tuple(each[order] for each in samples.inputs),
        truth=None if samples.truth is None else samples.truth[order],
        names=(),
        known_by="",
    )


def load(cache: Path, folder: Path | None = None) -> Sets:
    """MNIST's training images, split.

    Raises:
        DatasetError: they cannot be had.
    """
    return split(load_mnist("train", folder), cache)
