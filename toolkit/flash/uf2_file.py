"""UF2: an image in blocks of 512 bytes, each with its address, so that a bootloader may take them off a drive.

Microsoft's UF2 specification; 256 bytes a block, as every bootloader takes and the RP2040's ROM demands.
"""

from __future__ import annotations

import struct

BLOCK = 512
PAYLOAD = 256
_MAGIC_START = (0x0A324655, 0x9E5D5157)
_MAGIC_END = 0x0AB16F30
_FAMILY_PRESENT = 0x00002000


def encode(image: bytes, start: int, family: int) -> bytes:
    """An image as a UF2 file; the last block is filled up with 0xFF, as erased flash is.

    Args:
        image: not empty.
        start: its first address, a multiple of 256.
        family: of the chip.
    """
    count = -(-len(image) // PAYLOAD)
    blocks = []
    for number in range(count):
        place = number * PAYLOAD
        page = image[place : place + PAYLOAD].ljust(PAYLOAD, b"\xff")
        head = struct.pack("<8I", *_MAGIC_START, _FAMILY_PRESENT, start + place, PAYLOAD, number, count, family)
        blocks.append(head + page + bytes(BLOCK - len(head) - PAYLOAD - 4) + struct.pack("<I", _MAGIC_END))
    return b"".join(blocks)
