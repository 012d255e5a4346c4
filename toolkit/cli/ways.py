"""What `tinyml build --plan` shows, and what `--budget-flash` and `--budget-ram` pick."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from toolkit import board as boards
from toolkit import frontier
from toolkit.artifacts import Runtime, to_jsonable
from toolkit.cli import options, output, tables
from toolkit.cli.listener import Terminal
from toolkit.errors import UsageError
from toolkit.frontier import Way
from toolkit.steps.build import Choices

_CHOSEN = ("optimise", "stream")


def considered(context: typer.Context, board: str, model: str, workspace: Path, choices: Choices) -> tuple[Way, ...]:
    """Every way to build the network.

    Raises:
        UsageError: the command line says already which, or the runtime is no compiler.
    """
    said = [name for name in _CHOSEN if options.is_said(context, name)]
    if said:
        raise UsageError(f"--plan and a budget choose --{said[0]} themselves", f"leave --{said[0]} out")
    if choices.get("runtime") is Runtime.TFLM:
        raise UsageError("an interpreter has no ways to choose from", "--plan is for --runtime aot")
    found = boards.load(board, workspace)
    return frontier.ways(found, model, choices, listener=Terminal())


def show(ways: Sequence[Way], picked: Way | None) -> None:
    """A table, the frontier and the choice marked."""
    rows = [
        (
            way.options,
            _figure(way.flash_bytes),
            _figure(way.ram_bytes),
            _figure(way.arena_bytes),
            f"{way.instructions:,} {way.unit}" if way.instructions is not None else "",
            way.refused or ("picked" if way is picked else "on the frontier" if way.best else ""),
        )
        for way in ways
    ]
    titles = ("options", "flash", "RAM", "arena", "an inference", "")
    tables.show(titles, rows, figures=("flash", "RAM", "arena", "an inference"))
    if not any(way.instructions is not None for way in ways):
        output.stdout().print("This board is not emulated with a counter: an inference is not counted here.")


def plain(ways: Sequence[Way], picked: Way | None) -> dict[str, Any]:
    """As JSON values."""
    return {"ways": to_jsonable(list(ways)), "picked": to_jsonable(picked) if picked is not None else None}


def _figure(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
