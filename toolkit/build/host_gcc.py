"""This computer: the firmware as a process, built with its own gcc."""

from __future__ import annotations

import sys
from pathlib import Path

from toolkit.board import Board, Toolchain
from toolkit.build import gnu_make
from toolkit.build.base import Built
from toolkit.errors import BuildError

COMPILER = "gcc"


def tools() -> tuple[str, ...]:
    """The outside programs that must be on PATH."""
    return ("make", COMPILER)


def version() -> str:
    """What the compiler says of itself."""
    return gnu_make.compiler_version(COMPILER)


def command(project: Path, board: Board, toolchain: Toolchain) -> list[str]:  # noqa: ARG001 - the project has it all
    """The argv that builds the project."""
    return gnu_make.command(project)


def build(project: Path, board: Board, toolchain: Toolchain) -> Built:  # noqa: ARG001 - the project has it all
    """Build out/firmware, an ordinary program, or for the tflm runtime out/firmware.so.

    Raises:
        ToolError: make or gcc is missing.
        BuildError: the compiler refused, or this is no Linux.
    """
    if not sys.platform.startswith("linux"):
        raise BuildError(
            f"the board {board.id} is a program of Linux: {sys.platform} has another linker and other ports",
            "take a board that is emulated, such as --board mps2-an386 --emulate",
        )
    gnu_make.build(project, COMPILER)
    out = project / "out"
    image = next((path for path in (out / "firmware.so", out / "firmware") if path.is_file()), out / "firmware")
    return Built(image=image, elf=image, map_file=out / "firmware.map")
