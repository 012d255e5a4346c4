"""Reads the linked image and holds it against the board: flash, RAM, and by how much it is too big."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from toolkit.artifacts import LayerSize, SizeReport
from toolkit.board import Board
from toolkit.build import mapfile
from toolkit.errors import BuildError, DoesNotFitError

# Sections that only keep room for stack and heap; the stack is counted by itself.
LAYER = re.compile(r"^layer\d+")
RESERVED = (".stack", ".heap", "._user_heap_stack")


def measure(elf: Path, map_file: Path | None, board: Board) -> SizeReport:
    """Flash and RAM of an ELF image.

    Flash is every allocated section with content (code, constants, the initial values of data). RAM is every
    writable allocated section, with content or without, but for the stack's.

    Raises:
        BuildError: the file is no ELF image.
    """
    flash, ram = 0, 0
    flash_sections: list[str] = []
    ram_sections: list[str] = []
    layers: dict[str, LayerSize] = {}
    try:
        with elf.open("rb") as stream:
            image = ELFFile(stream)
            layers = _layers(image)
            for section in image.iter_sections():
                flags, size = section["sh_flags"], section["sh_size"]
                if not flags & SH_FLAGS.SHF_ALLOC or section.name.startswith(RESERVED):
                    continue
                if section["sh_type"] != "SHT_NOBITS":
                    flash += size
                    flash_sections.append(section.name)
                if flags & SH_FLAGS.SHF_WRITE:
                    ram += size
                    ram_sections.append(section.name)
    except (OSError, ELFError) as caught:
        raise BuildError(f"{elf} is not a linked image: {caught}", "build again with -v") from caught
    pieces = mapfile.read(map_file) if map_file else ()
    owners = mapfile.by_owner(pieces)
    return SizeReport(
        flash_bytes=flash,
        flash_limit=board.memory.flash.size,
        ram_bytes=ram,
        ram_limit=board.memory.ram.size,
        stack_bytes=board.memory.stack,
        flash_by_owner=_sum(owners, flash_sections),
        ram_by_owner=_sum(owners, ram_sections),
        layers=layers,
        kernels=mapfile.by_kernel(pieces, flash_sections),
    )


def _layers(image: ELFFile) -> dict[str, LayerSize]:
    """What the compiler's C names after a layer: its function, and its constants `layerN_...`."""
    code: Counter[str] = Counter()
    constants: Counter[str] = Counter()
    symbols = image.get_section_by_name(".symtab")
    for symbol in symbols.iter_symbols() if symbols else ():
        if found := LAYER.match(symbol.name):
            kind = {"STT_FUNC": code, "STT_OBJECT": constants}.get(symbol["st_info"]["type"])
            if kind is not None:
                kind[found[0]] += symbol["st_size"]
    names = sorted(code.keys() | constants.keys(), key=lambda name: int(name.removeprefix("layer")))
    return {name: LayerSize(code[name], constants[name]) for name in names}


def _sum(owners: dict[str, dict[str, int]], sections: list[str]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for section in sections:
        total.update(owners.get(section, {}))
    return dict(total.most_common())


def check(size: SizeReport, board: Board) -> None:
    """Hold the sizes against the board's limits, the stack counted.

    Raises:
        DoesNotFitError: the message says by how many bytes.
    """
    stack = size.stack_bytes or 0
    over = []
    if size.flash_bytes > size.flash_limit:
        over.append(
            f"flash by {size.flash_bytes - size.flash_limit:,} bytes ({size.flash_bytes:,} of {size.flash_limit:,})"
        )
    if size.ram_bytes + stack > size.ram_limit:
        need = size.ram_bytes + stack
        over.append(
            f"RAM by {need - size.ram_limit:,} bytes ({size.ram_bytes:,} + {stack:,} stack of {size.ram_limit:,})"
        )
    if over:
        raise DoesNotFitError(
            f"too big for {board.name}: {' and '.join(over)}",
            "a smaller model (tinyml models) or a larger board (tinyml boards)",
        )
