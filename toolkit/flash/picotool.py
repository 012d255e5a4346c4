"""Flash method `picotool`: Raspberry Pi's own program, for who prefers it to the drive; it verifies."""

from __future__ import annotations

from toolkit.artifacts import Build
from toolkit.board import Board, settings
from toolkit.flash import probe
from toolkit.flash.base import Progress, silent
from toolkit.flash.usb_board import PATIENT, Timing
from toolkit.link.serial_ports import PortLister, connected_ports
from toolkit.toml import Table

PROGRAM = "picotool"


class Settings(Table, frozen=True, kw_only=True):
    """Nothing: it asks the chip."""


def suits(board: Board, build: Build | None) -> bool:  # noqa: ARG001 - any builder's
    """True for a board whose file has this method."""
    return settings(board.flash, Settings) is not None


def tools() -> tuple[str, ...]:
    """The outside programs that are needed."""
    return (PROGRAM,)


def command(board: Board, image: str) -> list[str]:
    """The argv that writes, verifies and starts an image; pure.

    -f: a board that runs a program is made to enter its bootloader first, by the touch.
    """
    start = f"{board.memory.flash.start:#010x}"
    return [PROGRAM, "load", "-f", "-v", "-x", image, "-t", "bin", "-o", start]


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
    return probe.upload(command(board, build.image.name), board, build, port, progress, lister, timing)
