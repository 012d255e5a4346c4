"""Flash method `st_flash`: STM32 boards with an ST-LINK, by the open tools for it; they verify what they wrote."""

from __future__ import annotations

from toolkit.artifacts import Build
from toolkit.board import Board, settings
from toolkit.flash import probe
from toolkit.flash.base import Progress, silent
from toolkit.flash.usb_board import PATIENT, Timing
from toolkit.link.serial_ports import PortLister, connected_ports
from toolkit.toml import Table

PROGRAM = "st-flash"


class Settings(Table, frozen=True, kw_only=True):
    """Nothing: the chip tells the tool what it is."""


def suits(board: Board, build: Build | None) -> bool:  # noqa: ARG001 - any builder's
    """True for a board whose file has this method."""
    return settings(board.flash, Settings) is not None


def tools() -> tuple[str, ...]:
    """The outside programs that are needed."""
    return (PROGRAM,)


def command(board: Board, image: str) -> list[str]:
    """The argv that writes, verifies and starts an image; pure."""
    return [PROGRAM, "--reset", "write", image, f"{board.memory.flash.start:#010x}"]


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
