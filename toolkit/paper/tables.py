"""Table I and Table II of the paper, its figure beside ours: mean and spread over the seeds, never the best."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from toolkit import zoo
from toolkit.artifacts import Artifact
from toolkit.paper import plan
from toolkit.paper.training_run import Result

_EXTERNAL = 10


@dataclass(frozen=True)
class Spread(Artifact):
    """A figure over several seeds; deviation is the sample's standard deviation, None for one seed."""

    mean: float
    deviation: float | None
    min: float
    max: float

    @staticmethod
    def of(values: Iterable[float]) -> Spread:
        """The spread of these values; there must be one at least."""
        found = list(values)
        deviation = statistics.stdev(found) if len(found) > 1 else None
        return Spread(statistics.fmean(found), deviation, min(found), max(found))


@dataclass(frozen=True)
class Row(Artifact):
    """One row of a table.

    Attributes:
        table, row, params_paper, size_paper_kb, valid_paper, test_paper: as printed; kb are 1,024 bytes.
        model: of the zoo.
        params: trainable parameters, counted.
        size_bytes: of our float32 `.tflite`; it is the same for every seed but for equal constants.
        valid: mean accuracy of the float32 file on the 10,000 test images; None if nothing is trained yet.
        test: mean share of the ten external images that the float32 file gets right.
        valid_spread, test_spread, int8_spread: the same over the seeds; int8 on the 10,000.
        wrong: by digit, in how many of the seeds it is taken for another.
        seeds: that were trained.
    """

    table: int
    row: str
    model: str
    params: int
    params_paper: int
    size_bytes: int | None
    size_paper_kb: float
    valid: float | None
    valid_paper: float
    test: float | None
    test_paper: float
    valid_spread: Spread | None
    test_spread: Spread | None
    int8_spread: Spread | None
    wrong: dict[str, int]
    seeds: tuple[int, ...]


def rows(results: dict[str, Result]) -> tuple[Row, ...]:
    """Both tables in the paper's order, from the results of the paper's recipe."""
    order = [figures.row for figures in PAPER_ORDER]
    found = []
    for name in zoo.of_the_paper():
        architecture = zoo.get(name)
        runs = [results[run.key] for run in plan.tables() if run.model == name and run.key in results]
        found += [_row(architecture, figures, runs) for figures in architecture.paper]
    return tuple(sorted(found, key=lambda row: (row.table, order.index(row.row))))


def networks(found: Iterable[Row]) -> tuple[Row, ...]:
    """One row a network: the second table begins with the first one's last row, the proposed network."""
    first: dict[str, Row] = {}
    for row in found:
        first.setdefault(row.model, row)
    return tuple(first.values())


def _row(architecture: zoo.Architecture, figures: zoo.PaperFigures, runs: list[Result]) -> Row:
    valid = Spread.of(run.accuracy["float32"] for run in runs) if runs else None
    test = Spread.of(run.external["float32"] / _EXTERNAL for run in runs) if runs else None
    with_int8 = [run.accuracy["int8"] for run in runs if "int8" in run.accuracy]
    return Row(
        table=figures.table,
        row=figures.row,
        model=architecture.name,
        params=runs[0].params if runs else architecture.params,
        params_paper=figures.params,
        size_bytes=max(run.sizes["float32"] for run in runs) if runs else None,
        size_paper_kb=figures.size_kb,
        valid=valid.mean if valid else None,
        valid_paper=figures.valid,
        test=test.mean if test else None,
        test_paper=figures.test,
        valid_spread=valid,
        test_spread=test,
        int8_spread=Spread.of(with_int8) if with_int8 else None,
        wrong={
            str(digit): count for digit, count in sorted(Counter(d for run in runs for d in run.external_wrong).items())
        },
        seeds=tuple(run.run.seed for run in runs),
    )


def _paper_order() -> tuple[zoo.PaperFigures, ...]:
    """The rows as printed: the first table ends, and the second begins, with the proposed model."""
    figures = [each for name in zoo.of_the_paper() for each in zoo.get(name).paper]
    first = [each for each in figures if each.table == 1 and each.row != "Leaky ReLU (0.1x)"]
    last = [each for each in figures if each.table == 1 and each.row == "Leaky ReLU (0.1x)"]
    return (*first, *last, *(each for each in figures if each.table == 2))


PAPER_ORDER = _paper_order()
