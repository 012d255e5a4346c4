"""One training of the study, from start to its record; what is done already is never done again."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toolkit import reference, zoo
from toolkit import train as training
from toolkit.artifacts import DType
from toolkit.data.samples import Samples
from toolkit.models import file_name, store
from toolkit.paper.records import Record, TrainingRun, run_folder

RECORD = "result.json"
"""In the run's folder."""


@dataclass(frozen=True)
class Result(Record):
    """One run and what came of it.

    Attributes:
        run: what was trained.
        params: trainable parameters.
        sizes: bytes of the `.tflite`, by type.
        accuracy: of each converted file on the 10,000 test images, 0 to 1, by type.
        external: right answers of the ten external images, by type; empty where the set is not about digits.
        external_wrong: the digits that the float32 file gets wrong.
        curve: accuracy on the test images after each epoch, of the network in training.
        training_curve: accuracy on the training images during each epoch.
        seconds: of training; versions: of the packages; date: ISO 8601, UTC.
    """

    params: int
    sizes: dict[str, int]
    accuracy: dict[str, float]
    external: dict[str, int]
    external_wrong: tuple[int, ...]
    curve: tuple[float, ...]
    training_curve: tuple[float, ...]
    seconds: float
    versions: dict[str, str]
    date: str


@dataclass(frozen=True)
class Sets:
    """The images of one data set, and the external ones where they belong to it."""

    train: Samples
    test: Samples
    external: Samples | None


def recipe_of(run: TrainingRun) -> training.Recipe:
    """The recipe with the run's number of epochs."""
    return dataclasses.replace(training.get(run.recipe), epochs=run.epochs)


def perform(
    run: TrainingRun, sets: Sets, workspace: Path, progress: Callable[[training.Progress], None] | None = None
) -> Result:
    """Train, convert, score; or read the record of a run that was done before.

    Args:
        run: what is to be done.
        sets: of the data set that the run names.
        workspace: keeps the run's folder `build/paper/KEY/` and the checkpoints.
        progress: called many times an epoch.
    """
    folder = run_folder(workspace, run)
    record = folder / RECORD
    if record.is_file():
        return Result.load(record)
    architecture, recipe = zoo.get(run.model), recipe_of(run)
    trained = training.train(
        architecture,
        recipe,
        run.seed,
        sets.train,
        watch=sets.test,
        checkpoints=folder.parent / "checkpoints" / run.data,
        progress=progress,
    )
    tests = tuple(each for each in (sets.test, sets.external) if each is not None)
    card = store.store(trained, architecture, recipe, run.seed, calibration=sets.train, tests=tests, folder=folder)
    kinds = ("float32", "int8", "int8_per_tensor")
    result = Result(
        run=run,
        params=card.params,
        sizes={
            kind: card.sizes[f"{run.model}_{kind}.tflite"]
            for kind in kinds
            if f"{run.model}_{kind}.tflite" in card.sizes
        },
        accuracy={
            kind: card.accuracy[f"{sets.test.name}_{kind}"].correct / len(sets.test)
            for kind in kinds
            if f"{sets.test.name}_{kind}" in card.accuracy
        },
        external={
            kind: card.accuracy[f"external_{kind}"].correct for kind in kinds if f"external_{kind}" in card.accuracy
        },
        external_wrong=_wrong(folder / file_name(run.model, DType.FLOAT32), sets.external),
        curve=tuple(each.validation for each in trained.history if each.validation is not None),
        training_curve=tuple(each.accuracy for each in trained.history),
        seconds=card.seconds,
        versions=card.versions,
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )
    result.save(record)
    return result


def _wrong(path: Path, external: Samples | None) -> tuple[int, ...]:
    if external is None:
        return ()
    tflite = path.read_bytes()
    outputs = reference.expected_outputs(tflite, reference.quantise(tflite, external.values, external.scaling))
    predicted = np.argmax(reference.dequantise(tflite, outputs), axis=1)
    return tuple(int(label) for label in external.labels[predicted != external.labels])
