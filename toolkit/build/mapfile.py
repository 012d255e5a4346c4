"""Who owns which byte: reads GNU ld's map file."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

# ` .text.tinyml_app_run  0x00000190  0x8c out/src/core/app.o`, the name on a line of its own where it is long.
_PIECE = re.compile(r"^ (?P<name>[.\w$*-]\S*)?\s+0x(?P<address>[0-9a-f]+)\s+0x(?P<size>[0-9a-f]+)\s*(?P<owner>\S.*)?$")
_OUTPUT = re.compile(r"^(?P<name>[.\w]\S*)(\s+0x[0-9a-f]+\s+0x[0-9a-f]+.*)?$")
_START = "Linker script and memory map"

OWNERS = {
    "cortexm": "start-up",
    "riscv": "start-up",
    "port": "port",
    "usb": "port",
    "nrf_uart": "port",
    "core": "core",
    "engine": "engine",
    "kernels": "kernels",
    "model": "model",
}

# In an Arduino sketch the sources lie flat in src/, so their names must tell: the first pattern that fits.
FLAT_OWNERS = (
    (re.compile(r"(aot|tflm)_engine\."), "engine"),
    (re.compile(r"aot_"), "kernels"),
    (re.compile(r"(model|build_info|tflm_\w+)\."), "model"),
    (re.compile(r"port\."), "port"),
    (re.compile(r""), "core"),
)


def _owner(text: str) -> str:
    path = PurePosixPath(text.split("(", maxsplit=1)[0].replace("\\", "/"))
    if path.parent.name == "src":
        return next(owner for pattern, owner in FLAT_OWNERS if pattern.match(path.name))
    if path.name == "libtensorflow-microlite.a":
        return "interpreter"
    if path.name == "core.a" or path.name.endswith(".ino.o"):
        return "Arduino core"
    for parent in path.parents:
        if parent.name in OWNERS and parent.parent.name == "src":
            return OWNERS[parent.name]
    return "C library" if path.suffix == ".a" or "crt" in path.name else "other"


@dataclass(frozen=True)
class Piece:
    """What one object file put into one output section; `file` is empty for the fill that aligns."""

    section: str
    file: str
    bytes: int


def pieces(map_text: str) -> Iterator[Piece]:
    """Every piece of the image.

    Args:
        map_text: what `-Wl,-Map=` wrote.
    """
    section = ""
    body = map_text.partition(_START)[2]
    pending = False
    for line in body.splitlines():
        if line.startswith(" "):
            found = _PIECE.match(line)
            if found and int(found["size"], 16):
                if (found["name"] or "").startswith("*fill*"):
                    yield Piece(section, "", int(found["size"], 16))
                elif found["owner"] and (found["name"] or pending):
                    yield Piece(section, found["owner"], int(found["size"], 16))
            pending = bool(re.match(r"^ [.\w]\S*$", line))
        elif found := _OUTPUT.match(line):
            section, pending = found["name"], False


def by_owner(found: Iterable[Piece]) -> dict[str, dict[str, int]]:
    """Output section's name -> owner -> bytes; alignment is owned by "alignment"."""
    sizes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for piece in found:
        sizes[piece.section][_owner(piece.file) if piece.file else "alignment"] += piece.bytes
    return {name: dict(owners) for name, owners in sizes.items()}


def by_kernel(found: Iterable[Piece], sections: Iterable[str]) -> dict[str, int]:
    """Source file of each kernel -> its bytes in these output sections."""
    wanted = set(sections)
    sizes: dict[str, int] = defaultdict(int)
    for piece in found:
        if piece.section in wanted and piece.file and _owner(piece.file) == "kernels":
            sizes[_source(piece.file)] += piece.bytes
    return dict(sorted(sizes.items()))


def _source(file: str) -> str:
    """`out/src/kernels/aot_dense_s8.o` and `src/aot_dense_s8.c.o` alike -> `aot_dense_s8.c`."""
    return PurePosixPath(file.replace("\\", "/")).name.removesuffix(".o").removesuffix(".c") + ".c"


def read(path: Path) -> tuple[Piece, ...]:
    """`pieces` of a map file; none if the file cannot be read."""
    try:
        return tuple(pieces(path.read_text(encoding="utf-8", errors="replace")))
    except OSError:
        return ()
