"""What the builders share whose project brings a Makefile."""

from __future__ import annotations

import os
from pathlib import Path

from toolkit import process
from toolkit.board import Board
from toolkit.build.base import Built
from toolkit.build.environment import clean
from toolkit.errors import BuildError

COMPILE_SECONDS = 300.0


def compiler_version(compiler: str) -> str:
    """The first line of `compiler --version`.

    Raises:
        ToolError: it is missing.
    """
    return process.run([compiler, "--version"], timeout=20, env=clean()).stdout.splitlines()[0]


def command(project: Path) -> list[str]:
    """The argv that builds a project with every core."""
    return ["make", "--directory", str(project), "--no-print-directory", f"--jobs={os.cpu_count() or 1}"]


def build(project: Path, compiler: str) -> None:
    """Run make in a project folder.

    Raises:
        ToolError: make or the compiler is missing.
        BuildError: the compiler refused.
    """
    process.require(compiler)
    process.run(command(project), timeout=COMPILE_SECONDS, env=clean(), error=BuildError)


def bare(project: Path, board: Board, compiler: str) -> Built:
    """Build a bare-metal project: out/firmware.elf, .bin and .hex. Emulators boot the ELF; flashers write the .bin.

    Raises:
        ToolError, BuildError: as `build`.
    """
    build(project, compiler)
    out = project / "out"
    image = out / ("firmware.elf" if board.emulated else "firmware.bin")
    return Built(image=image, elf=out / "firmware.elf", map_file=out / "firmware.map")
