"""The node process with the chip: messages out and in, as main.mjs has them."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from toolkit.emulate.rp2040js import PROGRAM

MAIN = Path(__file__).with_name("main.mjs")
_HEAD = struct.Struct("<cI")

FLASH, RESET, SERIAL, LINES, HALT = b"F", b"R", b"S", b"C", b"H"
USB, GONE, LOADER, CRASHED = b"U", b"G", b"B", b"X"


class Chip:
    """One RP2040 in a process of its own.

    Args:
        library: rp2040js's entry point.
        link: "usb" or "uart": where its serial port is.
    """

    def __init__(self, library: Path, link: str = "usb") -> None:
        self._process = subprocess.Popen(
            [PROGRAM, str(MAIN), str(library), link], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._in = cast(IO[bytes], self._process.stdin)
        self._out = cast(IO[bytes], self._process.stdout)
        self._buffer = b""

    @property
    def fd(self) -> int:
        """To be waited on for messages."""
        return self._out.fileno()

    def tell(self, kind: bytes, data: bytes = b"") -> None:
        """Send a message.

        Raises:
            BrokenPipeError: the process has gone.
        """
        self._in.write(_HEAD.pack(kind, len(data)) + data)
        self._in.flush()

    def run(self, flash: bytes) -> None:
        """Reset it, with `flash` in its flash from the start on."""
        self.tell(FLASH, flash)
        self.tell(RESET)

    def set_lines(self, baud: int, dtr: bool) -> None:
        """What a program that opens or closes the port makes of it."""
        self.tell(LINES, struct.pack("<IB", baud, dtr))

    def heard(self) -> Iterator[tuple[bytes, bytes]]:
        """The messages that are there; to be called when `fd` is readable.

        Raises:
            EOFError: the process has gone.
        """
        data = os.read(self.fd, 65536)
        if not data:
            raise EOFError("the process with the chip has ended")
        self._buffer += data
        while len(self._buffer) >= _HEAD.size:
            kind, size = _HEAD.unpack_from(self._buffer)
            if len(self._buffer) < _HEAD.size + size:
                return
            message = self._buffer[_HEAD.size : _HEAD.size + size]
            self._buffer = self._buffer[_HEAD.size + size :]
            yield kind, message

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):  # what was still to be sent
            self._in.close()
        self._out.close()
