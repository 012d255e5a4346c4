"""This computer: the firmware as a process, built with its own gcc."""

from __future__ import annotations

from pathlib import Path

from toolkit.board import Board, Toolchain
from toolkit.build import gnu_make
from toolkit.build.base import Built

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


def build(project: Path, board: Board, toolchain: Toolchain) -> Built:  # noqa: ARG001
    """Build out/firmware, an ordinary program, or for the tflm runtime out/firmware.so."""
    gnu_make.build(project, COMPILER)
    out = project / "out"
    image = next((path for path in (out / "firmware.so", out / "firmware") if path.is_file()), out / "firmware")
    return Built(image=image, elf=image, map_file=out / "firmware.map")
