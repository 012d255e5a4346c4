"""Flash method `platformio`: PlatformIO uploads what it has built, with whatever tool its platform brings."""

from __future__ import annotations

from pathlib import Path

from toolkit import process
from toolkit.artifacts import Build
from toolkit.board import Board
from toolkit.errors import FlashError
from toolkit.flash.base import Progress, Step, silent
from toolkit.flash.usb_board import PATIENT, Session, Timing, choose, open_serial
from toolkit.link.serial_ports import PortLister, connected_ports

PROGRAM = "pio"
UPLOAD_SECONDS = 300.0


def suits(board: Board, build: Build | None) -> bool:
    """True for a board that PlatformIO can build for, and a build that it made: it uploads nothing else."""
    return any(each.builder == "platformio" for each in board.toolchain) and (
        build is None or build.toolchain == "platformio"
    )


def tools() -> tuple[str, ...]:
    """The outside programs that are needed."""
    return (PROGRAM,)


def command(board: Board, project: Path, port: str) -> list[str]:
    """The argv that uploads without building again."""
    return [
        *(PROGRAM, "run", "--project-dir", str(project), "--environment", board.id),
        *("--target", "nobuild", "--target", "upload", "--upload-port", port),
    ]


def flash(
    board: Board,
    build: Build,
    port: str | None = None,
    progress: Progress = silent,
    *,
    lister: PortLister = connected_ports,
    timing: Timing = PATIENT,
) -> str:
    """Put the build's image on the board; see `base.Flasher`.

    Raises:
        FlashError: also if it was not PlatformIO that built it: there is nothing that it could upload.
    """
    process.require(PROGRAM)
    if build.toolchain != "platformio":
        raise FlashError(
            f"PlatformIO uploads only what it has built, and {build.toolchain} built this",
            f"tinyml build --board {board.id} --toolchain platformio",
        )
    build.read_image()  # held against its hash; PlatformIO reads the file itself
    target = choose(board, port, lister())
    progress(Step("writing with PlatformIO", 0, build.flash_bytes))
    done = process.run(command(board, build.project, target.device), timeout=UPLOAD_SECONDS, check=False)
    if done.returncode != 0:
        raise FlashError(
            f"{PROGRAM} failed (exit {done.returncode}): {process.first_error(done)}", "run with -v to see the command"
        )
    progress(Step("writing with PlatformIO", build.flash_bytes, build.flash_bytes))
    return Session(board, target, progress, lister, open_serial, timing).await_application().device
