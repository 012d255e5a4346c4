"""`python -m tests.matrix`: every network, with rows that stream and without, at every optimisation, in two places.

The zoo's trained files, MLPerf Tiny's five networks (`make bench-mlperf` says from where) and every `.tflite` of the
folders named; each with `--stream off`, `on` and, where that is taken, `rows`; each for speed (int16 weights on this
core), balanced and size (int8 weights). On the host the Cortex-M4F's kernels run as C under ASan and UBSan; on the
board in QEMU they are the assembly. `--place firmware` has the tool build, boot and verify each, every layer too: that
takes hours. Cells whose C is another's, word for word, are not run again. An interrupted run goes on where it was,
unless something that matters has changed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import mlperf
from bench.journal import Journal
from bench.rows import write_page
from tests.matrix.cells import (
    BOARD,
    FIRMWARE,
    HOST,
    PLACES,
    STREAMS,
    Cell,
    Outcome,
    by_the_tool,
    compiled,
    digest,
    in_a_program,
)
from tests.matrix.networks import Network, of_folders, of_the_zoo
from toolkit.artifacts import OPTIMISATIONS
from toolkit.errors import TinymlError

ROOT = Path(__file__).resolve().parents[2]


def cells(networks: Sequence[Network], places: Sequence[str]) -> Iterator[Cell]:
    """All of them, network by network."""
    for network in networks:
        for place in places:
            for optimise in OPTIMISATIONS:
                for stream in STREAMS:
                    yield Cell(network, place, optimise, stream)


def compute(cell: Cell, journal: Journal, workspace: Path) -> None:
    """One cell, and what came of it into the journal: [outcome, why, digest of the code]."""
    try:
        model, outcome, why = compiled(cell)
    except TinymlError as caught:
        journal.keep(cell.key, [Outcome.REFUSED, caught.message, ""])
        return
    if model is None:
        journal.keep(cell.key, [outcome, why, ""])
        return
    code = digest(model)
    mine = f"{cell.network.name} {cell.place} "
    if any(key.startswith(mine) and told[0] == Outcome.EQUAL and told[2] == code for key, told in journal.done.items()):
        journal.keep(cell.key, [Outcome.SAME, "", code])
        return
    try:
        outcome, why = by_the_tool(cell, workspace) if cell.place == FIRMWARE else in_a_program(cell, model)
    except TinymlError as caught:
        outcome, why = Outcome.FAILED, caught.message
    journal.keep(cell.key, [outcome, why, code])


def table(every: Sequence[Cell], done: dict[str, list[str]]) -> str:
    """How many cells became what, by place, optimisation and streaming; networks that are refused throughout aside."""
    taken = [cell for cell in every if done.get(cell.key, ["?"])[0] != Outcome.REFUSED]
    names = {cell.network.name for cell in every}
    lines = [
        f"{len({cell.network.name for cell in taken})} of {len(names)} networks are taken.",
        "",
        "| place | optimise | stream | equal | same code | not by rows | wrong |",
        "|---|---|---|--:|--:|--:|--:|",
    ]
    for place in PLACES:
        for optimise in OPTIMISATIONS:
            for stream in STREAMS:
                mine = [c for c in taken if (c.place, c.optimise, c.stream) == (place, optimise, stream)]
                told = Counter(done[cell.key][0] for cell in mine if cell.key in done)
                wrong = sum(number for outcome, number in told.items() if Outcome(outcome).wrong)
                counts = (told[Outcome.EQUAL], told[Outcome.SAME], told[Outcome.NOT_BY_ROWS], wrong)
                if mine:
                    lines.append(f"| {place} | {optimise} | {stream} | {' | '.join(map(str, counts))} |")
    return "\n".join(lines)


def _networks(given: argparse.Namespace) -> list[Network]:
    named = os.environ.get(mlperf.FOLDER)
    beside = ROOT.parent / "shared"
    folder = Path(named).expanduser() if named else beside / "mlperf-tiny"
    kept = folder if named or folder.is_dir() else None
    tiny = [
        Network(f"mlperf/{each.name}", mlperf.file_of(each, given.workspace / "networks", kept))
        for each in mlperf.NETWORKS
    ]
    folders = [*(each for each in (beside / "foreign",) if each.is_dir()), *(given.networks or ())]
    found = [*tiny, *of_folders([each.resolve() for each in folders]), *of_the_zoo()]
    return [each for each in found if given.only in each.name]


def main(argv: list[str] | None = None) -> int:
    """1 if a cell is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("--networks", type=Path, action="append", help="a folder with more .tflite files; repeatable")
    parser.add_argument("--only", default="", help="networks whose name holds this text")
    parser.add_argument("--place", choices=PLACES, action="append", help=f"by default {HOST} and {BOARD}")
    parser.add_argument("--workspace", type=Path, default=ROOT / "build" / "matrix", help="builds, and what is known")
    parser.add_argument("--page", action="store_true", help="write the counts into docs/benchmarks.md as well")
    given = parser.parse_args(argv)
    places = given.place or [HOST, BOARD]
    networks = _networks(given)
    mark = mlperf.fingerprint()
    # A journal for each place: two can be filled at the same time.
    journals = {place: Journal(given.workspace / f"{place}.json", mark) for place in places}
    every = list(cells(networks, places))
    started = time.monotonic()
    for number, cell in enumerate(every, 1):
        journal = journals[cell.place]
        known = cell.key in journal.done
        if not known:
            compute(cell, journal, given.workspace)
        outcome, why, _ = journal.done[cell.key]
        if not known or Outcome(outcome).wrong:
            passed = time.monotonic() - started
            print(f"{passed:6.0f} s  {number}/{len(every)}  {cell.key}: {outcome} {why}".rstrip(), file=sys.stderr)
    done = {key: told for journal in journals.values() for key, told in journal.done.items()}
    text = table(every, done)
    if given.page:
        write_page({"matrix": text})
    print(text)
    return int(any(Outcome(done[cell.key][0]).wrong for cell in every))


if __name__ == "__main__":
    sys.exit(main())
