"""Trained network -> the folder that every other command reads: weights, `.tflite` files, history and card.

The command line and the paper's tables both need these steps in a row; this is the one place that composes
train, convert and reference.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import io
import json
import platform
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from toolkit import reference, zoo
from toolkit.artifacts import DType, ElementType, ModelCard, Score, sha256_of, to_jsonable, write_atomically
from toolkit.data.samples import Samples
from toolkit.data.task import predicted
from toolkit.errors import ModelError, TrainError
from toolkit.models.card import card_text
from toolkit.models.finder import CARD, StoredModel, file_name
from toolkit.statistics import wilson_interval
from toolkit.tflite import int8_tables
from toolkit.tflite.ends import ends_of

if TYPE_CHECKING:
    from toolkit.train import Recipe, Trained
    from toolkit.train.own import OwnTrained
    from toolkit.zoo import Architecture

_VARIANTS = ((DType.FLOAT32, False), (DType.INT8, False), (DType.INT8, True))
_PACKAGES = ("tensorflow", "keras", "numpy")


WEIGHTS = "weights.npz"
"""The float32 weights in the order of the Keras model: arrays "0", "1" ...."""


def _weights_bytes(model: Any) -> bytes:
    buffer = io.BytesIO()
    weights = {str(place): value for place, value in enumerate(model.get_weights())}
    np.savez_compressed(buffer, allow_pickle=False, **weights)
    return buffer.getvalue()


def read_weights(folder: Path) -> list[npt.NDArray[np.float32]]:
    """The weights that `store` wrote to a folder, in the order of the Keras model.

    Raises:
        ModelError: they are missing or damaged.
    """
    try:
        with np.load(io.BytesIO((folder / WEIGHTS).read_bytes()), allow_pickle=False) as held:
            return [held[str(place)] for place in range(len(held.files))]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as caught:
        raise ModelError(f"{folder / WEIGHTS} cannot be used: {caught}", "train the model again") from caught


def load_model(stored: StoredModel) -> Any:
    """The stored network as a Keras model, with its weights.

    Raises:
        ModelError: its architecture is not in the zoo, or its weights are missing or do not fit.
    """
    model = zoo.get(stored.card.architecture).build()
    weights = read_weights(stored.folder)
    try:
        model.set_weights(weights)
    except ValueError as caught:
        raise ModelError(
            f"{stored.folder / WEIGHTS} does not fit: {caught}", f"tinyml train {stored.card.name} makes it again"
        ) from caught
    return model


def score(tflite: bytes, data: Samples, *, interpreter: str | None = None) -> Score:
    """Right answers of a converted network.

    int8 is scored by the official interpreter, or by the one that is named. LiteRT's optimised kernels, where they are
    installed, score float32, where the order of a sum decides nothing but a last bit, and networks that TensorFlow
    Lite Micro alone cannot run.
    """
    if interpreter is None and reference.is_installed("ai_edge_litert"):
        is_float = ends_of(tflite).input.dtype is ElementType.FLOAT32
        interpreter = reference.OPTIMISED if is_float or int8_tables.is_needed(tflite) else None
    inputs = reference.quantise(tflite, data.values, data.scaling)
    outputs = reference.expected_outputs(tflite, inputs, interpreter=interpreter)
    correct = int(np.sum(predicted(reference.dequantise(tflite, outputs)) == data.labels))
    return Score(correct, len(data), wilson_interval(correct, len(data)))


def versions() -> dict[str, str]:
    """Of Python and of the packages that train and convert."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in _PACKAGES}


def _of_the_zoo(model: Any, sample: npt.NDArray[np.float32], dtype: DType, per_tensor: bool) -> bytes:
    from toolkit.convert import convert

    return convert(model, dtype, sample, per_tensor_dense=per_tensor)


def store(
    trained: Trained | OwnTrained,
    architecture: Architecture,
    recipe: Recipe,
    seed: int,
    *,
    calibration: Samples,
    tests: tuple[Samples, ...],
    folder: Path,
    name: str | None = None,
    make: Callable[[DType, bool], bytes] | None = None,
) -> ModelCard:
    """Convert a trained network to every type that it can have, score each file, and write the folder.

    Args:
        trained: what `train` returned.
        architecture, recipe, seed: that it was trained with.
        calibration: the training set; its first 1,000 images give the ranges of the int8 network.
        tests: the sets to score on; never used for anything else.
        folder: is made if missing. The card is written last: a folder without one is not whole.
        name: of the stored model; by default the architecture's.
        make: converts to a type, with one scale for each dense layer or not; by default as the zoo's networks are.

    Returns:
        The card, which is stored as `card.json`. An int8 file that the converter refuses is left out of it.

    Raises:
        TrainError: the network cannot be converted even to float32.
    """
    from toolkit.convert import CALIBRATION_IMAGES

    name = name or architecture.name
    if make is None:
        sample = calibration.first(CALIBRATION_IMAGES).real()
        make = partial(_of_the_zoo, trained.model, sample)
    contents: dict[str, bytes] = {}
    accuracy: dict[str, Score] = {}
    for dtype, per_tensor in _VARIANTS:
        try:
            tflite = make(dtype, per_tensor)
        except TrainError:
            if dtype is DType.FLOAT32:
                raise
            continue
        kind = f"{dtype}_per_tensor" if per_tensor else str(dtype)
        contents[file_name(name, dtype, per_tensor=per_tensor)] = tflite
        for data in tests:
            try:
                accuracy[f"{data.name}_{kind}"] = score(tflite, data)
            except ModelError:
                break  # TensorFlow Lite Micro has no such kernel; the file stays, for the aot runtime
    history = json.dumps([to_jsonable(record) for record in trained.history], indent=1) + "\n"
    contents["history.json"] = history.encode()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CARD).unlink(missing_ok=True)
    contents[WEIGHTS] = _weights_bytes(trained.model)
    for file, data_bytes in contents.items():
        write_atomically(folder / file, data_bytes)
    card = ModelCard(
        name=name,
        architecture=architecture.name,
        recipe=recipe.name,
        seed=seed,
        params=int(sum(np.prod(variable.shape) for variable in trained.model.trainable_variables)),
        epochs=trained.epochs,
        training_images=trained.training_images,
        validation_images=trained.validation_images,
        validation=trained.validation,
        accuracy=accuracy,
        files={file: sha256_of(data) for file, data in contents.items()},
        sizes={file: len(data) for file, data in contents.items()},
        versions=versions(),
        seconds=round(trained.seconds, 1),
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )
    card.save(folder / CARD)
    write_atomically(folder / "card.md", card_text(card).encode())
    return card
