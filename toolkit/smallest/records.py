"""Every run of the study, a line of JSON each, in one file that only grows."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import TinymlError, TrainError
from toolkit.smallest.recipe import Recipe, Run

FILE = "runs.jsonl"
WHOLE = "whole"


@dataclass(frozen=True)
class Record:
    """One run, whole or not.

    Attributes:
        run: what was trained.
        purpose: "search", "recipe", "trial", "pipeline" and the network's name, whatever its command says.
        params, macs: of the finished network.
        state: "whole", or why it ended early.
        held_out: accuracy of the averaged weights on the held-out images, 0 to 1, float; None if it never came so far.
        held_out_loss: cross-entropy there.
        held_out_int8: of the converted file, by the official interpreter; None where it was not converted.
        loss: of the last epoch while training.
        seconds: of wall clock, on a machine that others use too.
        trainer: version of the C sources; date: UTC.
        fit: accuracy of the averaged weights on the training images as they are; the first runs were not asked.
    """

    run: Run
    purpose: str
    params: int
    macs: int
    state: str
    held_out: float | None
    held_out_loss: float | None
    held_out_int8: float | None
    loss: float | None
    seconds: float
    trainer: str
    date: str
    fit: float | None = None

    @property
    def identity(self) -> str:
        return identity(self.run)


def identity(run: Run) -> str:
    """Twelve digits that tell one run from another: all that decides its weights."""
    told = dataclasses.asdict(run)
    for part, later in ((told, ("inside",)), (told["recipe"], ("frozen", "upright", "forgiving", "outer"))):
        for name in later:
            if not part[name]:
                del part[name]  # the first runs were before there was such a thing
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]


def append(folder: Path, record: Record) -> None:
    """Add a line, in one write, so that several processes may share the file."""
    folder.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"id": record.identity, **dataclasses.asdict(record)}, separators=(",", ":"))
    handle = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(handle, line.encode() + b"\n")
    finally:
        os.close(handle)


def read(folder: Path) -> tuple[Record, ...]:
    """All runs, oldest first.

    Raises:
        TinymlError: a line is damaged.
    """
    return tuple(_records(folder / FILE))


def some(folder: Path) -> None:
    """Hold that a folder is a study's: what counts or tells its runs would write files about none otherwise.

    Raises:
        TrainError: it has no runs.
    """
    if not (folder / FILE).is_file():
        raise TrainError(f"{folder} has no runs of a study", "--study FOLDER, or tinyml smallest train first")


def _records(path: Path) -> Iterator[Record]:
    if not path.is_file():
        return
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            told: dict[str, Any] = json.loads(line)
            known = told.pop("id")
            run = told.pop("run")
            record = Record(run=Run(**{**run, "recipe": Recipe(**run["recipe"])}), **told)
        except (ValueError, TypeError, KeyError, AttributeError) as caught:
            raise TinymlError(
                f"{path}:{number} is no record of a run: {caught}", f"take its last whole state: git checkout {path}"
            ) from None
        if record.identity != known:
            raise TinymlError(f"{path}:{number}: {known} is not what this run is", "the line was changed by hand")
        yield record
