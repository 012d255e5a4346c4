"""A board that is found by its USB id and has a bootloader: which one is meant, the touch, and the wait for its ports.

What the flash methods of such boards have in common, whichever program then does the upload.
"""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from toolkit.artifacts import Build
from toolkit.board import Board
from toolkit.errors import ChangedFileError, FlashError
from toolkit.flash.base import Progress, Step
from toolkit.link.serial_ports import PortLister, UsbPort, cannot_open, names_of


class SerialPort(Protocol):
    """What is used of pyserial's Serial; reading returns what came within `timeout` seconds, perhaps nothing."""

    timeout: float | None

    def read(self, size: int = 1, /) -> bytes:
        """Read up to `size` bytes."""
        ...

    def write(self, data: bytes, /) -> int | None:
        """Write all bytes."""
        ...

    def flush(self) -> None:
        """Wait until everything written has left."""
        ...

    def close(self) -> None:
        """Close the port."""
        ...


OpenPort = Callable[[str, int], SerialPort]
"""Opens a device at a baud rate; raises OSError."""

DOUBLE_TAP = "press the board's reset button twice, quickly, then flash again"


@dataclass(frozen=True)
class Timing:
    """How long to wait, in seconds.

    Attributes:
        poll: between two looks at the list of ports.
        appear: for a port to come back after a reset.
        opening: for a new port to become openable: permissions are set after it appears.
        touches: how often the 1200-baud touch is tried.
        attempts: how often one block is written before giving up.
        reply, quiet: for one answer of the bootloader; see samba_protocol.Monitor.
    """

    poll: float = 0.05
    appear: float = 10.0
    opening: float = 5.0
    touches: int = 3
    attempts: int = 4
    reply: float = 3.0
    quiet: float = 0.03


PATIENT = Timing()
"""For real boards."""


def open_serial(device: str, baud: int) -> SerialPort:
    """Open with pyserial, for this process alone."""
    import serial

    class Port(serial.Serial):
        """A board that vanishes while its output is drained is an OSError here as everywhere else."""

        def flush(self) -> None:
            try:
                super().flush()
            except OSError:
                raise
            except Exception as caught:  # termios.error, which not every system has
                raise OSError(errno.EIO, f"the port is gone: {caught}") from caught

    port: SerialPort = Port(device, baud, timeout=1.0, write_timeout=10.0, exclusive=True)
    return port


def read_image(build: Build, board: Board) -> bytes:
    """The image as it is to be flashed.

    Raises:
        FlashError: it is missing, not the file that was built, too large, or does not begin with a vector table.
    """
    try:
        image = build.read_image()
    except ChangedFileError as caught:
        raise FlashError(caught.message, caught.hint) from caught
    if len(image) > board.memory.flash.size:
        raise FlashError(
            f"{build.image.name} has {len(image)} bytes; the board takes {board.memory.flash.size}",
            "build a smaller model",
        )
    # Cortex-M: the first word is the initial stack pointer, in RAM; the second the reset handler, a Thumb address.
    if len(image) < 8 or image[3] != 0x20 or not image[4] & 1:
        raise FlashError(
            f"{build.image.name} does not begin with a Cortex-M vector table", "flash the .bin, not the .elf or .hex"
        )
    return image


def choose(board: Board, port: str | None, ports: tuple[UsbPort, ...]) -> UsbPort:
    """The one connected board that is meant.

    Raises:
        FlashError: none is connected, several are and none is named, or the named port is no such board's.
    """
    known = (*board.usb.application, *board.usb.bootloader)
    if port is not None:
        same = names_of(port)
        named = next((each for each in ports if each.device in same), None)
        if named is None:
            raise FlashError(f"{port} is no USB serial port of this machine", list_of(ports))
        if named.usb_id not in known:
            raise FlashError(f"{port} is not an {board.name}: its USB id is {named.usb_id}", list_of(ports))
        return named
    found = [each for each in ports if each.usb_id in known]
    if not found:
        raise FlashError(f"no {board.name} is connected", f"check the cable (some carry power only), or {DOUBLE_TAP}")
    if len(found) > 1:
        raise FlashError(f"{len(found)} boards are connected; name one with --port", list_of(tuple(found)))
    return found[0]


def list_of(ports: tuple[UsbPort, ...]) -> str:
    if not ports:
        return "no USB serial port is connected"
    return "connected: " + ", ".join(
        f"{each.device} ({each.usb_id}, serial number {each.serial_number})" for each in ports
    )


@dataclass(frozen=True)
class Session:
    """One upload to one board; see flash.samba.flash for the arguments."""

    board: Board
    target: UsbPort
    progress: Progress
    lister: PortLister
    open_port: OpenPort
    timing: Timing

    def enter_bootloader(self) -> UsbPort:
        """Touch at 1200 baud and wait for the bootloader's port, whatever its name.

        Raises:
            FlashError: it did not come, or the sketch's port could not be opened.
        """
        if self.target.usb_id in self.board.usb.bootloader:
            self.progress(
                Step(
                    "the board is already in its bootloader: reset was pressed twice, or an upload was interrupted; "
                    "starting from the beginning"
                )
            )
            return self.target
        for touch in range(self.timing.touches):
            self.progress(
                Step("starting the bootloader" if touch == 0 else "the board did not react; touching it again")
            )
            self.touch()
            found = self._await(self.board.usb.bootloader, self.timing.appear / self.timing.touches)
            if found is not None:
                return found
        raise FlashError("the board did not enter its bootloader", DOUBLE_TAP)

    def await_application(self) -> UsbPort:
        """Wait for the sketch's port.

        Raises:
            FlashError: it did not come.
        """
        self.progress(Step("starting the new program"))
        found = self._await(self.board.usb.application, self.timing.appear)
        if found is None:
            raise FlashError(
                "the image is written, but the program's USB port did not appear",
                f"press reset once; if nothing appears, the program does not start: build it again, and {DOUBLE_TAP}",
            )
        return found

    def touch(self) -> None:
        """Open the program's port at 1200 baud and let DTR go: it then starts the bootloader; nothing if it is gone."""
        # Boards without a serial number are told apart by their port.
        same = (each for each in self.lister() if each.is_same_board(self.target))
        current = next((each for each in same if each.serial_number or each.device == self.target.device), None)
        if current is None or current.usb_id in self.board.usb.bootloader:
            return
        handle = self.open(current.device, 1200)
        # The touch is 1200 baud and then DTR low: by hand where the port has that line, by closing where it has not.
        with contextlib.suppress(OSError):
            handle.dtr = False  # type: ignore[attr-defined]
        with contextlib.suppress(OSError):
            handle.close()

    def _await(self, usb_ids: tuple[str, ...], seconds: float) -> UsbPort | None:
        deadline = time.monotonic() + seconds
        while True:
            for each in self.lister():
                if each.usb_id in usb_ids and each.is_same_board(self.target):
                    return each
            if time.monotonic() > deadline:
                return None
            time.sleep(self.timing.poll)

    def open(self, device: str, baud: int) -> SerialPort:
        """Open a port that may have appeared just now.

        Raises:
            FlashError: it cannot be opened; the hint names the cure.
        """
        deadline = time.monotonic() + self.timing.opening
        while True:
            try:
                return self.open_port(device, baud)
            except OSError as caught:
                passing = caught.errno in (errno.EACCES, errno.EPERM, errno.EBUSY, errno.EAGAIN, errno.ENOENT)
                if not passing or time.monotonic() > deadline:
                    raise cannot_open(device, caught, error=FlashError) from caught
                time.sleep(self.timing.poll)
