"""`tinyml boards`: what there is to build for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli import options, output


def register(app: typer.Typer) -> None:
    """Add the command, and the one that makes a board file."""
    group = typer.Typer()
    app.add_typer(group, name="boards")

    @group.callback(invoke_without_command=True)
    def command(
        context: typer.Context,
        schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of board files.")] = False,
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
    ) -> None:
        """List the boards that firmware can be built for; `add` makes a file of one that another tool knows."""
        if context.invoked_subcommand is not None:
            if schema or json or workspace_folder != Path():
                raise typer.BadParameter("options belong after `add`")
            return
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

    @group.command("add")
    def add_command(
        source: Annotated[Path, typer.Argument(help="A PlatformIO board JSON, or an Arduino core's boards.txt.")],
        board_id: Annotated[str | None, typer.Option("--id", help="Which board of boards.txt.")] = None,
        platform: Annotated[
            str | None, typer.Option("--platform", help="Of a JSON, where no platform.json says it: ststm32@19.6.0.")
        ] = None,
        core: Annotated[
            str | None, typer.Option("--core", help="Of a boards.txt that lies in no core: arduino:avr@1.8.6.")
        ] = None,
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
    ) -> None:
        """Make a board file in boards/ of the workspace, and say what could not be known."""
        from toolkit import board_import

        if source.suffix == ".json":
            found = board_import.from_platformio(source, platform)
        else:
            found = board_import.from_boards_txt(source, board_id, core)
        path = board_import.add(found, workspace_folder)
        if json:
            output.data({"board": path.stem, "file": str(path), "unknown": found.unknown})
            return
        output.line(f"{path} is a board now, and not tried: tinyml build --board {path.stem}")
        for each in found.unknown:
            output.line(f"not known: {each}")
