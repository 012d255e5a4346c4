"""Flash method `openocd`: any probe and chip that OpenOCD knows; it verifies what it has written."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from toolkit.artifacts import Build
from toolkit.board import Board, settings
from toolkit.errors import FlashError
from toolkit.flash import probe
from toolkit.flash.base import Progress, silent
from toolkit.flash.usb_board import PATIENT, Timing
from toolkit.link.serial_ports import PortLister, connected_ports
from toolkit.toml import Script, Table

PROGRAM = "openocd"


class Settings(Table, frozen=True, kw_only=True):
    """scripts: of OpenOCD's own folder, in order: "board/st_nucleo_f4.cfg", or interface and target."""

    scripts: Annotated[tuple[Script, ...], Meta(min_length=1)]


def suits(board: Board, build: Build | None) -> bool:  # noqa: ARG001 - any builder's
    """True for a board whose file names the scripts."""
    return settings(board.flash, Settings) is not None


def tools() -> tuple[str, ...]:
    """The outside programs that are needed."""
    return (PROGRAM,)


def command(board: Board, image: str) -> list[str]:
    """The argv that writes, verifies and starts an image; pure.

    Args:
        image: its name, in the folder in which the program runs: a path could hold what Tcl takes for its own.
    """
    told = settings(board.flash, Settings)
    if told is None:
        raise FlashError(f"{board.path.name} has no flash settings for openocd", "see boards/nucleo-f446re.toml")
    scripts = [word for script in told.scripts for word in ("-f", script)]
    return [PROGRAM, *scripts, "-c", f"program {image} verify reset exit {board.memory.flash.start:#010x}"]


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
