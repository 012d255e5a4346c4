"""PlatformIO: builds the sketch by its platformio.ini, which pins the platform and the libraries."""

from __future__ import annotations

from pathlib import Path

from toolkit import process
from toolkit.board import Board, Toolchain
from toolkit.build import arduino
from toolkit.build.base import Built
from toolkit.build.environment import clean
from toolkit.errors import BuildError
from toolkit.toml import Header, IniLine, Pinned, Table, Word

PROGRAM = "pio"
COMPILE_SECONDS = 1800.0
"""The first build of a board downloads its platform."""


class Settings(Table, frozen=True, kw_only=True):
    """What stands in platformio.ini.

    Attributes:
        board: PlatformIO's name of it.
        platform: with its version: "atmelavr@5.2.0", or a repository and its commit: "https://.../platform.git#1.2.3".
        lines: more of the environment in platformio.ini, such as "board_build.core = earlephilhower".
        include: a header that the sketch must include for its core to be found whole.
        library: the Arduino library of the runtime tflm, with its version: "Chirale_TensorFLowLite@2.0.0".
        header: the header by which the Arduino tools find that library.
    """

    board: Word
    platform: Pinned
    lines: tuple[IniLine, ...] = ()
    include: Header | None = None
    library: Pinned | None = None
    header: Header | None = None


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
    stem = project / ".pio" / "build" / board.id / "firmware"
    arduino.forget(stem)
    argv = command(project, board, toolchain)
    done = process.run(argv, timeout=COMPILE_SECONDS, env=clean(), check=False, error=BuildError)
    files = arduino.built(stem)
    if done.returncode != 0 and not arduino.is_too_big(files, board):
        raise BuildError(
            f"{PROGRAM} failed (exit {done.returncode}): {process.first_error(done)}", "run with -v to see the command"
        )
    return arduino.check(files, PROGRAM)
