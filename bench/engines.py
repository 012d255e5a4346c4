"""`make bench`: instructions, flash and RAM of one inference, for every engine and board of this machine, in one run.

Writes build/bench.json, a list of {engine, model, dtype, board, instructions, flash_bytes, ram_bytes, ...}, and with
--page the tables between the markers of docs/benchmarks.md and the plot beside it. Nothing is timed: instructions are
counted by QEMU's `-icount shift=0` and by Valgrind, cycles by simavr, all exact and repeatable.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import foreign, growth, measure
from bench.peers import base
from bench.rows import PAGE, QUOTED, Row, table, write_page
from toolkit import api
from toolkit.artifacts import DType

ROOT = Path(__file__).resolve().parents[1]
PLOT = PAGE.parent / "benchmarks" / "growth.svg"
PEER_OPTIONS = {"mps2-an386": ("-O3", "-Os"), "microbit": ("-O3",), "host": ("-O3",)}
"""Where the peers are measured, and with which of GCC's options."""

FOREIGN_INPUTS = 5
"""Seeded inputs for each network that is not about digits."""

Step = tuple[str, Callable[[], Row | None]]
"""What is said of a measurement, and the measurement."""


def _ours(place: Path, images: int, board: str, model: str, dtype: DType, optimise: str) -> Step:
    return f"{board} {model} {dtype} for {optimise}", lambda: measure.ours(place, board, model, dtype, optimise, images)


def _peer(place: Path, images: int, board: str, which: base.Peer, dtype: DType, option: str) -> Step:
    said = f"{board} {which.NAME} {dtype} {option}"
    return said, lambda: measure.peer(place, board, which, dtype, option, images)


def _foreign(place: Path, board: str, name: str, dtype: DType) -> Step:
    def measured() -> Row | None:
        file = place / "networks" / f"{name}_{dtype}.tflite"
        if not file.is_file():
            foreign.write(name, file.parent)
        row = measure.ours(place, board, str(file), dtype, "speed", FOREIGN_INPUTS)
        return None if row is None else dataclasses.replace(row, model=name)

    return f"{board} {name} {dtype} for speed", measured


def plan(place: Path, images: int, trained: list[str]) -> Iterator[Step | Row]:
    """Every measurement in the table's order, the quoted rows in their places."""
    others = [base.load(name) for name in base.names()]
    for board in ("mps2-an386", "mps3-an547", "microbit", "host", "uno"):
        for dtype in DType:
            if board == "uno" and dtype is DType.FLOAT32:
                continue
            for optimise in ("speed", "size"):
                yield _ours(place, images, board, "proposed", dtype, optimise)
            for which in others:
                if dtype in which.DTYPES:
                    options = PEER_OPTIONS.get(board, ())
                    yield from (_peer(place, images, board, which, dtype, option) for option in options)
            yield from (row for row in QUOTED if (row.board, row.dtype) == (board, dtype))
    for model in trained:
        if model != "proposed":
            yield from (_ours(place, images, growth.BOARD, model, dtype, "speed") for dtype in DType)
    for board in (growth.BOARD, "mps3-an547"):
        for name in foreign.NETWORKS:
            yield from (_foreign(place, board, name, dtype) for dtype in DType)


def zoo(place: Path) -> tuple[list[str], list[str]]:
    """Every network by name, and those of them that are trained, as `tinyml models` lists them."""
    listed = api.models(place)
    return [each.model for each in listed], [each.model for each in listed if each.trained]


def main(argv: list[str] | None = None) -> None:
    """Measure everything, then write the list and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, default=ROOT / "build" / "bench", help="where the builds go")
    parser.add_argument("--images", type=int, default=20, help="images per run")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench.json", help="the list")
    parser.add_argument("--page", action="store_true", help="write the tables and the plot into docs/ as well")
    parser.add_argument("--only", default="", help="measure only what holds this text, as it is said on the way")
    given = parser.parse_args(argv)
    if given.only and given.page:
        parser.error("--page wants every row, so not with --only")
    models, trained = zoo(given.workspace)
    steps = [
        each for each in plan(given.workspace, given.images, trained) if isinstance(each, Row) or given.only in each[0]
    ]
    rows = []
    for place, step in enumerate(steps, 1):
        if isinstance(step, Row):
            rows.append(step)
            continue
        print(f"[{place}/{len(steps)}] {step[0]}", file=sys.stderr)
        row = step[1]()
        if row is not None:
            rows.append(row)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps([dataclasses.asdict(row) for row in rows], indent=2) + "\n", encoding="utf-8")
    grown = growth.table(rows, models, trained)
    if given.page:
        write_page({"engines": table(rows), "growth": grown})
        growth.plot(rows, models, PLOT)
    print(table(rows), grown, sep="\n\n")


if __name__ == "__main__":
    main()
