"""What names a run of the study, what is kept of it, and the data files that keep it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from toolkit.artifacts import Artifact, from_jsonable, to_jsonable, write_atomically
from toolkit.errors import TinymlError


@dataclass(frozen=True)
class TrainingRun(Artifact):
    """What is to be trained: a network, a recipe, a number of epochs, a seed, a data set."""

    model: str
    recipe: str
    epochs: int
    seed: int
    data: str = "mnist"

    @property
    def key(self) -> str:
        """Names the run in folders and in the results."""
        return f"{self.data}-{self.model}-{self.recipe}-{self.epochs}-{self.seed}"


@dataclass(frozen=True)
class Record(Artifact):
    """Base of all that is kept of a run."""

    run: TrainingRun


Kept = TypeVar("Kept", bound=Record)


def load(kind: type[Kept], path: Path) -> dict[str, Kept]:
    """All records of a data file by the key of their run; none if there is no file.

    Raises:
        TinymlError: it is damaged.
    """
    if not path.is_file():
        return {}
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        found: list[Kept] = [from_jsonable(kind, row) for row in table]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as caught:
        raise TinymlError(f"{path} is damaged: {caught}", "get it again from the repository") from caught
    return {record.run.key: record for record in found}


def save(records: dict[str, Kept], path: Path) -> None:
    """Write a data file, sorted by key, one run a line so that changes can be read."""
    rows = [json.dumps(to_jsonable(records[key])) for key in sorted(records)]
    write_atomically(path, ("[\n" + ",\n".join(rows) + "\n]\n").encode())


def run_folder(workspace: Path, run: TrainingRun) -> Path:
    """Where a workspace keeps all that came of a run."""
    return workspace / "build" / "paper" / run.key


def collect(kind: type[Kept], workspace: Path, name: str) -> dict[str, Kept]:
    """The records in files called `name` in a workspace's run folders."""
    found = (kind.load(path) for path in sorted((workspace / "build" / "paper").glob(f"*/{name}")))
    return {record.run.key: record for record in found}
