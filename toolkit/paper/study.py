"""Carries out the runs of the study, one after the other, and keeps their results in one data file."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from toolkit import resources
from toolkit.data import load_external, load_fashion_mnist, load_mnist
from toolkit.data.samples import Samples
from toolkit.errors import DatasetError
from toolkit.paper import records
from toolkit.paper.records import TrainingRun
from toolkit.paper.training_run import RECORD, Result, Sets, perform
from toolkit.train import Progress

OnProgress = Callable[[TrainingRun, Progress], None]


def results_file() -> Path:
    """The data file that every table and plot is made from; it ships with the package."""
    return resources.paper_results()


def load_results(path: Path | None = None) -> dict[str, Result]:
    """All results of the data file by the key of their run; none if there is no file.

    Raises:
        TinymlError: it is damaged.
    """
    return records.load(Result, path or results_file())


def load_sets(name: str, folder: Path | None) -> Sets:
    """The images of a data set by its name, from the user's folder if there is one.

    Raises:
        DatasetError: the name is not known, or the data cannot be had.
    """

    def split(part: Literal["train", "test"]) -> Samples:
        if name == "mnist":
            return load_mnist(part, folder)
        if name == "fashion-mnist":
            return load_fashion_mnist(part, folder)
        raise DatasetError(f"there is no data set {name!r}", "known: mnist, fashion-mnist")

    return Sets(split("train"), split("test"), load_external() if name == "mnist" else None)


def complete(
    runs: Iterable[TrainingRun],
    workspace: Path,
    *,
    known: dict[str, Result] | None = None,
    folders: dict[str, Path] | None = None,
    progress: OnProgress | None = None,
) -> dict[str, Result]:
    """The results of all these runs: those that are known, and the others trained now.

    Args:
        runs: in the order in which they are to be done.
        workspace: keeps each run's folder and checkpoints, so that a stopped study goes on where it was.
        known: results that need not be done again; by default those of the data file.
        folders: of the user's own, by the data set's name.
        progress: called many times an epoch.
    """
    known = load_results() if known is None else known
    loaded: dict[str, Sets] = {}
    done = {}
    for run in runs:
        if run.key in known:
            done[run.key] = known[run.key]
            continue
        if run.data not in loaded:
            loaded[run.data] = load_sets(run.data, (folders or {}).get(run.data))
        tell = None if progress is None else functools.partial(progress, run)
        done[run.key] = perform(run, loaded[run.data], workspace, tell)
    return done


def collect(workspace: Path) -> dict[str, Result]:
    """The results in a workspace's run folders."""
    return records.collect(Result, workspace, RECORD)
