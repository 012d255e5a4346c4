"""Flash method `samba`: our own client of the Arduino Nano 33 BLE's bootloader; no other program is needed.

    find the board -> touch at 1200 baud -> the bootloader's port -> write and verify -> reset -> the sketch's port

The first page, which holds the vector table, is blanked before anything else and written last: a bootloader that finds
no stack pointer there starts nothing, so that an interrupted upload leaves a board that waits for the next one.
"""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Callable
from dataclasses import dataclass

from toolkit.artifacts import Build
from toolkit.board import Board
from toolkit.errors import FlashError
from toolkit.flash.base import Progress, Step, silent
from toolkit.flash.samba_protocol import BLOCK, DamagedReplyError, Monitor, SerialPort, crc16, pad
from toolkit.ports import PortLister, UsbPort, cannot_open, connected_ports

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
        reply, quiet: see samba_protocol.Monitor.
    """

    poll: float = 0.05
    appear: float = 10.0
    opening: float = 5.0
    touches: int = 3
    attempts: int = 4
    reply: float = 3.0
    quiet: float = 0.03


def open_serial(device: str, baud: int) -> SerialPort:
    """Open with pyserial, for this process alone."""
    import serial

    port: SerialPort = serial.Serial(device, baud, timeout=1.0, write_timeout=10.0, exclusive=True)
    return port


def read_image(build: Build, board: Board) -> bytes:
    """The image, padded to whole blocks.

    Raises:
        FlashError: it is missing, empty, too large, or does not begin with a vector table.
    """
    try:
        image = build.image.read_bytes()
    except OSError as caught:
        raise FlashError(
            f"cannot read {build.image}: {caught.strerror}", f"tinyml build --board {board.id}"
        ) from caught
    if len(image) > board.memory.flash:
        raise FlashError(
            f"{build.image.name} has {len(image)} bytes; the board takes {board.memory.flash}", "build a smaller model"
        )
    # Cortex-M: the first word is the initial stack pointer, in RAM; the second the reset handler, a Thumb address.
    if len(image) < 8 or image[3] != 0x20 or not image[4] & 1:
        raise FlashError(
            f"{build.image.name} does not begin with a Cortex-M vector table", "flash the .bin, not the .elf or .hex"
        )
    return pad(image)


def choose(board: Board, port: str | None, ports: tuple[UsbPort, ...]) -> UsbPort:
    """The one connected board that is meant.

    Raises:
        FlashError: none is connected, several are and none is named, or the named port is no such board's.
    """
    known = (*board.serial.usb.application, *board.serial.usb.bootloader)
    if port is not None:
        named = next((each for each in ports if each.device == port), None)
        if named is None:
            raise FlashError(f"{port} is no USB serial port of this machine", _list(ports))
        if named.usb_id not in known:
            raise FlashError(f"{port} is not an {board.name}: its USB id is {named.usb_id}", _list(ports))
        return named
    found = [each for each in ports if each.usb_id in known]
    if not found:
        raise FlashError(f"no {board.name} is connected", f"check the cable (some carry power only), or {DOUBLE_TAP}")
    if len(found) > 1:
        raise FlashError(f"{len(found)} boards are connected; name one with --port", _list(tuple(found)))
    return found[0]


def _list(ports: tuple[UsbPort, ...]) -> str:
    if not ports:
        return "no USB serial port is connected"
    return "connected: " + ", ".join(
        f"{each.device} ({each.usb_id}, serial number {each.serial_number})" for each in ports
    )


def flash(
    board: Board,
    build: Build,
    port: str | None = None,
    progress: Progress = silent,
    *,
    lister: PortLister = connected_ports,
    open_port: OpenPort = open_serial,
    timing: Timing = Timing(),
) -> str:
    """Put the build's image on the board; see `base.Flasher`.

    Args:
        lister: what is connected; another one for an emulated board.
        open_port, timing: for tests.
    """
    image = read_image(build, board)
    target = choose(board, port, lister())
    session = _Session(board, target, progress, lister, open_port, timing)
    if target.usb_id in board.serial.usb.bootloader:
        progress(
            Step(
                "the board is already in its bootloader: reset was pressed twice, or an upload was interrupted; "
                "starting from the beginning"
            )
        )
    else:
        target = session.enter_bootloader()
    session.upload(target, image)
    return session.await_application().device


@dataclass(frozen=True)
class _Session:
    board: Board
    target: UsbPort
    progress: Progress
    lister: PortLister
    open_port: OpenPort
    timing: Timing

    def enter_bootloader(self) -> UsbPort:
        """Touch at 1200 baud and wait for the bootloader's port, whatever its name."""
        for touch in range(self.timing.touches):
            self.progress(
                Step("starting the bootloader" if touch == 0 else "the board did not react; touching it again")
            )
            self._touch()
            found = self._await(self.board.serial.usb.bootloader, self.timing.appear / self.timing.touches)
            if found is not None:
                return found
        raise FlashError("the board did not enter its bootloader", DOUBLE_TAP)

    def upload(self, bootloader: UsbPort, image: bytes) -> None:
        """Write and verify the whole image, then reset the board."""
        handle = self._open(bootloader.device, 115_200)
        done = 0

        def written(count: int) -> None:
            nonlocal done
            done = count
            self.progress(Step("writing", done, len(image)))

        try:
            monitor = Monitor(handle, self.timing.reply, self.timing.quiet)
            monitor.synchronise()
            monitor.check_device()
            _write_image(monitor, image, written, self.progress, self.timing.attempts)
            monitor.reset()
            handle.flush()
        except DamagedReplyError as caught:
            raise FlashError(f"the bootloader does not answer as it should: {caught}", DOUBLE_TAP) from caught
        except OSError as caught:
            raise FlashError(
                f"the connection was lost after {done} of {len(image)} bytes: the board holds no complete program",
                f"plug the board in, {DOUBLE_TAP}",
            ) from caught
        finally:
            with contextlib.suppress(OSError):
                handle.close()

    def await_application(self) -> UsbPort:
        """Wait for the sketch's port."""
        self.progress(Step("starting the new program"))
        found = self._await(self.board.serial.usb.application, self.timing.appear)
        if found is None:
            raise FlashError(
                "the image is written and verified, but the program's USB port did not appear",
                f"press reset once; if nothing appears, the program does not start: build it again, and {DOUBLE_TAP}",
            )
        return found

    def _touch(self) -> None:
        current = next((each for each in self.lister() if each.is_same_board(self.target)), None)
        if current is None or current.usb_id in self.board.serial.usb.bootloader:
            return
        handle = self._open(current.device, 1200)
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

    def _open(self, device: str, baud: int) -> SerialPort:
        deadline = time.monotonic() + self.timing.opening
        while True:
            try:
                return self.open_port(device, baud)
            except OSError as caught:
                passing = caught.errno in (errno.EACCES, errno.EPERM, errno.EBUSY, errno.EAGAIN, errno.ENOENT)
                if not passing or time.monotonic() > deadline:
                    raise cannot_open(device, caught, error=FlashError) from caught
                time.sleep(self.timing.poll)


def _write_image(
    monitor: Monitor, image: bytes, written: Callable[[int], None], progress: Progress, attempts: int
) -> None:
    blank = b"\xff" * BLOCK
    blocks = {offset: image[offset : offset + BLOCK] for offset in range(0, len(image), BLOCK)}
    written(0)
    _write_verified(monitor, 0, blank, progress, attempts)
    for count, offset in enumerate([*list(blocks)[1:], 0], 1):
        _write_verified(monitor, offset, blocks[offset], progress, attempts)
        written(count * BLOCK)
    # A command whose address was damaged on its way may have hit another block after that one was verified.
    for _ in range(attempts):
        progress(Step("verifying the whole image"))
        wrong = [offset for offset, block in blocks.items() if _crc(monitor, offset, attempts) != crc16(block)]
        if not wrong:
            return
        for offset in wrong:
            _write_verified(monitor, offset, blocks[offset], progress, attempts)
    raise FlashError("the image does not stay intact on the board", "use another cable or USB port, and flash again")


def _write_verified(monitor: Monitor, offset: int, block: bytes, progress: Progress, attempts: int) -> None:
    reason = ""
    for attempt in range(attempts):
        if attempt:
            progress(Step(f"block at {offset:#07x} is written again: {reason}"))
        try:
            if attempt:
                monitor.synchronise()
            monitor.write_block(offset, block)
            found = monitor.crc_of_block(offset)
        except DamagedReplyError as caught:
            reason = str(caught)
            continue
        if found == crc16(block):
            return
        reason = f"its CRC is {found:04X}, not {crc16(block):04X}"
    raise FlashError(
        f"the block at {offset:#07x} could not be written in {attempts} attempts: {reason}",
        "use another cable or USB port, and flash again",
    )


def _crc(monitor: Monitor, offset: int, attempts: int) -> int:
    for _ in range(attempts - 1):
        with contextlib.suppress(DamagedReplyError):
            return monitor.crc_of_block(offset)
        monitor.synchronise()
    return monitor.crc_of_block(offset)
