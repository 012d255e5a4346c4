"""Flash method `avrdude`: the classic Arduinos, by the uploader that the Arduino IDE itself uses for them.

Opening the port resets such a board into its bootloader; avrdude writes the image and reads all of it back.
"""

from __future__ import annotations

import errno
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from toolkit import process
from toolkit.artifacts import Build
from toolkit.board import Board, settings
from toolkit.errors import FlashError
from toolkit.flash.base import Progress, Step, silent
from toolkit.flash.usb_board import choose
from toolkit.link.serial_ports import PortLister, cannot_open, connected_ports
from toolkit.toml import Table, Word

PROGRAM = "avrdude"
UPLOAD_SECONDS = 180.0
POLL_SECONDS = 0.02


class Settings(Table, frozen=True, kw_only=True):
    """programmer: the protocol of the bootloader, as avrdude calls it."""

    programmer: Word


def suits(board: Board, build: Build | None) -> bool:  # noqa: ARG001 - any builder's
    """True for a board whose file names the programmer."""
    return settings(board.flash, Settings) is not None


def tools() -> tuple[str, ...]:
    """The outside programs that are needed."""
    return (PROGRAM,)


def command(board: Board, image: Path, port: str) -> list[str]:
    """The argv that writes and verifies the image.

    -D: the bootloader erases each page as it writes it; it cannot erase the chip, and must not erase itself.

    Raises:
        FlashError: the board file has no programmer.
    """
    told = settings(board.flash, Settings)
    if told is None:
        raise FlashError(f"{board.path.name} has no flash.settings for avrdude", "see boards/uno.toml")
    return [
        *(PROGRAM, "-q", "-q", "-p", board.mcu.part, "-c", told.programmer),
        *("-P", port, "-b", str(board.serial.baud), "-D", "-U", f"flash:w:{image}:i"),
    ]


def check_port(port: str, access: Callable[[str, int], bool] = os.access) -> None:
    """Tell a port that is missing or not permitted, without opening it: that would reset the board.

    Raises:
        FlashError: it is; the hint says what to do.
    """
    if not port.startswith("/"):  # COM3 is no file that could be looked at
        return
    for mode, number in ((os.F_OK, errno.ENOENT), (os.R_OK | os.W_OK, errno.EACCES)):
        if not access(port, mode):
            raise cannot_open(port, OSError(number, os.strerror(number)), error=FlashError)


def reason(said: str) -> str:
    """avrdude's last complaint, without its own name; the first ones are of lines that a pty does not have."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1].removeprefix("avrdude: ") if lines else "it printed nothing"


def _run(argv: list[str], device: str) -> tuple[int, str]:
    """avrdude's exit code and words. It is watched: when its port has gone it would go on asking for minutes.

    Raises:
        FlashError: the port vanished, or it did not come to an end.
    """
    deadline = time.monotonic() + UPLOAD_SECONDS
    with tempfile.TemporaryFile() as said:
        running = process.spawn(argv, log_file=said)
        try:
            while running.poll() is None:
                if device.startswith("/") and not Path(device).exists():
                    raise FlashError(f"{device} vanished during the upload", "check the cable, then flash again")
                if time.monotonic() > deadline:
                    raise FlashError(f"avrdude did not end within {UPLOAD_SECONDS:.0f} s", "reset the board, try again")
                time.sleep(POLL_SECONDS)
        finally:
            if running.poll() is None:
                running.kill()
                running.wait()
        said.seek(0)
        return running.returncode, said.read().decode(errors="replace")


def flash(
    board: Board,
    build: Build,
    port: str | None = None,
    progress: Progress = silent,
    *,
    lister: PortLister = connected_ports,
) -> str:
    """Put the build's image on the board; see `base.Flasher`.

    A named port is taken as it is: many such boards are clones behind another maker's USB adapter.
    """
    process.require(PROGRAM)
    build.read_image()  # held against its hash; avrdude reads the file itself
    device = port if port is not None else choose(board, None, lister()).device
    check_port(device)
    progress(Step(f"writing and verifying with avrdude at {device}", 0, build.flash_bytes))
    code, said = _run(command(board, build.image, device), device)
    if code != 0:
        raise FlashError(
            f"avrdude failed (exit {code}): {reason(said)}",
            f"is it an {board.name} at {device}, and no serial monitor open? Then try again",
        )
    progress(Step(f"writing and verifying with avrdude at {device}", build.flash_bytes, build.flash_bytes))
    return device
