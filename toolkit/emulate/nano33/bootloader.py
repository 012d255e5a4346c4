"""The bootloader, written after the protocol notes in docs/nano33.md; not Arduino's code.

Its known traps are kept: no erase for a size that is not a multiple of 4096 (and yet a friendly answer), the
application's start added to every flash address, a NUL and a stray byte after V# and I#, and silence while it waits for
a block's bytes.
"""

from __future__ import annotations

import binascii

from toolkit.emulate.nano33.flash import PAGE, Flash

BUFFER = 8192
"""Bytes of RAM that S can load."""

VERSION = b"Arduino Bootloader (SAM-BA extended) 2.0 [Arduino:IKXYZ]"
DEVICE = b"nRF52840-QIAA"
_STRAY = b"\x00\x0a"
_LONGEST_COMMAND = 24


class Bootloader:
    """The monitor at the other end of the bootloader's serial port.

    Attributes:
        reset_requested: K# was received; the board has to restart.
        hung: it was told to do what makes the real one crash; it answers no more.
    """

    def __init__(self, flash: Flash, *, device: bytes = DEVICE) -> None:
        self.reset_requested = False
        self.hung = False
        self._flash = flash
        self._device = device
        self._buffer = bytearray(BUFFER)
        self._source = 0
        self._command = bytearray()
        self._loading: tuple[int, int] | None = None

    def receive(self, data: bytes) -> bytes:
        """Take what the host sent; return what is answered."""
        reply = b""
        place = 0
        while place < len(data) and not self.hung and not self.reset_requested:
            if self._loading is not None:
                start, missing = self._loading
                piece = data[place : place + missing]
                self._buffer[start : start + len(piece)] = piece
                place += len(piece)
                self._loading = (start + len(piece), missing - len(piece)) if len(piece) < missing else None
                continue
            self._command.append(data[place])
            place += 1
            if self._command.endswith(b"#"):
                command, self._command = bytes(self._command[:-1]), bytearray()
                reply += self._execute(command)
            elif len(self._command) > _LONGEST_COMMAND:
                self._command.clear()
        return reply

    def _execute(self, command: bytes) -> bytes:
        if command == b"N":
            return b"\n\r"
        if command == b"V":
            return VERSION + b"\n\r" + _STRAY
        if command == b"I":
            return self._device + b"\n\r" + _STRAY
        if command == b"K":
            self.reset_requested = True
            return b""
        try:
            first, second = (int(word, 16) for word in command[1:].split(b","))
        except ValueError:
            return b""
        match command[:1]:
            case b"S":
                self._start_loading(first, second)
            case b"Y" if second == 0:
                self._source = first
                return b"Y\n\r"
            case b"Y":
                return self._write(self._flash.application + first, second)
            case b"Z":
                start = self._flash.application + first
                content = self._flash.content[start : start + min(second, PAGE)]
                return b"Z%08X#\n\r" % binascii.crc_hqx(content, 0)
        return b""

    def _start_loading(self, start: int, size: int) -> None:
        if start + size > BUFFER:
            self.hung = True
        elif size:
            self._loading = (start, size)

    def _write(self, address: int, size: int) -> bytes:
        if address + size > len(self._flash.content) or self._source + size > BUFFER:
            self.hung = True
            return b""
        if size % PAGE == 0:
            for page in range(address, address + size, PAGE):
                self._flash.erase_page(page - page % PAGE)
        self._flash.write(address, bytes(self._buffer[self._source : self._source + size]))
        return b"Y\n\r"
