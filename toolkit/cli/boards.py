"""`tinyml boards`: what there is to build for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli import options, output


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("boards")
    def command(
        schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of board files.")] = False,
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
    ) -> None:
        """List the boards that firmware can be built for."""
        from toolkit import board as boards
        from toolkit.artifacts import to_jsonable

        if schema:
            from toolkit import board_schema

            output.data(board_schema.schema())
            return
        known, refused = boards.survey(workspace_folder)
        for each in refused:
            output.warn(each.message, each.hint)
        if json:
            output.data([to_jsonable(board) | {"emulated": board.emulated} for board in known])
            return
        from toolkit.cli import tables
        from toolkit.report.text import size

        rows = []
        for board in known:
            runtimes = dict.fromkeys(runtime for chain in board.toolchain for runtime in chain.runtimes)
            native = board.mcu.cpu == "native"
            rows.append(
                (
                    board.id,
                    board.name,
                    "" if native else board.mcu.cpu,
                    "" if native else size(board.memory.flash.size),
                    "" if native else size(board.memory.ram.size),
                    " ".join(runtimes),
                    " ".join(options.spelt(chain.builder) for chain in board.toolchain),
                    board.standing,
                )
            )
        tables.show(
            ("board", "name", "core", "flash", "RAM", "runtimes", "built with", "tried"), rows, figures=("flash", "RAM")
        )
