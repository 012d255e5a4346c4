"""The bootloader's side of the serial port: Arduino's extended SAM-BA monitor on the nRF52840.

Commands are one upper-case letter, arguments of 8 hex digits, and '#'. Written after the protocol notes of
docs/nano33.md; what the bootloader does silently wrong is avoided or checked here:

- it erases only if the size is a multiple of 4096, and says that all is well otherwise: blocks are padded;
- it adds 0x10000 to every flash address itself: addresses here are relative to the application;
- after V# and I# it sends a NUL and a stray byte: they are drained;
- nothing that it answers proves what lies in flash: every block is verified by its CRC.
"""

from __future__ import annotations

import binascii
import time

from toolkit.errors import FlashError
from toolkit.flash.usb_board import SerialPort

BLOCK = 4096
"""Bytes of a flash page of the nRF52840: the unit of erasing, writing and verifying."""

DEVICE = "nRF52840-QIAA"
"""The chip that `I#` must name."""

ABILITIES = frozenset("YZ")
"""Commands that are needed: [Arduino:...] in the answer to `V#` lists the extensions."""

_FILLER = b"#" * 64


class DamagedReplyError(Exception):
    """No reply, or not the one that was due: the dialogue is out of step and may be brought back."""


def pad(image: bytes) -> bytes:
    """The image, filled with 0xFF (erased flash) to a multiple of BLOCK."""
    return image + b"\xff" * (-len(image) % BLOCK)


def crc16(data: bytes) -> int:
    """CRC-16/XMODEM: polynomial 0x1021, start 0, not reflected; 0x31C3 for b"123456789"."""
    return binascii.crc_hqx(data, 0)


class Monitor:
    """A dialogue with the bootloader over an open port.

    Args:
        port: at any baud rate: it is USB.
        reply_seconds: how long an answer may take; erasing and writing a page takes about 0.13 s.
        quiet_seconds: a silence of this length means that nothing more is coming.
    """

    def __init__(self, port: SerialPort, reply_seconds: float = 3.0, quiet_seconds: float = 0.03) -> None:
        self._port = port
        self._reply_seconds = reply_seconds
        self._quiet_seconds = quiet_seconds

    def synchronise(self) -> None:
        """Bring both sides into step, whatever went before, and switch to normal mode.

        A monitor that lost bytes of a block still waits for them: filler is sent until it answers again. In a
        monitor that waits for a command, '#' ends an empty command and does nothing.

        Raises:
            DamagedReplyError: it does not answer, even after a whole block of filler, or never stops talking.
        """
        for round_ in range(2 + BLOCK // len(_FILLER)):
            self._drain()
            self._port.write(b"N#")
            if b"\n\r" in self._collect(b"\n\r", self._reply_seconds / (6 if round_ < 2 else 30)):
                self._drain()
                return
            self._port.write(_FILLER)
        raise DamagedReplyError("the bootloader does not answer")

    def version(self) -> str:
        """The bootloader's name, version and abilities."""
        return self._line(b"V#")

    def device(self) -> str:
        """The chip's name."""
        return self._line(b"I#")

    def check_device(self) -> None:
        """Make sure that this is the bootloader of an nRF52840 that this client knows.

        Raises:
            FlashError: it is another one.
            DamagedReplyError: see synchronise.
        """
        version = self.version()
        abilities = version.rpartition("[Arduino:")[2].rstrip("]") if "[Arduino:" in version else ""
        # The notes have a bootloader that says IKXYZ: without Y nothing can be written, without Z nothing proven.
        if not set(abilities) >= ABILITIES:
            raise FlashError(f"the bootloader is not Arduino's: it says {version!r}", "choose the board's own port")
        device = self.device()
        if device != DEVICE:
            raise FlashError(
                f"this is another board: the chip is {device!r}, not {DEVICE}",
                "choose the port of the Arduino Nano 33 BLE",
            )

    def write_block(self, offset: int, block: bytes) -> None:
        """Erase and write one block.

        Args:
            offset: from the application's start, a multiple of BLOCK.
            block: exactly BLOCK bytes.

        Raises:
            DamagedReplyError: it was not acknowledged; the flash's content is then unknown.
        """
        if offset % BLOCK or len(block) != BLOCK:
            raise ValueError(
                f"offset {offset} and length {len(block)} must be multiples of {BLOCK}, or nothing is erased"
            )
        # SAM-BA monitors are known to lose data that shares a USB packet with its command.
        self._port.write(f"S{0:08X},{BLOCK:08X}#".encode())
        self._port.flush()
        self._port.write(block)
        self._port.flush()
        self._port.write(f"Y{0:08X},0#".encode())
        self._expect(b"Y\n\r")
        self._port.write(f"Y{offset:08X},{BLOCK:08X}#".encode())
        self._expect(b"Y\n\r")

    def crc_of_block(self, offset: int) -> int:
        """CRC-16/XMODEM of the BLOCK bytes of flash at `offset`, computed by the bootloader.

        Raises:
            DamagedReplyError: no such answer came.
        """
        self._port.write(f"Z{offset:08X},{BLOCK:08X}#".encode())
        reply = self._collect(b"#\n\r", self._reply_seconds)
        in_hex = reply[1:9]
        if len(reply) != 12 or reply[:1] != b"Z" or not reply.endswith(b"#\n\r"):
            raise DamagedReplyError(f"the bootloader answered {reply!r} to Z")
        try:
            return int(in_hex, 16)
        except ValueError:
            raise DamagedReplyError(f"the bootloader answered {reply!r} to Z") from None

    def reset(self) -> None:
        """Leave the bootloader: the chip restarts and starts the application."""
        self._port.write(b"K#")

    def _line(self, command: bytes) -> str:
        self._drain()
        self._port.write(command)
        reply = self._collect(b"\n\r", self._reply_seconds)
        if not reply.endswith(b"\n\r"):
            raise DamagedReplyError(f"the bootloader answered {reply!r} to {command.decode()}")
        self._drain()
        return reply[:-2].decode("ascii", errors="replace").strip("\x00")

    def _expect(self, expected: bytes) -> None:
        reply = self._collect(expected, self._reply_seconds)
        if reply != expected:
            raise DamagedReplyError(f"the bootloader answered {reply!r}, not {expected!r}")

    def _collect(self, end: bytes, seconds: float) -> bytes:
        """What comes, up to and with `end`, or until the time is over."""
        reply = b""
        deadline = time.monotonic() + seconds
        while not reply.endswith(end):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            self._port.timeout = left
            reply += self._port.read(1)
        return reply

    def _drain(self) -> None:
        """Take and forget what comes until nothing comes any more.

        Raises:
            DamagedReplyError: it does not end: no bootloader says so much.
        """
        self._port.timeout = self._quiet_seconds
        deadline = time.monotonic() + self._reply_seconds
        while self._port.read(256):
            if time.monotonic() > deadline:
                raise DamagedReplyError("the port keeps talking")
