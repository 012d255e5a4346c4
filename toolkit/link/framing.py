"""Frames: `COBS(body + CRC-32(body)) 0x00`. What fails its CRC is counted and never shown to anyone."""

from __future__ import annotations

import struct
import zlib

from cobs import cobs

from toolkit.link.messages import CRC_BYTES

DELIMITER = b"\0"
_CRC = struct.Struct("<I")


def encode(body: bytes) -> bytes:
    """A body as a frame, delimiter included."""
    encoded: bytes = cobs.encode(body + _CRC.pack(zlib.crc32(body)))
    return encoded + DELIMITER


def decode(frame: bytes) -> bytes | None:
    """The body of a frame without its delimiter, or None if it is damaged."""
    try:
        data: bytes = cobs.decode(frame)
    except cobs.DecodeError:
        return None
    body, crc = data[:-CRC_BYTES], data[-CRC_BYTES:]
    if len(crc) != CRC_BYTES or _CRC.unpack(crc)[0] != zlib.crc32(body):
        return None
    return body


class Decoder:
    """Cuts a stream of bytes into bodies.

    Attributes:
        damaged: frames that failed their COBS or CRC.
        longest_damaged: encoded bytes of the longest of them.
    """

    def __init__(self, max_bytes: int = 1 << 20) -> None:
        """Start with nothing.

        Args:
            max_bytes: what is longer without a delimiter is no frame: it is thrown away and counted as damaged.
        """
        self.damaged = 0
        self.longest_damaged = 0
        self._max_bytes = max_bytes
        self._rest = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes, and return the undamaged bodies that they complete, in order."""
        if DELIMITER not in data:
            self._keep(data)
            return []
        first, *middle, last = data.split(DELIMITER)
        self._keep(first)
        complete = [bytes(self._rest), *middle]
        if self._skipping:
            complete[0] = b""
            self._skipping = False
        self._rest.clear()
        self._keep(last)
        bodies = []
        for frame in complete:
            if not frame:
                continue
            body = decode(frame)
            if body is None:
                self.damaged += 1
                self.longest_damaged = max(self.longest_damaged, len(frame))
            else:
                bodies.append(body)
        return bodies

    def reset(self) -> None:
        """Forget half a frame: the port was opened anew."""
        self._rest.clear()
        self._skipping = False

    def _keep(self, data: bytes) -> None:
        if self._skipping:
            return
        self._rest += data
        if len(self._rest) > self._max_bytes:
            self._rest.clear()
            self._skipping = True
            self.damaged += 1
