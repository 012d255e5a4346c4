"""Flash method `mass_storage`: the board's interface chip shows a drive, and programs the file that is copied to it.

DAPLink (micro:bit and others) and ST-LINK (Nucleos) do so. The drive is always there, and so is the serial port, which
is the interface chip's: neither tells which program runs. That is known from what the program says of itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from toolkit.artifacts import Build
from toolkit.board import Board, settings
from toolkit.errors import FlashError
from toolkit.flash import drives, hex_file
from toolkit.flash.base import Progress, Step, silent
from toolkit.flash.usb_board import PATIENT, Timing, choose, read_image
from toolkit.link.serial_ports import PortLister, connected_ports
from toolkit.toml import Table, Word


class Settings(Table, frozen=True, kw_only=True):
    """What a board file tells `mass_storage`.

    Attributes:
        label: the drive's name; a system that mounts several of one name puts a number behind it.
        format: what the interface chip takes: "bin", which lies where flash begins, or "hex", which says where.
    """

    label: Annotated[tuple[Word, ...], Meta(min_length=1)]
    format: Literal["bin", "hex"]


def suits(board: Board, build: Build | None) -> bool:  # noqa: ARG001 - any builder's
    """True for a board whose file says what its drive is called."""
    return settings(board.flash, Settings) is not None


def tools() -> tuple[str, ...]:
    """The outside programs that are needed: none."""
    return ()


def takes_hex(board: Board) -> bool:
    """Whether the interface chip takes a .hex; else it is a .bin."""
    told = settings(board.flash, Settings)
    return told is not None and told.format == "hex"


def _drive(board: Board, told: Settings, port: str | None, lister: PortLister) -> Path:
    """The one drive that is meant.

    Raises:
        FlashError: there is none, or several of which none can be told from a port's name.
    """
    found = [each for each in drives.drives(lister) if _bare(drives.label(each)) in told.label]
    if port is not None and Path(port).is_dir():
        found = [each for each in found if each == Path(port)]
    if len(found) == 1:
        return found[0]
    if not found:
        waiting = (drives.not_mounted(label) for label in told.label)
        hint = next((line for line in waiting if line), None) if lister is connected_ports else None
        raise FlashError(
            f"no {board.name} shows its drive {' or '.join(told.label)}",
            hint or "check the cable (some carry power only), and that the drive is mounted",
        )
    names = ", ".join(str(each) for each in found)
    raise FlashError(f"{len(found)} boards show a drive; name it with --port, or unplug the others", names)


def _bare(name: str) -> str:
    """A drive's name without the number that the system has put behind it."""
    return name.rstrip("0123456789 ") if name.rstrip("0123456789 ") else name


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

    Args:
        port: the interface chip's serial port, or the drive.
        lister: what is connected; another one for tests.
        timing: for tests.
    """
    told = settings(board.flash, Settings)
    if told is None:
        raise FlashError(f"{board.path.name} has no flash.settings for mass_storage", "see boards/nucleo-f446re.toml")
    image = read_image(build, board)
    data = hex_file.encode(image, board.memory.flash.start) if told.format == "hex" else image
    drive = _drive(board, told, port, lister)
    named = None if port is not None and Path(port).is_dir() else port
    serial = choose(board, named, tuple(each for each in lister() if not Path(each.device).is_dir()))
    name = f"FIRMWARE.{told.format.upper()}"
    progress(Step(f"copying to {drive}", 0, len(image)))
    drives.copy(data, drive, name)
    # It vanishes for a moment while the chip is programmed, and comes back without the file; some only forget the file.
    drives.wait_until(lambda: not (drive / name).exists(), timing.appear, timing.poll)
    drives.wait_until(drive.is_dir, timing.appear, timing.poll)
    if said := drives.failure(drive):
        raise FlashError(f"the board did not take the program: {said}", "unplug the board, plug it in and flash again")
    progress(Step(f"copying to {drive}", len(image), len(image)))
    return serial.device
