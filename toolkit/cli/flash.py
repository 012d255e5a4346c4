"""`tinyml flash`: puts the newest build on the board; an emulated board is booted in the background."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit import api, workspace
from toolkit.cli import options, output, project
from toolkit.cli.listener import Terminal
from toolkit.errors import UsageError

Virtual = Annotated[
    bool, typer.Option("--emulate", help="Use the emulator that stands in for the board, instead of one on the desk.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("flash", cls=project.Command)
    def command(
        board: options.OptionalBoard = None,
        port: Annotated[
            str | None, typer.Option("--port", "-p", help="Where the board is; by default it is found by its USB id.")
        ] = None,
        virtual: Virtual = False,
        method: Annotated[
            str | None,
            typer.Option(
                "--method",
                help="samba, uf2, mass-storage, avrdude, adafruit-nrfutil, openocd, pyocd, st-flash, picotool, "
                "esptool, teensy-loader, bossac, arduino-cli, platformio or, in a farm, labgrid; `tinyml doctor` says "
                "which is for which.",
            ),
        ] = None,
        stop_only: Annotated[bool, typer.Option("--stop", help="Only end the emulated board that is running.")] = False,
        project_file: options.Project = None,  # noqa: ARG001 - read by the command's class
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
        verbose: options.Verbose = False,  # noqa: ARG001 - its callback does it
    ) -> None:
        """Put the newest build on the board; boot it, if the board is emulated."""
        from toolkit.artifacts import to_jsonable

        if stop_only and (port or virtual or method):
            raise UsageError("--stop goes with no other way to flash", "tinyml flash --stop")
        if stop_only:
            api.stop(board, workspace=workspace_folder)
            return
        with workspace.hold_newest(workspace_folder, board, "flash") as (target, _, build):
            device = api.flash(
                build,
                board=target,
                port=port,
                virtual=virtual,
                method=method,
                workspace=workspace_folder,
                listener=Terminal(),
            )
        if json:
            output.data(to_jsonable(device.record))
        else:
            console = output.stdout()
            name, port = output.plain(device.board.name), output.plain(device.port)
            console.print(f"[bold]{name}[/bold] runs build {build.build_id} at {port}", soft_wrap=True)
            console.print("next: tinyml verify", style="dim")
