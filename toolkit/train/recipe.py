"""How a network is trained: the paper's recipe, and the best one found for very small networks."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from toolkit.errors import TrainError
from toolkit.zoo import Architecture


@dataclass(frozen=True)
class Augmentation:
    """Random affine changes of each image, uniform within these bounds; the centre stays fixed but for the shift.

    Attributes:
        rotate_degrees, shear_degrees: largest angle, either way.
        scale: largest relative change of size, either way, for each axis on its own.
        shift_pixels: largest shift along each axis, either way.
    """

    rotate_degrees: float
    shear_degrees: float
    scale: float
    shift_pixels: float


@dataclass(frozen=True)
class InkChanges:
    """What the authors of Efficient-CapsNet change in each image while they train (their published code, 2021).

    Normal values have a deviation of 1/3 and stop at 1.

    Attributes:
        rotate_degrees: one image in two is turned by a normal value times this.
        squeeze_pixels: the picture becomes narrower, by 1 pixel and up to so many in all, by a normal value.
        patch_pixels: side of a square that is painted black; it stays as far from the upper and the left edge, and two
            pixels less from the others.

    Each image is moved too, along each axis, by a normal value times the empty margin on a side drawn at random.
    """

    rotate_degrees: float
    squeeze_pixels: int
    patch_pixels: int


@dataclass(frozen=True)
class Recipe:
    """One way to train.

    Attributes:
        name: by which the command line asks for it.
        epochs: passes over the training images.
        batch_size: images per step.
        learning_rate: Adam's, at its peak.
        warmup_epochs: epochs in which the rate rises from 0 in a straight line; with `cosine` only.
        cosine: after the warm-up the rate falls to 0 along half a cosine; otherwise it is constant.
        batch_norm: a batch normalisation after each convolution and hidden dense layer while training; it is
            folded into the weights at the end, so that the trained network is the architecture itself.
        augmentation: random changes of the images, or None.
        polish_epochs: further epochs of the folded network on the unchanged images, at `polish_rate` falling
            to 0: folding leaves statistics that were taken from changed images.
        polish_rate: Adam's peak rate in them.
        trials: short trainings from different starting weights; the whole training starts from the weights whose
            trial ended with the highest accuracy on the training images. A network of a few hundred
            parameters ends in as good or bad a place as it starts near.
        trial_epochs, trial_polish_epochs: of each trial.
        decay: the constant rate is multiplied by it after each epoch.
        loss: "cross_entropy" or "margin".
        validation: images at the end of the training set that are never trained on; never test images.
        authors: as the network's authors train it: for networks that have such settings only. The rate falls as far
            in these epochs as by their decay in theirs.
    """

    name: str
    epochs: int
    batch_size: int
    learning_rate: float
    warmup_epochs: int = 0
    cosine: bool = False
    batch_norm: bool = False
    augmentation: Augmentation | InkChanges | None = None
    polish_epochs: int = 0
    polish_rate: float = 0.0
    trials: int = 1
    trial_epochs: int = 0
    trial_polish_epochs: int = 0
    decay: float = 1.0
    loss: str = "cross_entropy"
    validation: int = 0
    authors: bool = False


PAPER = Recipe(name="paper", epochs=20, batch_size=32, learning_rate=1e-3)
"""Adam at Keras' defaults, 20 epochs, all 60,000 training images: what the paper states."""

BEST = Recipe(
    name="best",
    epochs=60,
    batch_size=256,
    learning_rate=2e-2,
    warmup_epochs=2,
    cosine=True,
    batch_norm=True,
    augmentation=Augmentation(rotate_degrees=7.0, shear_degrees=5.0, scale=0.07, shift_pixels=1.0),
    polish_epochs=30,
    polish_rate=3e-3,
    trials=10,
    trial_epochs=6,
    trial_polish_epochs=3,
    validation=5_000,
)
"""Trials for the starting weights; batch norm folded at the end, light augmentation, warm-up and cosine; then a
polish of the folded network on the unchanged images.

Chosen on the 5,000 held-out training images. What was seen there: the starting weights matter most (after nine epochs
the accuracy of the trials spread from 0.954 to 0.966), then the polish (+0.5 to 1.2 points); augmentation without the
polish costs as much as it gives; label smoothing, focal loss and a higher rate in the polish gave nothing.
"""

AUTHORS = Recipe(
    name="authors",
    epochs=20,
    batch_size=16,
    learning_rate=5e-4,
    augmentation=InkChanges(rotate_degrees=30.0, squeeze_pixels=7, patch_pixels=4),
    authors=True,
)
"""Efficient-CapsNet as its authors train it, in 20 epochs as everything in the paper's tables, where they take 150."""

RECIPES = {recipe.name: recipe for recipe in (PAPER, BEST, AUTHORS)}


def get(name: str) -> Recipe:
    """The recipe with this name.

    Raises:
        TrainError: there is none; the hint lists those that are.
    """
    if name not in RECIPES:
        raise TrainError(f"there is no recipe {name!r}", f"known recipes: {', '.join(RECIPES)}")
    return RECIPES[name]


def suited(recipe: Recipe, architecture: Architecture) -> Recipe:
    """The recipe with the settings of the network's own authors, where it has such.

    Raises:
        TrainError: the recipe is the authors', and it has none.
    """
    own = architecture.training
    if own is None:
        if recipe.authors:
            raise TrainError(f"{architecture.name} has no settings of its authors", "train it with the recipe `best`")
        return recipe
    decay = own.decay ** (own.epochs / recipe.epochs) if recipe.authors else own.decay
    return dataclasses.replace(
        recipe, loss=own.loss, batch_size=own.batch_size, learning_rate=own.learning_rate, decay=decay
    )
