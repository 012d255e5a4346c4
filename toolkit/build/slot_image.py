"""A network's constants and plan as an image for a slot: compiled, linked for its address, and headed.

firmware/engine/slots.h has the format.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from toolkit import process, resources
from toolkit.artifacts import write_atomically
from toolkit.board import Board
from toolkit.build.base import load
from toolkit.build.environment import clean
from toolkit.errors import BuildError

HEADER = struct.Struct("<IIII8sI")
"""magic, sequence, bytes, start, build, crc; then header_crc, zero, proven."""
HEADER_BYTES = 40
MAGIC = 0x314C5354
ERASED = 0xFFFFFFFF
_SECONDS = 120.0
_SCRIPT = """\
SECTIONS
{
  . = START;
  .image : { KEEP(*(.slot_plan)) *(.rodata .rodata.* .srodata .srodata.* .data .data.* .sdata .sdata.*) }
  .text : { *(.text .text.*) }
  /DISCARD/ : { *(*) }
}
"""


def link(source: str, board: Board, builder: str, start: int, place: Path) -> bytes:
    """What comes behind the header of an image whose slot begins at `start`.

    Args:
        source: C text of the compiler's.
        builder: that made the firmware.
        place: a folder for what is made on the way.

    Raises:
        ToolError: its compiler is not installed.
        BuildError: it refused.
    """
    module = load(builder)
    compiler, library = str(getattr(module, "COMPILER", "")), getattr(module, "LIBRARY", ())
    if not compiler:
        raise BuildError(f"{builder} makes no images for slots", "build the firmware with the board's first toolchain")
    place.mkdir(parents=True, exist_ok=True)
    text, script, linked = place / "image.c", place / "image.ld", place / "image.elf"
    write_atomically(text, source.encode())
    write_atomically(script, _SCRIPT.replace("START", f"{start + HEADER_BYTES:#x}").encode())
    folders = (resources.firmware() / "engine", *resources.kernel_folders())
    argv = [
        compiler, *board.cpu.gcc_flags, *library, "-std=c99", "-Os", "-fno-pic", "-w",
        *(f"-I{each}" for each in folders), str(text), "-nostdlib", "-nostartfiles", "-Wl,--build-id=none",
        "-T", str(script), "-o", str(linked),  # two words, or picolibc's specs bring their own script
    ]  # fmt: skip
    process.run(argv, timeout=_SECONDS, env=clean(), error=BuildError)
    try:
        with linked.open("rb") as stream:
            section = ELFFile(stream).get_section_by_name(".image")
            if section["sh_addr"] != start + HEADER_BYTES:
                raise BuildError(f"{linked} was linked for {section['sh_addr']:#x}", "see its linker script")
            return bytes(section.data())
    except (OSError, ELFError, TypeError, AttributeError) as caught:
        raise BuildError(f"{linked} is not a linked image: {caught}", "build again with -v") from caught


def headed(payload: bytes, *, start: int, sequence: int, build_id: str) -> bytes:
    """The whole image, not yet proven."""
    fixed = HEADER.pack(
        MAGIC, sequence, HEADER_BYTES + len(payload), start, bytes.fromhex(build_id), zlib.crc32(payload)
    )
    return fixed + struct.pack("<III", zlib.crc32(fixed), 0, ERASED) + payload
