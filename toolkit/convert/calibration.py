"""Real values that the ranges of an int8 network's activations are taken from: samples of a set of the user's."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import TensorSpec
from toolkit.data import choice
from toolkit.data.samples import Samples
from toolkit.errors import UsageError
from toolkit.selection import Selection
from toolkit.tflite.ends import Ends

SAMPLES = 1000
SEED = 1


@dataclass(frozen=True)
class Calibration:
    """What is calibrated with.

    Attributes:
        inputs: by input: [N, *sample] of its type, real values.
        told: which samples these are, in words that follow "calibrated with ...".
        sha256: over all of them.
    """

    inputs: tuple[npt.NDArray[Any], ...]
    told: str
    sha256: str


def read(ends: Ends, asked: Selection, name: str) -> Calibration:
    """Samples of `asked.data`: all, or so many drawn at random, with a seed.

    Args:
        ends: of the float32 network.
        asked: how the set is read; what is said of its truth is not used.
        name: of the network, for messages.

    Raises:
        UsageError: no set is said.
        DatasetError: it cannot be read, or does not fit the network.
    """
    data = named(asked, name)
    samples, told = _samples(ends, asked)
    count = len(samples)
    where = data.name
    if count > SAMPLES:
        chosen = np.sort(np.random.default_rng(SEED).choice(count, SAMPLES, replace=False))
        which = f"{SAMPLES:,} of the {count:,} samples of {where}, drawn with seed {SEED}"
    else:
        chosen = np.arange(count)
        which = f"all {count:,} samples of {where}" if count > 1 else f"the one sample of {where}"
    inputs = tuple(
        _real(samples, values[chosen], spec) for values, spec in zip(samples.inputs, ends.inputs, strict=True)
    )
    digest = hashlib.sha256()
    for each in inputs:
        digest.update(f"{each.dtype.str} {each.shape};".encode())
        digest.update(np.ascontiguousarray(each).data)
    return Calibration(inputs, f"{which} ({told})" if told else which, digest.hexdigest())


def named(asked: Selection, name: str) -> Path:
    """The set that is said, if it is there: asked before a framework is loaded.

    Raises:
        UsageError, DatasetError: it is not.
    """
    if asked.data is None:
        raise UsageError(
            f"{name} is converted to int8, which needs data to take ranges from",
            "--data FILE, samples of its training set; or --dtype float32, which needs none",
        )
    choice.look(asked)
    return asked.data


def _samples(ends: Ends, asked: Selection) -> tuple[Samples, str]:
    plain = dataclasses.replace(asked, task="none", classes=(), images=None)
    samples, told = choice.for_training(ends.inputs, ends.outputs, plain)
    # How many there are is said, and what the truth is for is nobody's business here.
    parts = told.split("; ")[1:]
    return samples, "; ".join(each for each in parts if each != "the truth is not used")


def _real(samples: Samples, values: npt.NDArray[Any], spec: TensorSpec) -> npt.NDArray[Any]:
    real = values if samples.scaling is None else samples.scaling.real(values)
    return np.asarray(real, spec.numpy).reshape(len(values), *spec.sample)
