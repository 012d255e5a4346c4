"""The named networks on boards, by whole pictures and by rows: built, proven, measured; a record of each is kept."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from toolkit import api
from toolkit.artifacts import to_jsonable, write_atomically
from toolkit.errors import DoesNotFitError
from toolkit.listener import SILENT, Listener
from toolkit.selection import Selection
from toolkit.smallest import judge, kept, pipeline

FILE = "measured.json"
BOARDS = ("mps2-an386", "nano33", "uno")
AUTO, ROWS, OFF = "auto", "rows", "off"
STREAMS = (AUTO, ROWS)


@dataclass(frozen=True)
class Measured:
    """One network on one emulated board, built in one way.

    Attributes:
        name, board: which. The name is that of a network of the study, whose judged file it is, or of any model.
        stream: of the build: "auto", as it is built by default; "rows": the input comes row by row too; "off":
            every tensor lies whole.
        optimise: of the build: speed, else what fits.
        refused: why it does not fit; then there is nothing else.
        model_sha256: of the file that ran.
        flash_bytes, ram_bytes: of the whole image; the stack is not in it.
        arena_bytes: of these the network's own: tensors, windows and scratch, and the input where it lies whole.
        row_bytes: of a row of the input, where it came row by row; else 0.
        stack_bytes: deepest, as the device painted and counted it; 0 where it cannot.
        asked, exact: outputs that were held against the host's, and those that were equal.
        verdict: as `Verification.verdict`.
        ticks, unit: median of an inference, where the board counts.
    """

    name: str
    board: str
    stream: str
    optimise: str
    refused: str = ""
    model_sha256: str = ""
    flash_bytes: int | None = None
    ram_bytes: int | None = None
    arena_bytes: int | None = None
    row_bytes: int = 0
    stack_bytes: int | None = None
    asked: int = 0
    exact: int = 0
    verdict: str = ""
    ticks: int | None = None
    unit: str = ""


def known(folder: Path) -> tuple[Measured, ...]:
    """What was measured."""
    return kept.rows(folder / FILE, lambda row: Measured(**row))


def measure(
    names: Iterable[str],
    folder: Path,
    workspace: Path,
    *,
    boards: Iterable[str] = BOARDS,
    streams: Iterable[str] = STREAMS,
    limit: int | None = None,
    listener: Listener = SILENT,
) -> tuple[Measured, ...]:
    """Build and prove each network on each board in each way; a record of the same three is replaced."""
    found = {(row.name, row.board, row.stream): row for row in known(folder)}
    for name, board, stream in itertools.product(names, tuple(boards), tuple(streams)):
        model, upright = _judged(folder, name)
        if upright and stream == ROWS:
            continue  # all of a picture has to be there before it is set upright
        made = _one(model, board, stream, workspace, limit, listener, upright=upright)
        found[name, board, stream] = replace(made, name=name)
        rows = [found[key] for key in sorted(found)]
        write_atomically(folder / FILE, (json.dumps(to_jsonable(rows), indent=1) + "\n").encode())
    return tuple(found[key] for key in sorted(found))


def _judged(folder: Path, name: str) -> tuple[str, bool]:
    """The judged file of a network of the study that ships or would, and whether it reads upright pictures.

    Another name is that of any model.

    Raises:
        TrainError: it was not judged: what proves a network on a board begins with images of the test set.
        ChangedFileError: the file is not the one that was.
    """
    standing, plans = judge.standing(folder), pipeline.plans(folder)
    plan = plans.get(standing.get(name, name))
    if plan is None:
        return name, False
    chosen, _ = judge.shipping(folder, plan.name)
    return str(pipeline.network_path(folder, plan.name, chosen.seed)), bool(plan.long.upright)


def _one(
    name: str, board: str, stream: str, workspace: Path, limit: int | None, listener: Listener, *, upright: bool
) -> Measured:
    refused = ""
    for optimise in ("speed", "balanced", "size"):
        try:
            outcome = api.run(
                board,
                name,
                virtual=True,
                selection=Selection(limit=limit),
                workspace=workspace,
                listener=listener,
                optimise=optimise,
                stream=stream,
                upright=upright,
            )
        except DoesNotFitError as caught:
            refused = caught.message
            continue
        result, build = outcome.verification, outcome.build
        return Measured(
            name=name,
            board=board,
            stream=stream,
            optimise=optimise,
            model_sha256=build.model_sha256,
            flash_bytes=build.flash_bytes,
            ram_bytes=build.ram_bytes,
            arena_bytes=build.arena_bytes,
            row_bytes=build.row_bytes,
            stack_bytes=result.device.stack_bytes,
            asked=result.asked,
            exact=result.bit_exact,
            verdict=str(result.verdict),
            ticks=result.ticks.median if result.ticks else None,
            unit=result.ticks.unit if result.ticks else "",
        )
    return Measured(name, board, stream, "size", refused=refused)
