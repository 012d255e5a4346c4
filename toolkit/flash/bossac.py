"""Flash method `bossac`: Arduino's fork of BOSSA, for who prefers it to our own client.

It does not read the flash back; that the right program runs is known only from what it says of itself afterwards.
"""

from __future__ import annotations

from pathlib import Path

from toolkit import process, resources
from toolkit.artifacts import Build
from toolkit.board import Board
from toolkit.errors import FlashError
from toolkit.flash.base import Progress, Step, silent
from toolkit.flash.usb_board import PATIENT, OpenPort, Session, Timing, choose, open_serial, read_image
from toolkit.link.serial_ports import PortLister, connected_ports

PROGRAM = "bossac"
UPLOAD_SECONDS = 120.0


def suits(board: Board, build: Build | None) -> bool:  # noqa: ARG001 - any builder's
    """True for a board with Arduino's bootloader for the nRF52840: samba and bossac both talk to it."""
    return board.flash is not None and board.flash.method in ("samba", "bossac")


def tools() -> tuple[str, ...]:
    """The outside programs that are needed."""
    return (PROGRAM,)


def candidates(home: Path | None = None) -> tuple[Path, ...]:
    """Every bossac there is: the ones that arduino-cli has installed, then the one on PATH."""
    tools = (folder / "packages/arduino/tools/bossac" for folder in resources.arduino_folders(home))
    found = [path for each in tools for path in sorted(each.glob("*/bossac*"), reverse=True) if path.stem == PROGRAM]
    on_path = process.find(PROGRAM)
    return (*found, *([on_path] if on_path else []))


def knows_nrf52(program: Path) -> bool:
    """True for Arduino's fork: a bossac can only program the chips whose names it contains."""
    try:
        return b"nRF52840" in program.read_bytes()
    except OSError:
        return False


def find(home: Path | None = None) -> Path:
    """A bossac that can do it.

    Raises:
        ToolError: there is none at all.
        FlashError: there is only the upstream one.
    """
    found = candidates(home)
    for program in found:
        if knows_nrf52(program):
            return program
    if not found:
        process.require(PROGRAM)
    raise FlashError(
        f"{found[0]} is the upstream bossac: it knows no nRF52 and dies after the bootloader's version",
        process.install_hint(PROGRAM) + "; or use the flash method samba, which needs no program",
    )


def command(program: Path, image: Path, port: str) -> list[str]:
    """The argv that writes the image and starts it.

    There is no --offset: the bootloader adds 0x10000 itself, and with the flag the old program stays in place.
    """
    return [str(program), "-d", f"--port={port.removeprefix('/dev/')}", "-U", "-i", "-e", "-w", str(image), "-R"]


def flash(
    board: Board,
    build: Build,
    port: str | None = None,
    progress: Progress = silent,
    *,
    lister: PortLister = connected_ports,
    open_port: OpenPort = open_serial,
    timing: Timing = PATIENT,
) -> str:
    """Put the build's image on the board; see `base.Flasher`."""
    program = find()
    image = read_image(build, board)
    session = Session(board, choose(board, port, lister()), progress, lister, open_port, timing)
    bootloader = session.enter_bootloader()
    progress(Step("writing with bossac", 0, len(image)))
    done = process.run(command(program, build.image, bootloader.device), timeout=UPLOAD_SECONDS, check=False)
    if done.returncode != 0 or "Done in" not in done.stdout:
        raise FlashError(f"bossac failed (exit {done.returncode}): {process.first_error(done)}", "run with -v")
    progress(Step("writing with bossac", len(image), len(image)))
    return session.await_application().device
