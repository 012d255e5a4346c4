"""`tinyml boards`: what there is to build for."""

from __future__ import annotations

import typer

from toolkit.cli import options, output


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("boards")
    def command(json: options.Json = False) -> None:
        """List the boards that firmware can be built for."""
        from toolkit import board as boards
        from toolkit.artifacts import to_jsonable

        known, refused = boards.survey()
        for each in refused:
            output.warn(each.message, each.hint)
        if json:
            output.data([to_jsonable(board) | {"emulated": board.emulated} for board in known])
            return
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        for title in ("board", "name", "core", "flash", "RAM", "runtimes", "built with"):
            table.add_column(title, justify="right" if title in ("flash", "RAM") else "left")
        for board in known:
            runtimes = dict.fromkeys(runtime for chain in board.toolchain for runtime in chain.runtimes)
            native = board.mcu.cpu == "native"
            table.add_row(
                f"[bold]{board.id}[/bold]",
                output.plain(board.name),
                "" if native else board.mcu.cpu,
                "" if native else f"{board.memory.flash / 1024:,.0f} kB",
                "" if native else f"{board.memory.ram / 1024:,.0f} kB",
                " ".join(runtimes),
                " ".join(chain.builder for chain in board.toolchain),
            )
        output.stdout().print(table)
