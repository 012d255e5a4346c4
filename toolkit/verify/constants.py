"""A layer's constants and code as the linked program has them, to be held against what lies in the device's memory."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from toolkit.link.client import Memory
from toolkit.link.messages import MOST_READ

BASE = "tinyml_build_id"
"""READ counts from where this object lies, but on AVR: there it names an address in program memory."""
MODEL = "tflm_model"
"""The whole .tflite, as the interpreter's firmware has it."""

_KINDS = {"STT_OBJECT": "constant", "STT_FUNC": "code"}

Read = Callable[[int, int], Memory]
"""A place, as engine.h has it, and how many bytes: what lies there."""
_AT_ONCE = 1 << 15


@dataclass(frozen=True)
class Constant:
    """An array of constants, or a function, in the linked program.

    Attributes:
        name: in the generated C, after what it is: "constant layer3_weights", "code layer3".
        place: where READ finds it.
        data: its bytes.
    """

    name: str
    place: int
    data: bytes


@dataclass(frozen=True)
class Damaged:
    """The first byte of a constant that is not what was built.

    Attributes:
        name: as of the Constant; at: the byte's place in it.
        built, found: the byte; more: how many more of those close behind it differ.
    """

    name: str
    at: int
    built: int
    found: int
    more: int

    def __str__(self) -> str:
        more = f", and {self.more:,} more behind it differ" if self.more else ""
        return (
            f"its {self.name} is not what was built: byte {self.at:,} is {self.found} in the device's memory "
            f"and was built as {self.built}{more}: flash that is damaged, or written by somebody else"
        )


def of_layer(elf: Path, layer: int) -> tuple[Constant, ...]:
    """What the compiler made for a layer, arrays first; nothing where the file has no symbols, or is no ELF."""
    pattern = re.compile(rf"(constant layer{layer}_\w+|code layer{layer})(\.\w+)*")
    found = [each for each in _parts(elf) if pattern.fullmatch(each.name)]
    return tuple(sorted(found, key=lambda each: each.name.startswith("code")))


def of_model(elf: Path) -> Constant | None:
    """The .tflite in an interpreter's firmware."""
    return next((each for each in _parts(elf) if each.name == f"constant {MODEL}"), None)


def damaged(constant: Constant, read: Read) -> Damaged | None:
    """Hold a constant against the device's memory, by CRC-32 and then by halves; None if it is as it was built."""

    def differs(start: int, end: int) -> bool:
        return read(constant.place + start, end - start).crc != zlib.crc32(constant.data[start:end])

    parts = ((at, min(at + _AT_ONCE, len(constant.data))) for at in range(0, len(constant.data), _AT_ONCE))
    start, end = next((part for part in parts if differs(*part)), (0, 0))
    if start == end:
        return None
    while end - start > MOST_READ:
        middle = (start + end) // 2
        start, end = (start, middle) if differs(start, middle) else (middle, end)
    found, built = read(constant.place + start, end - start).first, constant.data[start:end]
    wrong = [at for at, (due, got) in enumerate(zip(built, found, strict=True)) if due != got]
    if not wrong:  # it is not the same from one moment to the next
        return Damaged(constant.name, start, built[0], found[0], 0)
    at = wrong[0]
    return Damaged(constant.name, start + at, built[at], found[at], len(wrong) - 1)


def _parts(elf: Path) -> Iterator[Constant]:
    try:
        with elf.open("rb") as stream:
            image = ELFFile(stream)
            symbols = image.get_section_by_name(".symtab")
            if symbols is None:
                return
            base = symbols.get_symbol_by_name(BASE)
            if not base:
                return
            counted_from = 0 if image["e_machine"] == "EM_AVR" else base[0]["st_value"]
            for symbol in symbols.iter_symbols():
                kind = _KINDS.get(symbol["st_info"]["type"])
                if kind is None or not isinstance(symbol["st_shndx"], int):
                    continue
                section = image.get_section(symbol["st_shndx"])
                # What is written to, by the program or by whoever loads it elsewhere than linked, is no constant.
                if section["sh_type"] == "SHT_NOBITS" or section["sh_flags"] & SH_FLAGS.SHF_WRITE:
                    continue
                # Of a function in Thumb code the lowest bit says that it is.
                thumb = image["e_machine"] == "EM_ARM" and kind == "code"
                start = symbol["st_value"] - symbol["st_value"] % 2 * thumb
                at = start - section["sh_addr"]
                data = section.data()[at : at + symbol["st_size"]]
                yield Constant(f"{kind} {symbol.name}", start - counted_from, data)
    except (OSError, ELFError, ValueError):
        return
