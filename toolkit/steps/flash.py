"""Put a build on a board, or boot it on the emulator that stands in for one; and end that again."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit import workspace
from toolkit.artifacts import Build, RunningDevice, write_atomically
from toolkit.errors import ChangedFileError, FlashError, UsageError
from toolkit.listener import SILENT, Listener

if TYPE_CHECKING:
    from toolkit.board import Board
    from toolkit.workspace import BoardFolder


def stop(board: Board, place: BoardFolder, device: RunningDevice | None = None) -> None:
    """End the emulator that `flash` left running, if any.

    Args:
        device: what is to be ended, if the caller knows; by default as the workspace has it.
    """
    from toolkit import emulate

    device = device or workspace.running(place)
    if device is not None:
        if device.pid is not None and board.emulator is not None:
            emulate.load(board.emulator.name).stop(device.pid, device.started)
        place.device.unlink(missing_ok=True)


def _former_program(place: BoardFolder, build: Build) -> Path:
    """What a virtual board's flash holds before the upload: this program under another build id.

    So there is a sketch that honours the 1200-baud touch, as on a desk; and if the upload changed nothing, `verify`
    would refuse the board as stale.
    """
    own = bytes.fromhex(build.build_id)
    path = place.path / f"former{build.image.suffix}"
    write_atomically(path, build.read_image().replace(own, bytes(byte ^ 0xFF for byte in own)))
    return path


def _method(board: Board, build: Build, asked: str | None, port: str | None, *, virtual: bool) -> str:
    """How to upload: as asked; else as the farm does; else with the tool that built the sketch, or the board's own way.

    Raises:
        FlashError: there is no such method, or it is not one for this board or build.
    """
    from toolkit import flash as methods
    from toolkit.link import labgrid

    if asked is None and labgrid.is_place(port):
        return "labgrid"
    own = not virtual and build.toolchain in methods.names()
    usual = board.flash.method if board.flash is not None else ""
    method = asked if asked is not None else build.toolchain if own else usual
    methods.check(method, board, build)
    return method


def _boots(board: Board, port: str | None, *, virtual: bool) -> bool:
    """Whether an emulator of ours boots the image, and nothing is uploaded; a farm boots its emulated boards itself."""
    from toolkit import emulate
    from toolkit.link import labgrid

    return (board.emulated and not labgrid.is_place(port)) or (virtual and emulate.boots_image(board))


def check_options(board: Board, port: str | None, method: str | None, *, virtual: bool) -> None:
    """Refuse options that would be ignored.

    Raises:
        UsageError: there is one.
        FlashError: nothing stands in for the board.
    """
    if _boots(board, port, virtual=virtual) and method is not None:
        raise UsageError(
            f"--method {method} has no use: {board.name} is emulated and boots its image, nothing is uploaded",
            f"tinyml flash --board {board.id}",
        )
    if (virtual or _boots(board, port, virtual=virtual)) and port is not None:
        raise UsageError(
            f"--port {port} has no use: the emulated board opens its own port",
            "leave --port out" if board.emulated else "leave out --port, or --emulate for a board on the desk",
        )
    if virtual and board.emulator is None:
        raise FlashError(f"nothing stands in for a {board.name}", "emulated boards: tinyml boards")


def flash(
    board: Board,
    place: BoardFolder,
    build: Build,
    port: str | None,
    *,
    virtual: bool,
    method: str | None = None,
    listener: Listener = SILENT,
) -> RunningDevice:
    """Put a build on the board, and remember where it is reached.

    An emulator that boots images gets this one. Any other board, virtual or on a desk, gets it by its real upload
    protocol; the same code runs against both.

    Model and image are held against their hashes before and after: what was put on the board is what was built.

    Args:
        port: where a board on a desk is; None finds it by its USB ids.
        virtual: use the emulator that stands in for the board.
        method: of toolkit/flash; None takes the tool that built the sketch, or else the board's own.
        listener: is told how far the upload is.

    Raises:
        ChangedFileError: model or image are not those that were built.
        FlashError, EmulatorError, LinkError: it could not be done; the message says at which step.
    """
    from toolkit import emulate
    from toolkit import flash as methods
    from toolkit.link import labgrid
    from toolkit.link.serial_ports import connected_ports

    check_options(board, port, method, virtual=virtual)
    boots = _boots(board, port, virtual=virtual)
    way = None if boots else _method(board, build, method, port, virtual=virtual)
    build.check_files()
    stop(board, place)
    if way is not None and not virtual:
        with listener.uploading() as progress, labgrid.held((port,)):
            reached = methods.load(way)(board, build, port, progress, lister=connected_ports)
        device = RunningDevice(board.id, reached, build.build_id)
        device.save(place.device)
        return device
    emulator = emulate.load(board.emulator.name if board.emulator is not None else "")
    image = build.image if boots else _former_program(place, build)
    device = dataclasses.replace(emulator.start(board, image, place.log), build_id=build.build_id)
    device.save(place.device)
    try:
        build.check_files()  # the emulator has read it by now
    except ChangedFileError:
        stop(board, place, device)
        raise
    emulate.outlive(device)
    if way is not None:
        with listener.uploading() as progress:
            reached = methods.load(way)(board, build, device.port, progress, lister=emulator.lister(device))
        device = dataclasses.replace(device, port=reached)
        device.save(place.device)
    return device
