"""Bare-metal RISC-V: GNU make, riscv64-unknown-elf-gcc and picolibc, nothing else."""

from __future__ import annotations

from pathlib import Path

from toolkit.board import Board, Toolchain
from toolkit.build import gnu_make
from toolkit.build.base import Built

COMPILER = "riscv64-unknown-elf-gcc"
LIBRARY = ("--specs=picolibc.specs",)
"""Without it the compiler has no header of C's."""


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
    """Build out/firmware.elf, .bin and .hex; see gnu_make."""
    return gnu_make.bare(project, board, COMPILER)
