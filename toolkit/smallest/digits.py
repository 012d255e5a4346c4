"""All shipped networks on digits that none was trained on: the external, the harder ones, another collection."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from toolkit import zoo
from toolkit.artifacts import DType, to_jsonable, write_atomically
from toolkit.data import load_external
from toolkit.data.digits.eight import load_eight
from toolkit.data.digits.habits import load_harder
from toolkit.errors import ModelError
from toolkit.smallest import kept

FILE = "digits.json"
MIXED = "mixed"
"""Beside float32 and int8: convolutions int8, the rest float32."""


@dataclass(frozen=True)
class Row:
    """One network: right answers and all, by set; `dtype` of the file that was asked, or MIXED."""

    name: str
    dtype: str
    right: dict[str, int]
    total: dict[str, int]


def known(folder: Path) -> tuple[Row, ...]:
    """What was kept."""
    return kept.rows(folder / FILE, lambda row: Row(**row))


def score(folder: Path, models: Path, told: Callable[[Row], None] = lambda _: None) -> tuple[Row, ...]:
    """Score every network of the zoo that lies in `models`, and keep the rows.

    Raises:
        ModelError: none lies there that can be scored; what was kept stays.
    """
    from toolkit.models import store

    sets = (load_external(), load_harder(), load_eight())
    rows: list[Row] = []
    for name in zoo.names():
        mixed, files = _files(models, name)
        for dtype, path in files:
            try:
                found = {data.name: store.score(path.read_bytes(), data) for data in sets}
            except ModelError:
                continue  # no interpreter that is installed takes it
            row = Row(
                name,
                dtype,
                {key: value.correct for key, value in found.items()},
                {key: value.total for key, value in found.items()},
            )
            rows.append(row)
            told(row)
            if not mixed:
                break
    if not rows:
        raise ModelError(
            f"{models} has no network that can be scored: no NAME/NAME_int8.tflite of the zoo",
            "--models FOLDER, that of the shipped networks: models",
        )
    write_atomically(folder / FILE, (json.dumps(to_jsonable(rows), indent=1) + "\n").encode())
    return tuple(rows)


def _files(models: Path, name: str) -> tuple[bool, list[tuple[str, Path]]]:
    """Whether a network has a mixed file, and its files: the first that can be scored stands for it.

    Of one that has a mixed file all count: on MNIST int8 takes 12 points from the capsules, the mixed one none.
    """
    mixed = models / f"{name}_{MIXED}.tflite"
    whole = [(str(dtype), models / name / f"{name}_{dtype}.tflite") for dtype in (DType.INT8, DType.FLOAT32)]
    return mixed.is_file(), [each for each in (*whole, (MIXED, mixed)) if each[1].is_file()]
