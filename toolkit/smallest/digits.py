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


@dataclass(frozen=True)
class Row:
    """One network: right answers and all, by set; `dtype` of the file that was asked."""

    name: str
    dtype: str
    right: dict[str, int]
    total: dict[str, int]


def known(folder: Path) -> tuple[Row, ...]:
    """What was kept."""
    path = folder / FILE
    return tuple(Row(**row) for row in json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else ()


def score(folder: Path, models: Path, told: Callable[[Row], None] = lambda _: None) -> tuple[Row, ...]:
    """Score every network of the zoo that lies in `models`, int8 where the interpreter answers it within reason."""
    from toolkit.models import store

    sets = (load_external(), load_harder(), load_eight())
    rows: list[Row] = []
    for name in zoo.names():
        for dtype in (DType.INT8, DType.FLOAT32):
            path = models / name / f"{name}_{dtype}.tflite"
            if not path.is_file() or (dtype is DType.INT8 and zoo.get(name).params > 100_000):
                continue  # the capsule network's int8 file reads a fifth of all digits, and takes hours
            try:
                found = {data.name: store.score(path.read_bytes(), data) for data in sets}
            except ModelError:
                continue
            row = Row(
                name,
                str(dtype),
                {key: value.correct for key, value in found.items()},
                {key: value.total for key, value in found.items()},
            )
            rows.append(row)
            told(row)
            break
    write_atomically(folder / FILE, (json.dumps(to_jsonable(rows), indent=1) + "\n").encode())
    return tuple(rows)
