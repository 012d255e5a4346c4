"""Trains a network of the zoo: deterministic for a seed, resumable after any epoch, with its history."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.data.samples import Samples
from toolkit.errors import TrainError
from toolkit.quiet_tensorflow import load_tensorflow
from toolkit.train.loop import EpochRecord, Fit, Phase, Progress, accuracy
from toolkit.train.recipe import AUTHORS, BEST, PAPER, RECIPES, Recipe, get, suited
from toolkit.train.twin import can_have_twin, fold, with_batch_norm
from toolkit.zoo import Architecture

__all__ = [
    "AUTHORS",
    "BEST",
    "PAPER",
    "RECIPES",
    "EpochRecord",
    "Fit",
    "Phase",
    "Progress",
    "Recipe",
    "Trained",
    "accuracy",
    "get",
    "train",
]


@dataclass(frozen=True)
class Trained:
    """A trained network.

    Attributes:
        model: the Keras model, with the architecture's own layers only.
        validation: its accuracy on the held-out images, 0 to 1; None if there were none.
        training_images, validation_images: how many there were of each.
        epochs: passes over the training images, all phases together, without the trials.
        seconds: of wall clock that all epochs took, those of the trials too.
        history: one record for each epoch, the trials' first.
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
    data: Samples,
    *,
    watch: Samples | None = None,
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
    load_tensorflow()
    recipe = suited(recipe, architecture)
    if len(data) <= recipe.validation + recipe.batch_size:
        raise TrainError(
            f"{data.name} has {len(data)} images, the recipe {recipe.name} needs more than "
            f"{recipe.validation + recipe.batch_size}",
            "train on the whole training set",
        )
    cut = len(data) - recipe.validation
    held_out = data.part(cut, len(data)) if recipe.validation else None
    work = _Work(architecture, data.first(cut), held_out, watch, checkpoints, progress)
    history: list[EpochRecord] = []
    seeds = [seed * 1000 + place for place in range(recipe.trials)]
    best = seeds[0]
    if recipe.trials > 1:
        short = dataclasses.replace(recipe, epochs=recipe.trial_epochs, polish_epochs=recipe.trial_polish_epochs)
        trials = [_once(work, short, each, "trial") for each in seeds]
        best = seeds[max(range(len(seeds)), key=lambda place: trials[place][1][-1].accuracy)]
        history = [record for _, records in trials for record in records]
    model, records = _once(work, recipe, best, "train")
    history += records
    return Trained(
        model=model,
        validation=accuracy(model, held_out) if held_out is not None else None,
        training_images=cut,
        validation_images=recipe.validation,
        epochs=len(records),
        seconds=round(sum(each.seconds for each in history), 1),
        history=tuple(history),
    )


@dataclass(frozen=True)
class _Work:
    """What all trainings of one call share."""

    architecture: Architecture
    data: Samples
    held_out: Samples | None
    watch: Samples | None
    checkpoints: Path | None
    progress: Callable[[Progress], None] | None


def _once(work: _Work, recipe: Recipe, seed: int, name: str) -> tuple[Any, list[EpochRecord]]:
    """One training from its own starting weights: the model and its history; `name` is that of the phase."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    model = work.architecture.build()
    if recipe.batch_norm and not can_have_twin(model):
        raise TrainError(f"{work.architecture.name} is no plain stack of layers", "train it with the recipe `paper`")
    trainee = with_batch_norm(model) if recipe.batch_norm else model
    phase = Phase(
        name,
        recipe.epochs,
        recipe.batch_size,
        recipe.learning_rate,
        recipe.warmup_epochs,
        recipe.cosine,
        recipe.augmentation,
        recipe.decay,
        recipe.loss,
    )

    def run(network: Any, what: Phase) -> list[EpochRecord]:
        stem = f"{work.architecture.name}-{recipe.name}-{seed}-{what.name}.npz"
        fit = Fit(
            network,
            work.data,
            what,
            seed,
            validation=work.held_out if work.held_out is not None else work.watch,
            checkpoint=work.checkpoints / stem if work.checkpoints is not None else None,
            progress=work.progress,
        )
        return fit.run()

    history = run(trainee, phase)
    if recipe.batch_norm:
        fold(trainee, model)
    if recipe.polish_epochs:
        polish = Phase(
            "polish" if name == "train" else f"{name} polish",
            recipe.polish_epochs,
            recipe.batch_size,
            recipe.polish_rate,
            cosine=True,
            loss=recipe.loss,
        )
        history = history + run(model, polish)
    return model, history
