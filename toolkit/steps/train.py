"""Train a network of the zoo or of the user's, convert it, score it, and store it in the workspace."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.artifacts import DType, ModelCard, TensorSpec
from toolkit.listener import SILENT, Listener
from toolkit.selection import EVERYTHING, Selection

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.data import Samples
    from toolkit.train.own import OwnTrained
    from toolkit.zoo import Architecture


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


@dataclass(frozen=True)
class Own:
    """A network of the user's that is to be trained.

    Attributes:
        function: "mymodel.py:build".
        data: the training set.
        name: of the stored model; None takes the file's.
        recipe, epochs: None takes those of networks that are not tuned.
        seed: of the weights, of what is held out, and of the order.
    """

    function: str
    data: Selection = EVERYTHING
    name: str | None = None
    recipe: str | None = None
    epochs: int | None = None
    seed: int = 1


def train_own(asked: Own, workspace: Path, listener: Listener = SILENT) -> ModelCard:
    """Build, train, convert and store a network of the user's; it is found by its name from then on.

    Raises:
        UsageError, TrainError: the function, the name or the recipe is none.
        DatasetError: the data cannot be read, or do not fit the network.
        TinymlError: interrupted, to be gone on with.
    """
    from toolkit import data, models
    from toolkit.errors import TinymlError, UsageError
    from toolkit.models import store
    from toolkit.train import own

    how = own.recipe(asked.recipe, asked.epochs)
    name = _name(asked)
    if asked.data.data is None:
        raise UsageError("--keras trains with data of yours, and --data names none", "--data train.npz")
    data.look(asked.data)
    listener.say(f"building {asked.function}")
    model = own.build(asked.function, asked.seed)
    inputs, outputs = own.ends(model, name)
    samples, told = data.for_training(inputs, outputs, asked.data)
    listener.say(f"training with {told}")
    folder = models.workspace_folder(workspace, name)
    checkpoint = folder.with_name(f"{name}.checkpoints") / f"{how.name}-{asked.seed}.npz"
    try:
        with listener.training() as progress:
            trained = own.train(model, name, how, asked.seed, samples, checkpoint=checkpoint, progress=progress)
    except KeyboardInterrupt:
        raise TinymlError(
            "interrupted; every finished epoch is kept", "the same command goes on from the last epoch"
        ) from None
    listener.say(f"trained with {trained.told}; converting")
    return store.store(
        trained,
        _architecture(asked.function, model),
        how,
        asked.seed,
        calibration=trained.trained_on,
        tests=_held_out(trained),
        folder=folder,
        name=name,
        make=_converter(trained, name, inputs),
    )


def _name(asked: Own) -> str:
    from toolkit import models, zoo
    from toolkit.errors import UsageError
    from toolkit.train import own

    name = asked.name or own.file_of(asked.function)[0].stem
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}", name):
        raise UsageError(f"{name!r} is no name for a model", "letters, digits, - and _: --name gesture")
    shipped = models.find(name, Path("/nowhere"))
    if name in zoo.names() or shipped is not None:
        raise UsageError(f"{name} is a network of ours", "give yours another name: --name gesture")
    return name


def _architecture(function: str, model: object) -> Architecture:
    from toolkit.zoo import Architecture

    return Architecture(Path(function).name, "a network of the user's", 0, (), lambda: model)


def _held_out(trained: OwnTrained) -> tuple[Samples, ...]:
    """What the files are scored on: samples of one input, where there are classes."""
    from toolkit.data import Kind

    held = trained.held_out
    if held.task.kind is not Kind.CLASSIFY or len(held.inputs) != 1:
        return ()
    return (dataclasses.replace(held, name="held_out"),)


def _converter(trained: OwnTrained, name: str, inputs: tuple[TensorSpec, ...]) -> Callable[[DType, bool], bytes]:
    from toolkit.convert import CALIBRATION_IMAGES
    from toolkit.convert import keras as converter
    from toolkit.train import own

    network = converter.of(trained.model, name)
    samples = own.real_inputs(trained.trained_on.first(CALIBRATION_IMAGES), inputs)
    return lambda dtype, per_tensor: network.make(dtype, samples, per_tensor)
