"""Flash method `adafruit_nrfutil`: boards with Adafruit's bootloader for the nRF52, over its serial port.

    touch at 1200 baud -> the bootloader's port -> adafruit-nrfutil sends a package -> the program's port

The bootloader holds each packet to its CRC and the whole to the package's; the program then says who it is.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from toolkit import process
from toolkit.artifacts import Build
from toolkit.board import Board, settings
from toolkit.errors import FlashError
from toolkit.flash import hex_file
from toolkit.flash.base import Progress, Step, silent
from toolkit.flash.usb_board import PATIENT, OpenPort, Session, Timing, choose, open_serial, read_image
from toolkit.link.serial_ports import PortLister, connected_ports
from toolkit.toml import Table

PROGRAM = "adafruit-nrfutil"
PACKAGE_SECONDS = 30.0
UPLOAD_SECONDS = 180.0


class Settings(Table, frozen=True, kw_only=True):
    """What a package says.

    Attributes:
        sd_req: the SoftDevice's number, which must be on the board.
        dev_type: of the chip.
    """

    sd_req: Annotated[int, Meta(ge=0, le=0xFFFF)]
    dev_type: Annotated[int, Meta(ge=0, le=0xFFFF)] = 0x0052


def suits(board: Board, build: Build | None) -> bool:  # noqa: ARG001 - any builder's
    """True for a board whose file names the SoftDevice."""
    return settings(board.flash, Settings) is not None


def tools() -> tuple[str, ...]:
    """The outside programs that are needed."""
    return (PROGRAM,)


def package_command(told: Settings, program: Path, package: Path) -> list[str]:
    """The argv that makes a package of a program in Intel HEX; pure."""
    numbers = ["--dev-type", f"{told.dev_type:#06x}", "--sd-req", f"{told.sd_req:#06x}"]
    return [PROGRAM, "dfu", "genpkg", *numbers, "--application", str(program), str(package)]


def upload_command(package: Path, port: str) -> list[str]:
    """The argv that sends a package; pure. The touch was ours."""
    return [PROGRAM, "dfu", "serial", "--package", str(package), "--port", port, "-b", "115200", "--singlebank"]


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
    process.require(PROGRAM)
    told = settings(board.flash, Settings)
    if told is None:
        raise FlashError(f"{board.path.name} has no flash settings for adafruit_nrfutil", "see boards/xiao-sense.toml")
    image = read_image(build, board)
    session = Session(board, choose(board, port, lister()), progress, lister, open_port, timing)
    with tempfile.TemporaryDirectory() as folder:
        program, package = Path(folder) / "firmware.hex", Path(folder) / "firmware.zip"
        program.write_bytes(hex_file.encode(image, board.memory.flash.start))
        _run(package_command(told, program, package), PACKAGE_SECONDS, "Zip created")
        bootloader = session.enter_bootloader()
        progress(Step(f"writing with {PROGRAM}", 0, len(image)))
        _run(upload_command(package, bootloader.device), UPLOAD_SECONDS, "Device programmed")
    progress(Step(f"writing with {PROGRAM}", len(image), len(image)))
    return session.await_application().device


def _run(argv: list[str], seconds: float, wanted: str) -> None:
    """Run it; its exit code is 0 for many of its failures, so that its last words must be there too."""
    done = process.run(argv, timeout=seconds, check=False)
    if done.returncode != 0 or wanted not in done.stdout + done.stderr:
        raise FlashError(f"{PROGRAM} failed (exit {done.returncode}): {process.first_error(done)}", "run with -v")
