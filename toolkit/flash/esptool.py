"""Flash method `esptool`: Espressif's chips, by their own program; it verifies what it has written.

A program for them is more than its own image: the chip's ROM loads a bootloader, which reads a table of partitions.
Arduino's core puts all of it into one file beside the image, which is what is written; it is held to the image, whose
hash is known.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from toolkit import process
from toolkit.artifacts import Build
from toolkit.board import Board, settings
from toolkit.errors import FlashError
from toolkit.flash.base import Progress, Step, silent
from toolkit.flash.usb_board import PATIENT, Session, Timing, choose, open_serial
from toolkit.link.serial_ports import PortLister, connected_ports
from toolkit.toml import Table, Word

PROGRAM = "esptool"
UPLOAD_SECONDS = 300.0


class Settings(Table, frozen=True, kw_only=True):
    """What a board file tells `esptool`.

    Attributes:
        chip: esptool's name of it.
        baud: of the upload.
        application: where in flash the partition of the program begins.
    """

    chip: Word
    baud: Annotated[int, Meta(ge=9600, le=4_000_000)] = 460_800
    application: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)] = 0x10000


def suits(board: Board, build: Build | None) -> bool:
    """True for a board whose file names the chip, and a build of arduino-cli, which leaves the whole of the flash."""
    return settings(board.flash, Settings) is not None and (build is None or build.toolchain == "arduino_cli")


def tools() -> tuple[str, ...]:
    """The outside programs that are needed."""
    return (PROGRAM,)


def command(told: Settings, whole: Path, port: str) -> list[str]:
    """The argv that writes, verifies and starts the whole of the flash; pure."""
    return [
        *(PROGRAM, "--chip", told.chip, "--port", port, "--baud", str(told.baud)),
        *("--before", "default-reset", "--after", "hard-reset", "write-flash", "0x0", str(whole)),
    ]


def whole_flash(told: Settings, build: Build) -> Path:
    """The file that has bootloader, partitions and program.

    Raises:
        FlashError: it is not there, or holds another program than was built.
    """
    image = build.read_image()
    whole = build.image.with_suffix(".merged.bin")
    if not whole.is_file():
        raise FlashError(f"{whole} is missing", "build again; it is Arduino's core for these chips that makes it")
    if whole.read_bytes()[told.application :][: len(image)] != image:
        raise FlashError(f"{whole.name} does not hold {build.image.name} at {told.application:#x}", "build again")
    return whole


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
        raise FlashError(f"{board.path.name} has no flash settings for esptool", "see boards/esp32-c3.toml")
    whole = whole_flash(told, build)
    target = choose(board, port, lister())
    progress(Step("writing and verifying with esptool", 0, build.flash_bytes))
    done = process.run(command(told, whole, target.device), timeout=UPLOAD_SECONDS, check=False)
    if done.returncode != 0:
        raise FlashError(
            f"esptool failed (exit {done.returncode}): {process.first_error(done)}",
            "hold BOOT, press reset once, let BOOT go, and flash again",
        )
    progress(Step("writing and verifying with esptool", build.flash_bytes, build.flash_bytes))
    return Session(board, target, progress, lister, open_serial, timing).await_application().device
