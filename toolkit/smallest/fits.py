"""How well each pipeline's network reads the images that it was trained on: what its size lets it learn at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from toolkit.artifacts import to_jsonable, write_atomically
from toolkit.smallest import kept, native, pipeline, records, training
from toolkit.smallest.data import Sets

FILE = "fits.json"


@dataclass(frozen=True)
class Fit:
    """One pipeline's finished weights, in float32, on the training images as they are (upright, where it reads such).

    Attributes:
        name: of the plan; seed: of the pipeline.
        right, total: of the training images.
    """

    name: str
    seed: int
    right: int
    total: int


def known(folder: Path) -> tuple[Fit, ...]:
    """What was counted."""
    return kept.rows(folder / FILE, lambda row: Fit(**row))


def count(folder: Path, sets: Sets, told: Callable[[Fit], None]) -> None:
    """Of every whole pipeline, anew; a few seconds each.

    Raises:
        TrainError: the folder has no runs.
    """
    records.some(folder)
    found = []
    for plan in pipeline.plans(folder).values():
        seen = sets.upright() if plan.long.upright else sets
        for seed, record in sorted(pipeline.done(plan, folder)):
            path = pipeline.network_path(folder, plan.name, seed).with_suffix(".npz")
            weights = training.unpacked(path, record.run)
            score = training.score(native.Network(weights.topology), weights, seen.train)
            total = len(seen.train.labels)
            found.append(Fit(plan.name, seed, round(score.accuracy * total), total))
            told(found[-1])
    write_atomically(folder / FILE, (json.dumps(to_jsonable(found), indent=1) + "\n").encode())
