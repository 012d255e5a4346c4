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
    path = folder / FILE
    return tuple(Row(**row) for row in json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else ()


def score(folder: Path, models: Path, told: Callable[[Row], None] = lambda _: None) -> tuple[Row, ...]:
    """Score every network of the zoo that lies in `models`, and keep the rows.

    Raises:
        ModelError: none lies there that can be scored; what was kept stays.
    """
    from toolkit.models import store

    sets = (load_external(), load_harder(), load_eight())
    rows: list[Row] = []
    for name in zoo.names():
        for dtype, path in _files(models, name):
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
    if not rows:
        raise ModelError(
            f"{models} has no network that can be scored: no NAME/NAME_int8.tflite of the zoo",
            "--models FOLDER, that of the shipped networks: models",
        )
    write_atomically(folder / FILE, (json.dumps(to_jsonable(rows), indent=1) + "\n").encode())
    return tuple(rows)


def _files(models: Path, name: str) -> list[tuple[str, Path]]:
    """Which of a network's files are scored: the int8 one stands for it, else the float32 one.

    Of a network that has a mixed file all are: on MNIST int8 takes 12 points from the capsules, the mixed one none.
    """
    mixed = models / f"{name}_{MIXED}.tflite"
    whole = [(str(dtype), models / name / f"{name}_{dtype}.tflite") for dtype in (DType.INT8, DType.FLOAT32)]
    there = [each for each in (*whole, (MIXED, mixed)) if each[1].is_file()]
    return there if mixed.is_file() else there[:1]
