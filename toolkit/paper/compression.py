"""The compression study on the networks of the tables: the proposed one and two larger ones."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from toolkit import compress, pipeline, resources
from toolkit.artifacts import Artifact, ModelCard, from_jsonable, to_jsonable, write_atomically
from toolkit.models import CARD, StoredModel
from toolkit.paper import plan, study
from toolkit.paper.runs import Run
from toolkit.train import Progress

MODELS = ("proposed", "cnn-8-8", "initial")


@dataclass(frozen=True)
class CompressionResult(Artifact):
    """Every method on one trained network of the tables."""

    run: Run
    methods: tuple[compress.Compressed, ...]
    versions: dict[str, str]


def runs() -> tuple[Run, ...]:
    """Those runs of the tables whose networks are compressed."""
    return tuple(run for run in plan.tables() if run.model in MODELS)


def results_file() -> Path:
    """The data file that ships with the package."""
    return resources.models() / "compression_results.json"


def load_results(path: Path | None = None) -> dict[str, CompressionResult]:
    """All results by the key of their run; none if there is no file."""
    path = path or results_file()
    if not path.is_file():
        return {}
    found: list[CompressionResult] = [
        from_jsonable(CompressionResult, row) for row in json.loads(path.read_text(encoding="utf-8"))
    ]
    return {result.run.key: result for result in found}


def save_results(results: dict[str, CompressionResult], path: Path) -> None:
    """Write the data file, sorted by key, one run a line."""
    rows = [json.dumps(to_jsonable(results[key])) for key in sorted(results)]
    write_atomically(path, ("[\n" + ",\n".join(rows) + "\n]\n").encode())


def complete(
    wanted: Iterable[Run],
    workspace: Path,
    *,
    known: dict[str, CompressionResult] | None = None,
    data: Path | None = None,
    progress: Callable[[Run, Progress], None] | None = None,
) -> dict[str, CompressionResult]:
    """The compression of each run's network; networks that are not trained yet are trained first.

    Args:
        wanted: in the order in which they are to be done.
        workspace: that holds the runs' folders.
        known: results that need not be done again; by default those of the data file.
        data: a folder of the user's own with MNIST.
        progress: called many times an epoch.
    """
    known = load_results() if known is None else known
    done = {}
    for run in wanted:
        if run.key in known:
            done[run.key] = known[run.key]
            continue
        folder = workspace / "build" / "paper" / run.key
        record = folder / "compression.json"
        if not record.is_file():
            sets = study.load_sets(run.data, data)
            if not (folder / CARD).is_file():
                study.complete(
                    [run], workspace, known={}, folders={run.data: data} if data else None, progress=progress
                )
            stored = StoredModel(folder, ModelCard.load(folder / CARD), shipped=False)
            tell = None if progress is None else functools.partial(progress, run)
            build = functools.partial(pipeline.load_model, stored)
            methods = compress.study(build, run.seed, sets.train, sets.test, tell)
            CompressionResult(run, methods, pipeline.versions()).save(record)
        done[run.key] = CompressionResult.load(record)
    return done


def collect(workspace: Path) -> dict[str, CompressionResult]:
    """The results in a workspace's run folders."""
    found = (
        CompressionResult.load(path) for path in sorted((workspace / "build" / "paper").glob("*/compression.json"))
    )
    return {result.run.key: result for result in found}
