"""Intel HEX: an image as text, a line of sixteen bytes a record, each with its address.

Intel's Hexadecimal Object File Format Specification, revision A (1988).
"""

from __future__ import annotations

BYTES = 16
_DATA, _END, _UPPER = 0, 1, 4


def _record(kind: int, address: int, data: bytes) -> str:
    body = bytes([len(data)]) + address.to_bytes(2, "big") + bytes([kind]) + data
    return f":{body.hex().upper()}{-sum(body) & 0xFF:02X}\n"


def encode(image: bytes, start: int) -> bytes:
    """An image as an Intel HEX file.

    Args:
        image: not empty.
        start: its first address.
    """
    lines, upper = [], -1
    for place in range(0, len(image), BYTES):
        address = start + place
        if address >> 16 != upper:
            upper = address >> 16
            lines.append(_record(_UPPER, 0, upper.to_bytes(2, "big")))
        # A record does not go past the end of its 65,536 bytes: starts are multiples of 16 in all that is linked.
        lines.append(_record(_DATA, address & 0xFFFF, image[place : place + BYTES]))
    return "".join([*lines, _record(_END, 0, b"")]).encode("ascii")
