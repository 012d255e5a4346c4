"""PlatformIO: builds the sketch by its platformio.ini, which pins the platform and the libraries."""

from __future__ import annotations

from pathlib import Path

from toolkit import process
from toolkit.board import Board, Toolchain
from toolkit.build import arduino
from toolkit.build.base import Built
from toolkit.build.environment import clean
from toolkit.errors import BuildError

PROGRAM = "pio"
COMPILE_SECONDS = 1800.0
"""The first build of a board downloads its platform."""


def tools() -> tuple[str, ...]:
    """The outside programs that must be on PATH."""
    return (PROGRAM,)


def version() -> str:
    """What PlatformIO says of itself; the compiler's version is the pinned platform's."""
    return process.run([PROGRAM, "--version"], timeout=60, env=clean()).stdout.strip()


def command(project: Path, board: Board, toolchain: Toolchain) -> list[str]:  # noqa: ARG001 - the project has it all
    """The argv that builds the project."""
    return [PROGRAM, "run", "--project-dir", str(project), "--environment", board.id]


def build(project: Path, board: Board, toolchain: Toolchain) -> Built:
    """Build .pio/build/<board>/firmware.elf and .hex or .bin.

    A program that is too big is an error of PlatformIO, and yet it was linked: it is returned, and the size report says
    by how much.
    """
    files = arduino.built(project / ".pio" / "build" / board.id / "firmware", board)
    arduino.forget(files)
    argv = command(project, board, toolchain)
    done = process.run(argv, timeout=COMPILE_SECONDS, env=clean(), check=False, error=BuildError)
    if done.returncode != 0 and not arduino.is_too_big(files, board):
        raise BuildError(
            f"{PROGRAM} failed (exit {done.returncode}): {process.first_error(done)}", "run with -v to see the command"
        )
    return arduino.check(files, PROGRAM)
