"""What the commands on the paper share: the option --train, the progress of a training, tables on the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from toolkit.paper.records import TrainingRun
    from toolkit.paper.tables import Spread
    from toolkit.paper.training_run import Result
    from toolkit.train import Progress

NOT_RUN = "not yet run"

Train = Annotated[
    bool,
    typer.Option(
        "--train",
        help="Train what is missing, one network after the other: hours on two cores. Ctrl-C keeps what is done.",
    ),
]


class Bar:
    """Which of how many runs is under way, over the bar of its epochs."""

    def __init__(self, runs: Iterable[TrainingRun]) -> None:
        from toolkit.cli.listener import TrainingBar

        self._keys = [run.key for run in runs]
        self._bar = TrainingBar()

    def __enter__(self) -> Bar:
        self._bar.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.__exit__()

    def __call__(self, run: TrainingRun, at: Progress) -> None:
        place = f"{self._keys.index(run.key) + 1}/{len(self._keys)} " if run.key in self._keys else ""
        self._bar(at, f"{place}{run.model} seed {run.seed} ")


def complete(
    runs: tuple[TrainingRun, ...], workspace: Path, train: bool, data: Path | None = None, fashion: Path | None = None
) -> dict[str, Result]:
    """See `toolkit.paper.results`."""
    from toolkit.cli.listener import Terminal
    from toolkit.paper import results

    return results.complete(runs, workspace, train=train, watch=Bar, data=data, fashion=fashion, listener=Terminal())


def percent(value: float | None) -> str:
    """A share of 1 as a percentage, or that it is not yet run."""
    return NOT_RUN if value is None else f"{100 * value:.2f}"


def with_spread(spread: Spread | None) -> str:
    """Mean and standard deviation in per cent."""
    if spread is None:
        return NOT_RUN
    return percent(spread.mean) + (f" ± {percent(spread.deviation)}" if spread.deviation is not None else "")


def show(
    title: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]], text: int = 1, keys: int | None = None
) -> None:
    """A table on stdout: the first `text` columns are text, the others are figures.

    Args:
        keys: how many columns say what a row is about; by default all of text.
    """
    from toolkit.cli import tables

    tables.show(columns, list(rows), figures=columns[text:], title=title, keys=text if keys is None else keys)
