"""What every builder offers. Builders are found by toolkit/registry.py."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from toolkit import process, registry
from toolkit.board import Board, Toolchain
from toolkit.errors import BoardError


@dataclass(frozen=True)
class Built:
    """What a builder made.

    Attributes:
        image: the file to flash or boot.
        elf: the same image with symbols, for the size report; None where the tool keeps it to itself.
        map_file: GNU ld's map, which tells who owns which byte; None likewise.
    """

    image: Path
    elf: Path | None
    map_file: Path | None


def forget(project: Path, files: Built) -> None:
    """Remove what was linked, and the object that holds the build id, so that both are surely made anew.

    Make goes by the files' times, and there are file systems that know only whole seconds.
    """
    for path in (*project.rglob("build_info*.o"), files.image, files.elf):
        if path is not None:
            path.unlink(missing_ok=True)


class Builder(Protocol):
    """A module with these functions, and a class `Settings` (a toml.Table) if a board file is to tell it more.

    Another package brings one by the entry point `tinyml.builders`.
    """

    def tools(self) -> tuple[str, ...]:
        """The outside programs that must be on PATH."""

    def version(self) -> str:
        """What the compiler says of itself, one line; it is part of the build id."""

    def command(self, project: Path, board: Board, toolchain: Toolchain) -> list[str]:
        """The argv that builds the project; pure."""

    def build(self, project: Path, board: Board, toolchain: Toolchain) -> Built:
        """Build it.

        Raises:
            ToolError: a program is missing.
            BuildError: the compiler refused; the message quotes its first error.
        """


def names() -> tuple[str, ...]:
    """Every builder's name."""
    return registry.names(registry.BUILDERS)


def load(name: str) -> Builder:
    """The builder of this name.

    Raises:
        BoardError: there is none.
    """
    return cast(Builder, registry.load(registry.BUILDERS, name, BoardError))


def choose(candidates: tuple[Toolchain, ...]) -> Toolchain:
    """The first whose programs are all there; the first of all, if none is complete."""
    for candidate in candidates:
        if all(process.find(tool) for tool in load(candidate.builder).tools()):
            return candidate
    return candidates[0]
