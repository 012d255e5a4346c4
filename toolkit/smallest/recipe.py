"""How one network is trained, and one training of it: what a record holds."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from toolkit.errors import TrainError


@dataclass(frozen=True)
class Recipe:
    """One way to train.

    Attributes:
        epochs: passes over the training images.
        rate: Adam's, at its peak; it rises for `warmup` epochs in a straight line and falls to 0 along half a cosine.
        decay: of the weights, decoupled: each step takes away rate x decay of them. Scales and biases have none.
        batches: of 64 images a step; the normalisations take their statistics from each batch alone.
        beta1, beta2: Adam's.
        averaging: the running mean of the weights keeps so much of itself a step; it is what is judged.
        copies: changed copies of each training image; each epoch takes the originals or one of the copies in turn.
        degrees, shear, size, shift: bounds of the changes: degrees, degrees, relative, pixels.
        clean: share of the epochs, at the end, with the originals alone.
        smoothing: of the labels.
        forgiving: q of the generalised cross-entropy (1 - p^q) / q (Zhang and Sabuncu, 2018), 0 to 1: the nearer to 1,
            the less an image pulls that the network cannot get right; 0: cross-entropy.
        outer: of a run inside a wider network: how much that one's loss counts beside its own.
        sharpness: radius of a sharpness-aware step (twice the work), 0 for none.
        rounding: 1: each step sees the weights as the int8 file will hold them, rounded by channel; 0: as they are.
        frozen: 1: the normalisations keep the statistics of the run that this one starts from, as the finished network
            will; 0: they take those of each batch of 64, whose noise a small network pays for.
        upright: 1: every image, of training, held out, of the calibration and the test, is set upright by its moments
            as the device does it (toolkit/data/straighten.py), copies after they were changed; 0: they are as they are.
    """

    epochs: int = 60
    rate: float = 0.08
    warmup: float = 1.0
    decay: float = 0.01
    batches: int = 4
    beta1: float = 0.9
    beta2: float = 0.99
    averaging: float = 0.998
    copies: int = 8
    degrees: float = 9.0
    shear: float = 7.0
    size: float = 0.05
    shift: float = 0.07
    clean: float = 0.15
    smoothing: float = 0.0
    sharpness: float = 0.0
    rounding: int = 0
    frozen: int = 0
    upright: int = 0
    forgiving: float = 0.0
    outer: float = 0.0

    def rates(self, epoch: int, steps: int) -> npt.NDArray[np.float32]:
        """Adam's rate of each step of an epoch, from 0."""
        step = epoch * steps + np.arange(steps)
        warmup, total = self.warmup * steps, self.epochs * steps
        falling = 0.5 * (1 + np.cos(math.pi * (step - warmup) / max(1.0, total - warmup)))
        return (self.rate * np.where(step < warmup, (step + 1) / max(1.0, warmup), falling)).astype(np.float32)

    def copy_of(self, epoch: int) -> int:
        """Which images an epoch takes: 0 the originals, then the copies in turn; the originals at the end."""
        if not self.copies or epoch >= self.epochs - round(self.clean * self.epochs):
            return 0
        return epoch % (self.copies + 1)


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        words, slope: of the topology.
        seed: of starting weights and order; one seed and CPU give the same weights.
        recipe: how.
        start: identity of the run whose weights it begins with; empty for weights drawn by `seed`.
        inside: words of a wider network that it is trained inside of, as its first channels, and that is dropped at the
            end (NetAug; Cai et al., 2022); empty: it is trained alone.
    """

    words: str
    slope: float
    seed: int
    recipe: Recipe
    start: str = ""
    inside: str = ""


RECIPE = Recipe()


def changed(recipe: Recipe, settings: dict[str, float]) -> Recipe:
    """The recipe with other values of some fields.

    Raises:
        TrainError: there is no such field, or a value makes no sense.
    """
    known = {name: type(value) for name, value in vars(RECIPE).items()}
    for name, value in settings.items():
        if name not in known:
            raise TrainError(f"a recipe has no {name!r}", f"it has {', '.join(known)}")
        if value < 0 or (known[name] is int and value != int(value)):
            raise TrainError(f"{name} = {value} makes no sense", "a number that is not negative, whole where counted")
    made = replace(recipe, **{name: known[name](value) for name, value in settings.items()})
    if made.epochs < 1 or made.batches < 1:
        raise TrainError("a training needs an epoch, and a step a batch", "epochs and batches of at least 1")
    if made.forgiving > 1 or (made.forgiving and made.smoothing):
        raise TrainError("forgiving goes from 0 to 1, and not with smoothed labels", "one of the two")
    return made
