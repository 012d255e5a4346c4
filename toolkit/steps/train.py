"""Train a network of the zoo, convert it, score it, and store it in the workspace."""

from __future__ import annotations

from pathlib import Path

from toolkit.artifacts import ModelCard
from toolkit.listener import SILENT, Listener


def train(
    model: str, recipe_name: str, seed: int, data: Path | None, workspace: Path, listener: Listener = SILENT
) -> ModelCard:
    """Train, convert and score one network; its folder is `build/models/<model>/`.

    Raises:
        TrainError: the recipe is not known or does not suit; TinymlError: interrupted, to be gone on with.
    """
    from toolkit import models, zoo
    from toolkit import train as stage
    from toolkit.data import load_external, load_mnist
    from toolkit.errors import TinymlError
    from toolkit.models import store

    architecture = zoo.get(model)
    recipe = stage.get(recipe_name)
    listener.say("loading MNIST")
    training = load_mnist("train", data)
    tests = (load_mnist("test", data), load_external())
    folder = models.workspace_folder(workspace, model)
    checkpoints = folder.with_name(f"{model}.checkpoints") / f"{recipe.name}-{seed}"
    try:
        with listener.training() as progress:
            trained = stage.train(architecture, recipe, seed, training, checkpoints=checkpoints, progress=progress)
    except KeyboardInterrupt:
        raise TinymlError(
            "interrupted; every finished epoch is kept", "the same command goes on from the last epoch"
        ) from None
    listener.say("converting and scoring")
    return store.store(trained, architecture, recipe, seed, calibration=training, tests=tests, folder=folder)
