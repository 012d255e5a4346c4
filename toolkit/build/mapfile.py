"""Who owns which byte: reads GNU ld's map file."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path, PurePosixPath

# ` .text.app_run  0x00000190  0x8c out/src/core/app.o`, the name on a line of its own where it is long.
_PIECE = re.compile(r"^ (?P<name>[.\w$*-]\S*)?\s+0x(?P<address>[0-9a-f]+)\s+0x(?P<size>[0-9a-f]+)\s*(?P<owner>\S.*)?$")
_OUTPUT = re.compile(r"^(?P<name>[.\w]\S*)(\s+0x[0-9a-f]+\s+0x[0-9a-f]+.*)?$")
_START = "Linker script and memory map"

OWNERS = {
    "cortexm": "start-up",
    "port": "port",
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


def by_owner(map_text: str) -> dict[str, dict[str, int]]:
    """Bytes per output section and owner.

    Args:
        map_text: what `-Wl,-Map=` wrote.

    Returns:
        Output section's name -> owner -> bytes; alignment is owned by "alignment".
    """
    sizes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    section = ""
    body = map_text.partition(_START)[2]
    pending = False
    for line in body.splitlines():
        if line.startswith(" "):
            found = _PIECE.match(line)
            if found and int(found["size"], 16):
                if (found["name"] or "").startswith("*fill*"):
                    sizes[section]["alignment"] += int(found["size"], 16)
                elif found["owner"] and (found["name"] or pending):
                    sizes[section][_owner(found["owner"])] += int(found["size"], 16)
            pending = bool(re.match(r"^ [.\w]\S*$", line))
        elif found := _OUTPUT.match(line):
            section, pending = found["name"], False
    return {name: dict(owners) for name, owners in sizes.items()}


def read(path: Path) -> dict[str, dict[str, int]]:
    """`by_owner` of a map file; empty if the file cannot be read."""
    try:
        return by_owner(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return {}
