"""`tinyml flash`: puts the newest build on the board; an emulated board is booted in the background."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from toolkit.artifacts import Build, RunningDevice
from toolkit.cli import options, output, workspace

if TYPE_CHECKING:
    from toolkit.board import Board
    from toolkit.cli.workspace import BoardFolder


def stop(board: Board, place: BoardFolder) -> None:
    """End the emulator that a former `flash` left running, if any."""
    from toolkit import emulate

    device = workspace.running(place)
    if device is not None:
        if device.pid is not None and board.flash.emulator:
            emulate.load(board.flash.emulator).stop(device.pid)
        place.device.unlink(missing_ok=True)


def flash(board: Board, place: BoardFolder, build: Build) -> RunningDevice:
    """Put a build on the board, and remember where it is reached.

    Raises:
        FlashError, EmulatorError, LinkError: it could not be done; the message says at which step.
    """
    from toolkit import emulate

    stop(board, place)
    assert board.flash.emulator is not None
    device = emulate.load(board.flash.emulator).start(board, build.image, place.log)
    device = dataclasses.replace(device, build_id=build.build_id)
    device.save(place.device)
    return device


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("flash")
    def command(
        board: options.OptionalBoard = None,
        stop_only: bool = typer.Option(False, "--stop", help="Only end the emulated board that is running."),
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
        verbose: options.Verbose = False,  # noqa: ARG001 - its callback does it
    ) -> None:
        """Put the newest build on the board; boot it, if the board is emulated."""
        from toolkit.artifacts import to_jsonable

        target, place, build = workspace.newest(workspace_folder, board)
        if stop_only:
            stop(target, place)
            return
        device = flash(target, place, build)
        if json:
            output.data(to_jsonable(device))
        else:
            console = output.stdout()
            console.print(f"[bold]{target.name}[/bold] runs build {build.build_id} at {device.port}")
            console.print("next: tinyml verify", style="dim")
