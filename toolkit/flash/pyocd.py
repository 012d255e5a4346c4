"""Flash method `pyocd`: boards with a CMSIS-DAP or ST-LINK probe whose chip pyOCD knows, itself or by a pack."""

from __future__ import annotations

from toolkit.artifacts import Build
from toolkit.board import Board, settings
from toolkit.errors import FlashError
from toolkit.flash import probe
from toolkit.flash.base import Progress, silent
from toolkit.flash.usb_board import PATIENT, Timing
from toolkit.link.serial_ports import PortLister, connected_ports
from toolkit.toml import Table, Word

PROGRAM = "pyocd"


class Settings(Table, frozen=True, kw_only=True):
    """target: pyOCD's name of the chip."""

    target: Word


def suits(board: Board, build: Build | None) -> bool:  # noqa: ARG001 - any builder's
    """True for a board whose file names the target."""
    return settings(board.flash, Settings) is not None


def tools() -> tuple[str, ...]:
    """The outside programs that are needed."""
    return (PROGRAM,)


def command(board: Board, image: str) -> list[str]:
    """The argv that writes and starts an image; pure."""
    told = settings(board.flash, Settings)
    if told is None:
        raise FlashError(f"{board.path.name} has no flash settings for pyocd", "see boards/nucleo-f446re.toml")
    start = f"{board.memory.flash.start:#010x}"
    return [PROGRAM, "load", "--target", told.target, "--base-address", start, "--format", "bin", image]


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
