"""Flash method `teensy_loader`: Teensy boards, by PJRC's command line loader."""

from __future__ import annotations

from pathlib import Path

from toolkit import process
from toolkit.artifacts import Build
from toolkit.board import Board, settings
from toolkit.errors import FlashError
from toolkit.flash.base import Progress, Step, silent
from toolkit.flash.usb_board import PATIENT, Session, Timing, choose, open_serial
from toolkit.link.serial_ports import PortLister, connected_ports
from toolkit.toml import Table, Word

PROGRAM = "teensy_loader_cli"
UPLOAD_SECONDS = 120.0


class Settings(Table, frozen=True, kw_only=True):
    """mcu: the loader's name of the board."""

    mcu: Word


def suits(board: Board, build: Build | None) -> bool:
    """True for a board whose file names it for the loader, and a build of which there is a .hex."""
    return settings(board.flash, Settings) is not None and (build is None or build.image.suffix == ".hex")


def tools() -> tuple[str, ...]:
    """The outside programs that are needed."""
    return (PROGRAM,)


def command(told: Settings, image: Path) -> list[str]:
    """The argv that writes an Intel HEX file and starts it; pure.

    -s: the running program is asked over USB to start the bootloader; -w: it is waited for, should it need the button.
    """
    return [PROGRAM, f"--mcu={told.mcu}", "-s", "-w", "-v", str(image)]


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
    told = settings(board.flash, Settings)
    if told is None:
        raise FlashError(f"{board.path.name} has no flash settings for teensy_loader", "see boards/teensy41.toml")
    build.read_image()  # held against its hash; the loader reads the file itself
    target = choose(board, port, lister())
    progress(Step(f"writing with {PROGRAM}; press the button on the board if nothing happens", 0, build.flash_bytes))
    done = process.run(command(told, build.image), timeout=UPLOAD_SECONDS, check=False)
    if done.returncode != 0:
        raise FlashError(
            f"{PROGRAM} failed (exit {done.returncode}): {process.first_error(done)}", "press the board's button"
        )
    progress(Step(f"writing with {PROGRAM}", build.flash_bytes, build.flash_bytes))
    return Session(board, target, progress, lister, open_serial, timing).await_application().device
