"""The named networks on boards: built, proven and measured; one record for each, kept beside the study."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from toolkit import api
from toolkit.artifacts import to_jsonable, write_atomically
from toolkit.errors import DoesNotFitError
from toolkit.listener import SILENT, Listener
from toolkit.selection import Selection

FILE = "measured.json"
BOARDS = ("mps2-an386", "nano33", "uno")


@dataclass(frozen=True)
class Measured:
    """One network on one emulated board.

    Attributes:
        name, board: which.
        optimise: of the build.
        refused: why it does not fit; then there is nothing else.
        flash_bytes, ram_bytes: of the whole image; the stack is not in it.
        asked, exact: outputs that were held against the host's, and those that were equal.
        verdict: as `Verification.verdict`.
        ticks, unit: median of an inference, where the board counts.
    """

    name: str
    board: str
    optimise: str
    refused: str = ""
    flash_bytes: int | None = None
    ram_bytes: int | None = None
    asked: int = 0
    exact: int = 0
    verdict: str = ""
    ticks: int | None = None
    unit: str = ""


def known(folder: Path) -> tuple[Measured, ...]:
    """What was measured."""
    path = folder / FILE
    return tuple(Measured(**row) for row in json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else ()


def measure(
    names: Iterable[str],
    folder: Path,
    workspace: Path,
    *,
    boards: Iterable[str] = BOARDS,
    limit: int | None = None,
    listener: Listener = SILENT,
) -> tuple[Measured, ...]:
    """Build and prove each network on each board; a record of the same network and board is replaced."""
    found = {(row.name, row.board): row for row in known(folder)}
    for name in names:
        for board in boards:
            found[name, board] = _one(name, board, workspace, limit, listener)
            rows = [found[key] for key in sorted(found)]
            write_atomically(folder / FILE, (json.dumps(to_jsonable(rows), indent=1) + "\n").encode())
    return tuple(found[key] for key in sorted(found))


def _one(name: str, board: str, workspace: Path, limit: int | None, listener: Listener) -> Measured:
    refused = ""
    for optimise in ("speed", "size"):
        try:
            outcome = api.run(
                board,
                name,
                virtual=True,
                selection=Selection(limit=limit),
                workspace=workspace,
                listener=listener,
                optimise=optimise,
            )
        except DoesNotFitError as caught:
            refused = caught.message
            continue
        result, build = outcome.verification, outcome.build
        return Measured(
            name=name,
            board=board,
            optimise=optimise,
            flash_bytes=build.flash_bytes,
            ram_bytes=build.ram_bytes,
            asked=result.asked,
            exact=result.bit_exact,
            verdict=str(result.verdict),
            ticks=result.ticks.median if result.ticks else None,
            unit=result.ticks.unit if result.ticks else "",
        )
    return Measured(name, board, "size", refused=refused)
