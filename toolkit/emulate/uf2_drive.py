"""A virtual drive of a UF2 bootloader: a folder in which it looks for a file, which it reads as strictly as may be.

The format: Microsoft's UF2 specification. A real bootloader takes block by block and ignores those that are not its
own; this one says what is wrong with a file, so that a writer's fault is seen and not only felt.
"""

from __future__ import annotations

import contextlib
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path

BLOCK = 512
PAYLOAD = 256
_HEAD = struct.Struct("<8I")
_MAGIC = (0x0A324655, 0x9E5D5157)
_MAGIC_END = 0x0AB16F30
_NOT_MAIN_FLASH = 0x00000001
_FAMILY_PRESENT = 0x00002000
INFO = "INFO_UF2.TXT"


def info(model: str, board_id: str) -> str:
    """What INFO_UF2.TXT says of a board."""
    return f"UF2 Bootloader\r\nModel: {model}\r\nBoard-ID: {board_id}\r\n"


class Uf2Error(ValueError):
    """What is wrong with a file, in one line."""


@dataclass(frozen=True)
class Target:
    """What a bootloader writes to.

    Attributes:
        family: the number of the chip's family.
        start, size: the flash that a file may write, in bytes.
    """

    family: int
    start: int
    size: int


def payload(data: bytes, target: Target) -> tuple[int, bytes]:
    """What a whole file holds: its first address, and the bytes from there, 0xFF where it says nothing.

    Raises:
        Uf2Error: a block is damaged, of another family, misnumbered, or lies where nothing may be written.
    """
    if not data or len(data) % BLOCK:
        raise Uf2Error(f"it has {len(data)} bytes, no whole number of blocks of {BLOCK}")
    pages: dict[int, bytes] = {}
    for number in range(len(data) // BLOCK):
        block = data[number * BLOCK : (number + 1) * BLOCK]
        first, second, flags, address, size, index, count, family = _HEAD.unpack_from(block)
        if (first, second, int.from_bytes(block[-4:], "little")) != (*_MAGIC, _MAGIC_END):
            raise Uf2Error(f"block {number} has no magic numbers")
        if not flags & _FAMILY_PRESENT or family != target.family:
            raise Uf2Error(f"block {number} is for family {family:#010x}, this is {target.family:#010x}")
        if flags & _NOT_MAIN_FLASH:
            raise Uf2Error(f"block {number} is not for the main flash")
        if (index, count) != (number, len(data) // BLOCK):
            raise Uf2Error(f"block {number} of {len(data) // BLOCK} says that it is {index} of {count}")
        if size != PAYLOAD or address % PAYLOAD:
            raise Uf2Error(f"block {number} has {size} bytes for {address:#010x}, not a page of {PAYLOAD}")
        if not target.start <= address <= target.start + target.size - PAYLOAD:
            raise Uf2Error(f"block {number} goes to {address:#010x}, where no program may lie")
        if address in pages:
            raise Uf2Error(f"block {number} goes to {address:#010x}, as one before")
        pages[address] = block[_HEAD.size : _HEAD.size + PAYLOAD]
    start = min(pages)
    image = bytearray(b"\xff" * (max(pages) + PAYLOAD - start))
    for address, page in pages.items():
        image[address - start : address - start + PAYLOAD] = page
    return start, bytes(image)


class Uf2Drive:
    """The drive as a folder; it is there from `show` to `hide`.

    Args:
        folder: which.
        info: what stands in INFO_UF2.TXT.

    Attributes:
        refused: what was wrong with the last file that was no program for it.
    """

    def __init__(self, folder: Path, info: str, target: Target) -> None:
        self.folder = folder
        self.refused: str | None = None
        self._info = info
        self._target = target
        self._seen: dict[Path, int] = {}

    def show(self) -> None:
        """The drive appears, empty but for what it says of itself."""
        self.hide()
        self.folder.mkdir(parents=True)
        (self.folder / INFO).write_text(self._info, encoding="ascii", newline="")
        self.refused = None
        self._seen = {}

    def hide(self) -> None:
        """The drive is gone, with all that is on it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def look(self) -> tuple[int, bytes] | None:
        """What a file that is complete by now brings, as `payload` gives it; None if there is none."""
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            with contextlib.suppress(OSError):
                size = path.stat().st_size
                if path.name == INFO or self._seen.get(path) == size:
                    continue
                data = path.read_bytes()
                if not _is_whole(data):
                    continue
                self._seen[path] = len(data)
                try:
                    return payload(data, self._target)
                except Uf2Error as caught:
                    self.refused = f"{path.name}: {caught}"
        return None


def _is_whole(data: bytes) -> bool:
    """True unless more is to come, by what the first block says."""
    if len(data) < BLOCK or not data.startswith(struct.pack("<2I", *_MAGIC)):
        return len(data) > 0
    return len(data) >= BLOCK * int(_HEAD.unpack_from(data)[6])
