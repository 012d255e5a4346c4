"""arduino-cli: builds the sketch with the core and libraries that its sketch.yaml pins, and fetches them if need be."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from toolkit import process
from toolkit.board import Board, Toolchain
from toolkit.build import arduino
from toolkit.build.base import Built
from toolkit.build.environment import clean
from toolkit.errors import BuildError
from toolkit.toml import Fqbn, Header, Pinned, Table, Url

PROGRAM = "arduino-cli"
COMPILE_SECONDS = 1800.0
"""The first build of a board downloads its core: 300 MB for an Mbed one."""
# avr-libc's linker script ends a program that is too large; with these it is linked, and the size report says by how
# much.
AVR_REGIONS = "-Wl,--defsym=__DATA_REGION_LENGTH__=0xf000,--defsym=__TEXT_REGION_LENGTH__=0x100000"


class Settings(Table, frozen=True, kw_only=True):
    """What stands in sketch.yaml.

    Attributes:
        fqbn: Arduino's fully qualified board name.
        core: Arduino's core with its version: "arduino:avr@1.8.6".
        core_url: the index that lists the core, for all but Arduino's own.
        include: a header that the sketch must include for its core to be found whole.
        library: the Arduino library of the runtime tflm, with its version: "Chirale_TensorFLowLite@2.0.0".
        header: the header by which the Arduino tools find that library.
    """

    fqbn: Fqbn
    core: Pinned
    core_url: Url | None = None
    include: Header | None = None
    library: Pinned | None = None
    header: Header | None = None


def tools() -> tuple[str, ...]:
    """The outside programs that must be on PATH."""
    return (PROGRAM,)


def version() -> str:
    """What arduino-cli says of itself; the compiler's version is the pinned core's."""
    answer = _json(process.run([PROGRAM, "version", "--json"], timeout=60, env=clean()).stdout)
    return f"arduino-cli {answer.get('VersionString', 'of unknown version')}"


def command(project: Path, board: Board, toolchain: Toolchain) -> list[str]:
    """The argv that builds the project."""
    _, architecture, *_ = toolchain.settings.fqbn.split(":")
    return [
        *(PROGRAM, "compile", "--json", "--profile", board.id),
        *("--build-property", f"compiler.c.extra_flags={toolchain.optimise}"),
        *("--build-property", f"compiler.cpp.extra_flags={toolchain.optimise}"),
        *(("--build-property", f"compiler.c.elf.extra_flags={AVR_REGIONS}") if architecture == "avr" else ()),
        *("--build-path", str(project / "out" / "arduino-cli"), "--output-dir", str(project / "out"), str(project)),
    ]


def build(project: Path, board: Board, toolchain: Toolchain) -> Built:
    """Build out/<sketch>.ino.elf and .hex or .bin.

    A sketch that is too big is an error of arduino-cli, and yet it was linked: it is returned, and the size report says
    by how much.
    """
    stem = project / "out" / "arduino-cli" / arduino.sketch(project).name
    arduino.forget(stem)
    argv = command(project, board, toolchain)
    done = process.run(argv, timeout=COMPILE_SECONDS, env=clean(), check=False, error=BuildError)
    built = arduino.built(stem)
    if done.returncode != 0 and not arduino.is_too_big(built, board):
        raise BuildError(f"{PROGRAM} failed (exit {done.returncode}): {reason(done)}", "run with -v to see the command")
    return arduino.check(built, PROGRAM)


def _json(text: str) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        answer = json.loads(text)
        if isinstance(answer, dict):
            return answer
    return {}


def reason(done: process.Completed) -> str:
    """Why arduino-cli failed, in one line: the compiler's own word where there is one.

    A failed build is told on stdout (`compiler_err`, `error`), everything else on stderr (`error`).
    """
    answer = _json(done.stdout) or _json(done.stderr)
    lines = [line.strip() for line in str(answer.get("compiler_err", "")).splitlines() if line.strip()]
    # collect2 only says that the linker failed; what the linker said stands before.
    compiler = [line for line in lines if "error" in line.lower() and "collect2" not in line] or lines
    told = [line.strip() for line in str(answer.get("error", "")).splitlines() if line.strip()]
    return (compiler or told or [process.first_error(done)])[0]
