"""A judged network as a folder of `models/`: the very int8 file that was judged, and what belongs to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit import zoo
from toolkit.artifacts import DType
from toolkit.smallest import finished, judge, pipeline, records, training
from toolkit.smallest.data import Sets
from toolkit.smallest.records import Record
from toolkit.smallest.training import Weights

if TYPE_CHECKING:
    from toolkit.data.samples import Samples


def ship(name: str, study: Path, sets: Sets, tests: Callable[[], tuple[Samples, ...]], models: Path) -> Path:
    """Write the folder of the pipeline that ships; returns it.

    Args:
        name: of the plan; it says which architecture of the zoo the network is.
        tests: gives the sets to score on: the test set may be read again, for it was judged; it is not before that.
        models: gets or has the folder of the model.

    Raises:
        TrainError: it was not judged.
        ChangedFileError: the file is not the one that was.
    """
    from toolkit.models import store
    from toolkit.train import PAPER, Trained

    chosen, network = judge.shipping(study, name)
    plan = pipeline.plan(study, name)
    record = dict(pipeline.done(plan, study))[chosen.seed]
    weights = training.unpacked(pipeline.network_path(study, name, chosen.seed).with_suffix(".npz"), record.run)
    architecture = zoo.get(plan.network)
    model = architecture.build()
    model.set_weights(finished.keras_model(weights, plan.network).get_weights())
    trained = Trained(
        model=model,
        validation=record.held_out,
        training_images=len(sets.train.labels),
        validation_images=len(sets.held_out.labels),
        epochs=plan.epochs,
        seconds=_seconds(record, study),
        history=(),
    )
    folder = models / plan.network
    store.store(
        trained,
        architecture,
        dataclasses.replace(PAPER, name="smallest"),
        chosen.seed,
        calibration=sets.samples,
        tests=tests(),
        folder=folder,
        make=partial(_file, weights, sets, network),
    )
    return folder


def _seconds(record: Record, study: Path) -> float:
    """Of all trainings on the way to these weights."""
    by_identity = {each.identity: each for each in records.read(study) if each.state == records.WHOLE}
    total = record.seconds
    while record.run.start:
        record = by_identity[record.run.start]
        total += record.seconds
    return total


def _file(weights: Weights, sets: Sets, judged: bytes, dtype: DType, per_tensor: bool) -> bytes:
    """The judged file itself; the other forms are made now."""
    if dtype is DType.INT8 and not per_tensor:
        return judged
    return finished.tflite(weights, sets, dtype, per_tensor_dense=per_tensor)
