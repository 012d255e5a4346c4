"""`tinyml flash`: puts the newest build on the board; an emulated board is booted in the background."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.artifacts import Build, RunningDevice, write_atomically
from toolkit.cli import options, output, workspace

if TYPE_CHECKING:
    from toolkit.board import Board
    from toolkit.cli.workspace import BoardFolder
    from toolkit.flash.base import Step


class UploadBar:
    """The upload's steps and bytes, on stderr."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            console=output.stderr(),
            transient=True,
        )
        self._task = self._bar.add_task("flash", total=None)
        self._said = ""

    def __enter__(self) -> UploadBar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, step: Step) -> None:
        """Show one step; a step without a length is a line of its own."""
        if step.total:
            self._bar.update(self._task, description=step.text, completed=step.done, total=step.total)
        elif step.text != self._said:
            output.say(step.text)
        self._said = step.text


def stop(board: Board, place: BoardFolder) -> None:
    """End the emulator that a former `flash` left running, if any."""
    from toolkit import emulate

    device = workspace.running(place)
    if device is not None:
        if device.pid is not None and board.flash.emulator:
            emulate.load(board.flash.emulator).stop(device.pid, device.started)
        place.device.unlink(missing_ok=True)


def _former_program(place: BoardFolder, build: Build) -> Path:
    """What a virtual board's flash holds before the upload: this program under another build id.

    So there is a sketch that honours the 1200-baud touch, as on a desk; and if the upload changed nothing, `verify`
    would refuse the board as stale.
    """
    own = bytes.fromhex(build.build_id)
    path = place.path / f"former{build.image.suffix}"
    write_atomically(path, build.image.read_bytes().replace(own, bytes(byte ^ 0xFF for byte in own)))
    return path


def _method(board: Board, build: Build, asked: str | None) -> str:
    """How to upload: as asked; else with the tool that built the sketch; else the board's own way."""
    from toolkit.flash import METHODS

    if asked is not None:
        return asked.replace("-", "_")
    return build.toolchain if build.toolchain in METHODS else board.flash.method


def flash(
    board: Board, place: BoardFolder, build: Build, port: str | None, *, virtual: bool, method: str | None = None
) -> RunningDevice:
    """Put a build on the board, and remember where it is reached.

    An emulator that boots images gets this one. Any other board, virtual or on a desk, gets it by its real upload
    protocol; the same code runs against both.

    Args:
        port: where a board on a desk is; None finds it by its USB ids.
        virtual: use the emulator that stands in for the board.
        method: of toolkit/flash; None takes the tool that built the sketch, or else the board's own.

    Raises:
        FlashError, EmulatorError, LinkError: it could not be done; the message says at which step.
    """
    from toolkit import emulate
    from toolkit import flash as methods
    from toolkit.errors import FlashError
    from toolkit.ports import connected_ports

    stop(board, place)
    if not (virtual or board.emulated):
        with UploadBar() as progress:
            upload = methods.load(_method(board, build, method))
            reached = upload(board, build, port, progress, lister=connected_ports)
        device = RunningDevice(board.id, reached, build.build_id)
        device.save(place.device)
        return device
    if board.flash.emulator is None:
        raise FlashError(f"nothing stands in for a {board.name}", "emulated boards: tinyml boards")
    emulator = emulate.load(board.flash.emulator)
    image = build.image if board.emulated else _former_program(place, build)
    device = dataclasses.replace(emulator.start(board, image, place.log), build_id=build.build_id)
    device.save(place.device)
    emulate.outlive(device)
    if not board.emulated:
        with UploadBar() as progress:
            lister = emulator.lister(device)
            upload = methods.load(method or board.flash.method)
            reached = upload(board, build, device.port, progress, lister=lister)
        device = dataclasses.replace(device, port=reached)
        device.save(place.device)
    return device


Virtual = Annotated[
    bool, typer.Option("--emulate", help="Use the emulator that stands in for the board, instead of one on the desk.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("flash")
    def command(
        board: options.OptionalBoard = None,
        port: Annotated[
            str | None, typer.Option("--port", "-p", help="Where the board is; by default it is found by its USB id.")
        ] = None,
        virtual: Virtual = False,
        method: Annotated[
            str | None, typer.Option("--method", help="samba, bossac, arduino-cli, platformio or avrdude.")
        ] = None,
        stop_only: Annotated[bool, typer.Option("--stop", help="Only end the emulated board that is running.")] = False,
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
        verbose: options.Verbose = False,  # noqa: ARG001 - its callback does it
    ) -> None:
        """Put the newest build on the board; boot it, if the board is emulated."""
        from toolkit.artifacts import to_jsonable

        with workspace.hold_newest(workspace_folder, board, "flash") as (target, place, build):
            if stop_only:
                stop(target, place)
                return
            device = flash(target, place, build, port, virtual=virtual, method=method)
        if json:
            output.data(to_jsonable(device))
        else:
            console = output.stdout()
            name, port = output.plain(target.name), output.plain(device.port)
            console.print(f"[bold]{name}[/bold] runs build {build.build_id} at {port}", soft_wrap=True)
            console.print("next: tinyml verify", style="dim")
