"""Efficient-CapsNet in a quantised form that still reads digits: int8 convolutions, float32 capsules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit import resources
from toolkit.artifacts import Score, write_atomically
from toolkit.data.samples import Samples
from toolkit.errors import ModelError
from toolkit.models import find
from toolkit.models.store import load_model, score
from toolkit.zoo import efficient_capsnet

NAME = "efficient-capsnet"
CALIBRATION = 1000


@dataclass(frozen=True)
class Mixed:
    """What was made.

    Attributes:
        path: of the `.tflite`; size: its bytes.
        scores: by set.
        before: the float32 file's, on the first set.
    """

    path: Path
    size: int
    scores: dict[str, Score]
    before: Score


def make(to: Path, train: Samples, tests: tuple[Samples, ...]) -> Mixed:
    """Convert the shipped network, score it, and write the file.

    Args:
        train: the training set, of which the first CALIBRATION images give the ranges.
        tests: the sets to score on.

    Raises:
        ModelError, TrainError: the network is not there, or cannot be converted.
        TinymlError: the file system refused.
    """
    from toolkit.convert import mixed

    stored = find(NAME, resources.models())
    if stored is None:
        raise ModelError(f"{NAME} is not trained", f"tinyml train {NAME}")
    samples = train.first(CALIBRATION).real()
    model = efficient_capsnet.without_batch_norm(load_model(stored))
    made = mixed.convert(model, NAME, samples, efficient_capsnet.FLOATS)
    before = score((stored.folder / f"{NAME}_float32.tflite").read_bytes(), tests[0])
    scores = {each.name: score(made, each) for each in tests}
    write_atomically(to, made)
    return Mixed(to, len(made), scores, before)
