"""All results there are, the package's and a workspace's own; and what a question lacks of them, made when it is asked.

A workspace's own result counts where there are both.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from toolkit.errors import TinymlError
from toolkit.listener import SILENT, Listener
from toolkit.paper import compression, devices, document, records, study, tfmot
from toolkit.paper.compression import CompressionResult
from toolkit.paper.devices import DeviceResult
from toolkit.paper.records import TrainingRun
from toolkit.paper.tfmot import ToolkitResult
from toolkit.paper.training_run import Result

Watch = Callable[[tuple[TrainingRun, ...]], AbstractContextManager[study.OnProgress]]
"""Stands around trainings, is told which, and gives the function that is told how far they are."""


@dataclass(frozen=True)
class Results:
    """What is known: of trainings, compressions and TensorFlow's toolkit by the run's key, and of boards."""

    trained: dict[str, Result]
    compressed: dict[str, CompressionResult]
    by_toolkit: dict[str, ToolkitResult]
    on_devices: tuple[DeviceResult, ...]

    @staticmethod
    def of(workspace: Path) -> Results:
        """The kept ones, and the workspace's."""
        return Results(trained(workspace), compressed(workspace), by_toolkit(workspace), devices.results(workspace))

    def keep(self) -> None:
        """Write them to the data files of the package."""
        records.save(self.trained, study.results_file())
        records.save(self.compressed, compression.results_file())
        records.save(self.by_toolkit, tfmot.results_file())
        devices.save_results(self.on_devices, devices.results_file())

    def write_page(self, folder: Path) -> Path:
        """Write paper.md and its plots to a folder; returns the page."""
        page = folder / "paper.md"
        document.write(
            self.trained, self.compressed, self.by_toolkit, self.on_devices, page=page, pictures=folder / "paper"
        )
        return page


def trained(workspace: Path) -> dict[str, Result]:
    """Of trainings."""
    return study.load_results() | study.collect(workspace)


def compressed(workspace: Path) -> dict[str, CompressionResult]:
    """Of the compression study."""
    return compression.load_results() | compression.collect(workspace)


def by_toolkit(workspace: Path) -> dict[str, ToolkitResult]:
    """Of TensorFlow's own toolkit."""
    return tfmot.load_results() | tfmot.collect(workspace)


def complete(
    runs: tuple[TrainingRun, ...],
    workspace: Path,
    *,
    train: bool,
    watch: Watch,
    data: Path | None = None,
    fashion: Path | None = None,
    listener: Listener = SILENT,
) -> dict[str, Result]:
    """All results of trainings; those of `runs` that are missing are made if that is asked for, and else counted.

    Args:
        data, fashion: folders of the user's own with MNIST and Fashion-MNIST.

    Raises:
        TinymlError: interrupted, to be gone on with; DatasetError: no data.
    """
    known = trained(workspace)
    missing = tuple(run for run in runs if run.key not in known)
    if not missing:
        return known
    if not train:
        listener.say(f"{len(missing)} of {len(runs)} trainings are not yet run: the same command with --train")
        return known
    folders = {name: folder for name, folder in (("mnist", data), ("fashion-mnist", fashion)) if folder is not None}
    try:
        with watch(missing) as progress:
            return known | study.complete(missing, workspace, known=known, folders=folders, progress=progress)
    except KeyboardInterrupt:
        raise TinymlError("interrupted; every finished epoch is kept", "the same command goes on") from None


def compress(workspace: Path, *, watch: Watch, data: Path | None = None) -> None:
    """Make what the workspace and the package lack of the compression study.

    Raises:
        TinymlError: interrupted, to be gone on with; DatasetError: no data.
    """
    runs = compression.runs()
    try:
        with watch(runs) as progress:
            compression.complete(runs, workspace, known=compressed(workspace), data=data, progress=progress)
    except KeyboardInterrupt:
        raise _interrupted() from None


def run_toolkit(workspace: Path, *, data: Path | None = None, listener: Listener = SILENT) -> None:
    """Make what they lack of TensorFlow's own toolkit; nothing may have loaded TensorFlow before.

    Raises:
        TinymlError: a network is not trained, the toolkit is not installed; or interrupted, to be gone on with.
    """
    os.environ["TF_USE_LEGACY_KERAS"] = "1"  # TensorFlow reads it when it is loaded
    listener.say("TensorFlow's own toolkit: about five minutes a network")
    try:
        tfmot.complete(tfmot.runs(), workspace, known=by_toolkit(workspace), data=data)
    except KeyboardInterrupt:
        raise _interrupted() from None


def _interrupted() -> TinymlError:
    return TinymlError("interrupted; every finished network is kept", "the same command goes on")
