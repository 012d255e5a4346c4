"""Trains a network of the zoo: deterministic for a seed, resumable after any epoch, with its history."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import TrainError
from toolkit.images import LabelledImages
from toolkit.train.loop import EpochRecord, Fit, Phase, Progress, accuracy
from toolkit.train.recipe import BEST, PAPER, RECIPES, Recipe, get, suited
from toolkit.train.twin import can_have_twin, fold, with_batch_norm
from toolkit.zoo import Architecture

__all__ = ["BEST", "PAPER", "RECIPES", "EpochRecord", "Progress", "Recipe", "Trained", "accuracy", "get", "train"]


@dataclass(frozen=True)
class Trained:
    """A trained network.

    Attributes:
        model: the Keras model, with the architecture's own layers only.
        validation: its accuracy on the held-out images, 0 to 1; None if there were none.
        training_images, validation_images: how many there were of each.
        epochs: passes over the training images, all phases together.
        seconds: of wall clock that its epochs took.
        history: one record for each epoch, of all restarts.
    """

    model: Any
    validation: float | None
    training_images: int
    validation_images: int
    epochs: int
    seconds: float
    history: tuple[EpochRecord, ...]


def train(
    architecture: Architecture,
    recipe: Recipe,
    seed: int,
    data: LabelledImages,
    *,
    watch: LabelledImages | None = None,
    checkpoints: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Trained:
    """Train one network.

    Args:
        architecture: of the zoo.
        recipe: how; its validation images are the last ones of `data`.
        seed: of the weights and of all random numbers; the same seed, data and versions give the same weights.
        data: the training set.
        watch: whose accuracy goes into the history where the recipe holds no images out; it decides nothing.
        checkpoints: folder that keeps the state after each epoch; a training that was stopped goes on from it.
        progress: called many times an epoch.

    Raises:
        TrainError: the recipe does not suit the architecture or the data.
    """
    recipe = suited(recipe, architecture)
    if len(data) <= recipe.validation + recipe.batch_size:
        raise TrainError(
            f"{data.name} has {len(data)} images, the recipe {recipe.name} needs more than "
            f"{recipe.validation + recipe.batch_size}",
            "train on the whole training set",
        )
    cut = len(data) - recipe.validation
    held_out = _part(data, cut, len(data)) if recipe.validation else None
    all_of_them = [
        _once(architecture, recipe, seed * 1000 + restart, data.first(cut), held_out, watch, checkpoints, progress)
        for restart in range(recipe.restarts)
    ]
    best = max(all_of_them, key=lambda one: one.validation or 0.0)
    history = [record for one in all_of_them for record in one.history]
    return dataclasses.replace(best, history=tuple(history), seconds=round(sum(each.seconds for each in history), 1))


def _part(data: LabelledImages, start: int, end: int) -> LabelledImages:
    return LabelledImages(data.name, data.images[start:end], data.labels[start:end], (), data.source)


def _once(
    architecture: Architecture,
    recipe: Recipe,
    seed: int,
    data: LabelledImages,
    held_out: LabelledImages | None,
    watch: LabelledImages | None,
    checkpoints: Path | None,
    progress: Callable[[Progress], None] | None,
) -> Trained:
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    model = architecture.build()
    if recipe.batch_norm and not can_have_twin(model):
        raise TrainError(f"{architecture.name} is no plain stack of layers", "train it with the recipe `paper`")
    trainee = with_batch_norm(model) if recipe.batch_norm else model
    phase = Phase(
        "train",
        recipe.epochs,
        recipe.batch_size,
        recipe.learning_rate,
        recipe.warmup_epochs,
        recipe.cosine,
        recipe.augmentation,
        recipe.decay,
        recipe.loss,
    )

    def run(network: Any, what: Phase, phase_seed: int) -> list[EpochRecord]:
        stem = f"{architecture.name}-{recipe.name}-{phase_seed}-{what.name}.npz"
        checkpoint = checkpoints / stem if checkpoints is not None else None
        seen = held_out if held_out is not None else watch
        fit = Fit(network, data, what, phase_seed, validation=seen, checkpoint=checkpoint, progress=progress)
        return fit.run()

    history = run(trainee, phase, seed)
    if recipe.batch_norm:
        fold(trainee, model)
    if recipe.polish_epochs:
        polish = Phase(
            "polish", recipe.polish_epochs, recipe.batch_size, recipe.polish_rate, cosine=True, loss=recipe.loss
        )
        history = history + run(model, polish, seed)
    return Trained(
        model=model,
        validation=accuracy(model, held_out) if held_out is not None else None,
        training_images=len(data),
        validation_images=len(held_out) if held_out is not None else 0,
        epochs=recipe.epochs + recipe.polish_epochs,
        seconds=sum(each.seconds for each in history),
        history=tuple(history),
    )
