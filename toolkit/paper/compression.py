"""The compression study on the networks of the tables: the proposed one and two larger ones."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from toolkit import resources
from toolkit.artifacts import ModelCard
from toolkit.models import CARD, StoredModel, store
from toolkit.paper import plan, records, study
from toolkit.paper.methods import Compressed, compress_in_every_way
from toolkit.paper.records import Record, TrainingRun
from toolkit.train import Progress

RECORD = "compression.json"
"""In the run's folder."""

MODELS = ("proposed", "cnn-8-8", "initial")


@dataclass(frozen=True)
class CompressionResult(Record):
    """Every method on one trained network of the tables."""

    methods: tuple[Compressed, ...]
    versions: dict[str, str]


def runs() -> tuple[TrainingRun, ...]:
    """Those runs of the tables whose networks are compressed."""
    return tuple(run for run in plan.tables() if run.model in MODELS)


def results_file() -> Path:
    """The data file that ships with the package."""
    return resources.models() / "compression_results.json"


def load_results(path: Path | None = None) -> dict[str, CompressionResult]:
    """All results of the data file by the key of their run; none if there is no file."""
    return records.load(CompressionResult, path or results_file())


def complete(
    wanted: Iterable[TrainingRun],
    workspace: Path,
    *,
    known: dict[str, CompressionResult] | None = None,
    data: Path | None = None,
    progress: Callable[[TrainingRun, Progress], None] | None = None,
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
        folder = records.run_folder(workspace, run)
        record = folder / RECORD
        if not record.is_file():
            sets = study.load_sets(run.data, data)
            if not (folder / CARD).is_file():
                study.complete(
                    [run], workspace, known={}, folders={run.data: data} if data else None, progress=progress
                )
            stored = StoredModel(folder, ModelCard.load(folder / CARD), shipped=False)
            tell = None if progress is None else functools.partial(progress, run)
            build = functools.partial(store.load_model, stored)
            methods = compress_in_every_way(build, run.seed, sets.train, sets.test, tell)
            CompressionResult(run, methods, store.versions()).save(record)
        done[run.key] = CompressionResult.load(record)
    return done


def collect(workspace: Path) -> dict[str, CompressionResult]:
    """The results in a workspace's run folders."""
    return records.collect(CompressionResult, workspace, RECORD)
