"""Flash method `uf2`: the board shows a drive, and takes the program as a file on it.

    find the board -> touch at 1200 baud -> the drive -> copy -> the drive vanishes -> the program's port

Without a touch: a Pico whose BOOTSEL button is held while it is plugged in, other boards whose reset button is pressed
twice. The drive is known by its INFO_UF2.TXT. Nothing is read back: the bootloader's drive does not give what it was
given. That the right program runs is known from what it says of itself afterwards.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from toolkit.artifacts import Build
from toolkit.board import Board, settings
from toolkit.errors import ChangedFileError, FlashError
from toolkit.flash import drives, uf2_file
from toolkit.flash.base import Progress, Step, silent
from toolkit.flash.usb_board import PATIENT, OpenPort, Session, Timing, list_of, open_serial
from toolkit.link.serial_ports import PortLister, UsbPort, connected_ports, names_of
from toolkit.toml import Table, Text, Word

INFO = "INFO_UF2.TXT"
BOOT2_BYTES = 256


class Settings(Table, frozen=True, kw_only=True):
    """What a board file tells `uf2`.

    Attributes:
        family: the number of the chip's family, as in github.com/microsoft/uf2, utils/uf2families.json.
        board_id: what INFO_UF2.TXT may say after "Board-ID:"; each the whole of it, or its beginning if it ends in "*".
        label: the drive's name.
        button: what to do for the drive if the program does not listen any more.
        boot2: the image begins with the RP2040's second stage, whose checksum the ROM wants to be right.
    """

    family: Annotated[int, Meta(ge=1, le=0xFFFFFFFF)]
    board_id: Annotated[tuple[Text, ...], Meta(min_length=1)]
    label: Word
    button: Text = "press its reset button twice, quickly"
    boot2: bool = False


def suits(board: Board, build: Build | None) -> bool:  # noqa: ARG001 - any builder's
    """True for a board whose file says how its drive is known."""
    return settings(board.flash, Settings) is not None


def tools() -> tuple[str, ...]:
    """The outside programs that are needed: none."""
    return ()


def told_of(board: Board) -> Settings:
    """What its board file tells of it."""
    told = settings(board.flash, Settings)
    if told is None:
        raise FlashError(f"{board.path.name} has no flash.settings for uf2", "see boards/pico.toml")
    return told


def crc32_mpeg2(data: bytes) -> int:
    """The RP2040 ROM's checksum: polynomial 0x04C11DB7, from all ones, neither reflected nor inverted."""
    mirrored = bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)
    return int(f"{binascii.crc32(mirrored) ^ 0xFFFFFFFF:032b}"[::-1], 2)


def read_image(build: Build, board: Board) -> bytes:
    """The image as it is to be flashed.

    Raises:
        FlashError: it is missing, not the file that was built, too large, or none that the chip would start.
    """
    told = told_of(board)
    try:
        image = build.read_image()
    except ChangedFileError as caught:
        raise FlashError(caught.message, caught.hint) from caught
    if len(image) > board.memory.flash.size:
        size = board.memory.flash.size
        raise FlashError(f"{build.image.name} has {len(image)} bytes; the board takes {size}", "build a smaller model")
    vectors = image[BOOT2_BYTES:] if told.boot2 else image
    # Cortex-M: the first word is the initial stack pointer, in RAM; the second the reset handler, a Thumb address.
    if len(vectors) < 8 or vectors[3] != 0x20 or not vectors[4] & 1:
        hint = "flash the .bin, not the .elf or .hex"
        raise FlashError(f"{build.image.name} holds no Cortex-M vector table where it should", hint)
    checksum = int.from_bytes(image[BOOT2_BYTES - 4 : BOOT2_BYTES], "little")
    if told.boot2 and crc32_mpeg2(image[: BOOT2_BYTES - 4]) != checksum:
        raise FlashError(
            f"{build.image.name}: the checksum of its boot2 is wrong: the chip's ROM would not start it", "build again"
        )
    return image


def board_id(drive: Path) -> str | None:
    """Which board the drive says that it is; None if it is no UF2 bootloader's."""
    for line in drives.read_text(drive / INFO).splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "Board-ID":
            return value.strip()
    return None


def _is_meant(found: str, wanted: tuple[str, ...]) -> bool:
    return any(found.startswith(each[:-1]) if each.endswith("*") else found == each for each in wanted)


@dataclass(frozen=True)
class _Upload:
    """One upload; see `flash` for the arguments."""

    board: Board
    told: Settings
    session: Session

    def drives(self) -> tuple[Path, ...]:
        """The drives of such boards."""
        found = drives.drives(self.session.lister)
        return tuple(each for each in found if _is_meant(board_id(each) or "", self.told.board_id))

    def ports(self) -> tuple[UsbPort, ...]:
        """The ports of such boards while their program runs."""
        return tuple(each for each in self.session.lister() if each.usb_id in self.board.usb.application)

    def _await_drive(self, others: tuple[Path, ...], seconds: float) -> Path | None:
        fresh: list[Path] = []

        def came() -> bool:
            fresh[:] = [each for each in self.drives() if each not in others]
            return bool(fresh)

        drives.wait_until(came, seconds, self.session.timing.poll)
        return fresh[0] if fresh else None

    def enter(self) -> Path:
        """Touch at 1200 baud and wait for the drive.

        Raises:
            FlashError: it did not come, or the program's port could not be opened.
        """
        session, others = self.session, self.drives()
        for touch in range(session.timing.touches):
            again = "the board did not react; touching it again"
            session.progress(Step(again if touch else "starting the bootloader"))
            session.touch()
            found = self._await_drive(others, session.timing.appear / session.timing.touches)
            if found is not None:
                return found
        label = self.told.label
        hint = drives.not_mounted(label) if session.lister is connected_ports else None
        raise FlashError(f"the board's drive {label} did not appear", hint or f"{self.told.button}, then flash again")

    def put(self, image: bytes, drive: Path) -> str:
        """Copy the image, and wait for its program's port."""
        session, timing = self.session, self.session.timing
        others = {each.device for each in self.ports()}
        file = uf2_file.encode(image, self.board.memory.flash.start, self.told.family)
        session.progress(Step(f"copying to {drive}", 0, len(image)))
        drives.copy(file, drive, "FIRMWARE.UF2")
        if not drives.wait_until(lambda: board_id(drive) is None, timing.appear, timing.poll):
            raise FlashError(
                f"{drive} is still there: the board did not take the file", f"{self.told.button}, then flash again"
            )
        session.progress(Step(f"copying to {drive}", len(image), len(image)))
        session.progress(Step("starting the new program"))
        fresh: list[str] = []

        def came() -> bool:
            fresh[:] = [each.device for each in self.ports() if each.device not in others]
            return bool(fresh)

        if not drives.wait_until(came, timing.appear, timing.poll):
            raise FlashError(
                "the image is written, but the program's USB port did not appear",
                f"unplug the board and plug it in once; if nothing appears, {self.told.button}, and build it again",
            )
        return fresh[0]


def _choose(upload: _Upload, port: str | None) -> UsbPort | Path:
    """The one connected board that is meant: its port, or the drive that it shows already.

    Raises:
        FlashError: none is connected, several are and none is named, or what is named is no such board.
    """
    board, connected = upload.board, upload.session.lister()
    if port is not None and Path(port).is_dir():
        found = board_id(Path(port))
        if found is None or not _is_meant(found, upload.told.board_id):
            said = f"is the drive of {found}" if found else f"has no {INFO}"
            raise FlashError(f"{port} is no {board.name}: it {said}", f"the {board.name}'s is {upload.told.label}")
        return Path(port)
    if port is not None:
        same = names_of(port)
        named = next((each for each in connected if each.device in same), None)
        if named is None:
            raise FlashError(f"{port} is not there", list_of(connected))
        if named.usb_id in board.usb.application:
            return named
        drive = upload.drives()
        if named.usb_id in board.usb.bootloader and len(drive) == 1:
            return drive[0]
        raise FlashError(f"{port} is not an {board.name}: its USB id is {named.usb_id}", list_of(connected))
    found_boards: list[UsbPort | Path] = [*upload.ports(), *upload.drives()]
    if not found_boards:
        hint = drives.not_mounted(upload.told.label) if upload.session.lister is connected_ports else None
        cable = f"check the cable (some carry power only), or {upload.told.button}, for its drive"
        raise FlashError(f"no {board.name} is connected", hint or cable)
    if len(found_boards) > 1:
        names = ", ".join(each.device if isinstance(each, UsbPort) else str(each) for each in found_boards)
        raise FlashError(f"{len(found_boards)} boards are connected; name one with --port", f"connected: {names}")
    return found_boards[0]


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
    """Put the build's image on the board; see `base.Flasher`.

    Args:
        port: where its program is, or the drive.
        lister: what is connected; another one for an emulated board.
        open_port, timing: for tests.
    """
    told, image = told_of(board), read_image(build, board)
    nobody = UsbPort("", 0, 0)
    upload = _Upload(board, told, Session(board, nobody, progress, lister, open_port, timing))
    target = _choose(upload, port)
    if isinstance(target, Path):
        progress(Step("the board shows its drive already"))
        return upload.put(image, target)
    upload = _Upload(board, told, Session(board, target, progress, lister, open_port, timing))
    return upload.put(image, upload.enter())
