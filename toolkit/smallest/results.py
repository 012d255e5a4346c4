"""What the kept records say: a row for each named network, for docs/smallest.md and models/smallest_results.json."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from toolkit.artifacts import to_jsonable, write_atomically
from toolkit.smallest import judge, kept, measure, pipeline, records
from toolkit.smallest.judge import Judged
from toolkit.smallest.measure import Measured
from toolkit.smallest.pipeline import Plan
from toolkit.smallest.records import Record
from toolkit.smallest.rows import ram_bytes
from toolkit.zoo.topology import Topology, parse

TEST = "mnist"
_MEASURED = ("mps2-an386", measure.AUTO)


@dataclass(frozen=True)
class Row:
    """One named network.

    Attributes:
        name: of the plan; network: what it is called in the zoo.
        stands: whether this is the network's claim: its last round that was judged.
        params, macs: as stored, of an inference.
        weight_bytes: int8 weights, and int32 for biases and for the multipliers of further uses.
        tflite_bytes: of the shipped file.
        row_bytes: RAM by rows, calculated.
        ram_bytes, flash_bytes, instructions: on mps2-an386, of the shipped file as it is built by default; None until
            measured, and for a round that does not stand.
        held_out_mean: int8, over the pipelines.
        int8_mean, int8_sd: on the test set, over the pipelines, 0 to 1; None until judged.
        standard_error: of one network's accuracy there.
        shipped: the shipped pipeline's accuracy on the test set.
        others: by further set: mean accuracy over the pipelines.
        pipelines: how many.
        chosen_on: what decided.
        runs_counted: all runs of the study, whole or not.
    """

    name: str
    network: str
    stands: bool
    words: str
    params: int
    macs: int
    weight_bytes: int
    tflite_bytes: int
    row_bytes: int
    ram_bytes: int | None
    flash_bytes: int | None
    instructions: int | None
    held_out_mean: float
    int8_mean: float | None
    int8_sd: float | None
    standard_error: float | None
    shipped: float | None
    others: dict[str, float]
    pipelines: int
    chosen_on: str
    runs_counted: int


def weight_bytes(topology: Topology) -> int:
    """One byte for each weight, four for each bias and each multiplier that is stored."""
    return sum(slot.size * (1 if slot.fan_in else 4) for slot in topology.slots if slot.stored)


def rows(folder: Path) -> tuple[Row, ...]:
    """Of every plan that has whole pipelines, in the plans' order.

    Raises:
        TrainError: the folder has no runs.
        ChangedFileError: a judged file is another now.
    """
    records.some(folder)
    runs, found = records.read(folder), []
    answers, standing = judge.judged(folder), judge.standing(folder)
    boards = {row.name: row for row in measure.known(folder) if (row.board, row.stream) == _MEASURED}
    for plan in pipeline.plans(folder).values():
        done = dict(pipeline.done(plan, folder))
        if done:
            mine = tuple(each for each in answers if each.name == plan.name)
            for each in mine:
                kept.content(pipeline.network_path(folder, each.name, each.seed), each.sha256)
            board = boards.get(plan.network) if standing.get(plan.network) == plan.name else None
            row = _row(plan, done, mine, board, len(runs), folder)
            found.append(replace(row, stands=standing.get(plan.network) == plan.name))
    return tuple(found)


def _row(
    plan: Plan, done: dict[int, Record], mine: Sequence[Judged], board: Measured | None, runs: int, folder: Path
) -> Row:
    topology = parse(plan.words, plan.slope)
    scores = [each.right[TEST] / each.total[TEST] for each in mine]
    mean = statistics.fmean(scores) if scores else None
    shipped = next((each for each in mine if each.ships), None)
    files = [pipeline.network_path(folder, plan.name, shipped.seed if shipped else seed) for seed in sorted(done)]
    sets = [name for name in (mine[0].total if mine else {}) if name != TEST]
    return Row(
        name=plan.name,
        network=plan.network,
        stands=False,
        words=plan.words,
        params=topology.parameters,
        macs=topology.macs,
        weight_bytes=weight_bytes(topology),
        tflite_bytes=files[0].stat().st_size,
        row_bytes=ram_bytes(topology),
        ram_bytes=board.ram_bytes if board else None,
        flash_bytes=board.flash_bytes if board else None,
        instructions=board.ticks if board else None,
        held_out_mean=statistics.fmean(each.held_out_int8 or 0.0 for each in done.values()),
        int8_mean=mean,
        int8_sd=statistics.stdev(scores) if len(scores) > 1 else None,
        standard_error=math.sqrt(mean * (1 - mean) / 10_000) if mean is not None else None,
        shipped=shipped.right[TEST] / shipped.total[TEST] if shipped else None,
        others={name: statistics.fmean(each.right[name] / each.total[name] for each in mine) for name in sets},
        pipelines=len(done),
        chosen_on="10,000 held-out training images",
        runs_counted=runs,
    )


def write(found: Sequence[Row], path: Path) -> None:
    """The data file."""
    write_atomically(path, (json.dumps(to_jsonable(found), indent=1) + "\n").encode())
