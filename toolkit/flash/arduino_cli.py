"""Flash method `arduino_cli`: the upload is arduino-cli's, with whatever tool the board's core brings."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from toolkit import process
from toolkit.artifacts import Build
from toolkit.board import Board
from toolkit.errors import FlashError
from toolkit.flash.base import Progress, Step, silent
from toolkit.flash.usb_board import PATIENT, Session, Timing, choose, open_serial
from toolkit.link.serial_ports import PortLister, connected_ports

PROGRAM = "arduino-cli"
UPLOAD_SECONDS = 180.0


def suits(board: Board, build: Build | None) -> bool:  # noqa: ARG001 - it uploads any image
    """True for a board that arduino-cli knows by a name."""
    return _fqbn(board) is not None


def _fqbn(board: Board) -> str | None:
    """What any of the board's builders is told of it."""
    found = (getattr(toolchain.settings, "fqbn", None) for toolchain in board.toolchain)
    return next((name for name in found if name is not None), None)


def tools() -> tuple[str, ...]:
    """The outside programs that are needed."""
    return (PROGRAM,)


def fqbn(board: Board) -> str:
    """Arduino's fully qualified name of the board.

    Raises:
        FlashError: the board file has none.
    """
    found = _fqbn(board)
    if found is None:
        own = board.flash.method if board.flash is not None else "none"
        raise FlashError(f"{board.path.name} has no fqbn, which arduino-cli needs", f"use the flash method {own}")
    return found


def command(board: Board, image: Path, port: str) -> list[str]:
    """The argv that uploads the image; arduino-cli does the touch by itself."""
    return [PROGRAM, "upload", "--json", "--fqbn", fqbn(board), "--port", port, "--input-file", str(image)]


def failure(done: process.Completed) -> str:
    """What a failed arduino-cli says: with --json the reason is a key, on either output."""
    for text in (done.stdout, done.stderr):
        with contextlib.suppress(ValueError):
            answer = json.loads(text)
            if isinstance(answer, dict) and isinstance(answer.get("error"), str):
                return str(answer["error"]).splitlines()[0]
    return process.first_error(done)


def flash(
    board: Board,
    build: Build,
    port: str | None = None,
    progress: Progress = silent,
    *,
    lister: PortLister = connected_ports,
    timing: Timing = PATIENT,
) -> str:
    """Put the build's image on the board; see `base.Flasher`."""
    process.require(PROGRAM)
    image = build.read_image()  # held against its hash; what a core's image begins with is the core's affair
    target = choose(board, port, lister())
    progress(Step("writing with arduino-cli", 0, len(image)))
    done = process.run(command(board, build.image, target.device), timeout=UPLOAD_SECONDS, check=False)
    if done.returncode != 0:
        raise FlashError(
            f"arduino-cli failed (exit {done.returncode}): {failure(done)}", "run with -v to see the command"
        )
    progress(Step("writing with arduino-cli", len(image), len(image)))
    return Session(board, target, progress, lister, open_serial, timing).await_application().device
