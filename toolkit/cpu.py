"""Core files: what a processor core can do. A new core is one file in boards/cpus/ and no code."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from toolkit import registry, resources, toml
from toolkit.errors import BoardError
from toolkit.toml import GccFlag, Module, Table, Text

Lack = Literal[
    "division", "unaligned access", "long multiplication", "atomics", "vector table offset", "multiplication"
]
"""What a core does without, that most of its kind have: in hardware, or at all."""


class Cpu(Table, frozen=True, kw_only=True):
    """What a processor core can do: code chooses by ability, never by a chip's name.

    Attributes:
        name: in words.
        isa: the kernels' instruction set: "armv6m", "armv7em", "armv8_1m_mve", "avr", "native", ...
        fpu: has single-precision floating point in hardware.
        gcc_flags: what GCC needs to generate code for it.
        lacks: what it does without.
    """

    name: Text
    isa: Module
    fpu: bool
    gcc_flags: tuple[GccFlag, ...]
    lacks: tuple[Lack, ...] = ()


def names(workspace: Path | None = None) -> tuple[str, ...]:
    """The id of every core."""
    return tuple(sorted({path.stem for folder in _folders(workspace) for path in folder.glob("*.toml")}))


def load(name: str, workspace: Path | None = None) -> Cpu:
    """The core with this id.

    Raises:
        BoardError: there is none, or its file is wrong.
    """
    for folder in _folders(workspace):
        path = folder / f"{name}.toml"
        if path.is_file():
            found = toml.convert(toml.read(path), Cpu, f"cpus/{path.name}")
            if not registry.may_have(registry.ISAS, found.isa):
                raise BoardError(f"cpus/{path.name}: isa is {found.isa!r:.60}", "see the other files of boards/cpus/")
            return found
    raise BoardError(f"there is no core {name!r:.60}", f"one of: {', '.join(names(workspace))}")


def _folders(workspace: Path | None) -> tuple[Path, ...]:
    return tuple(folder / "cpus" for folder in resources.board_folders(workspace))
