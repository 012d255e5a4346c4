"""Arduino's core for AVR boards with GNU make and avr-gcc alone: the same sketch, no Arduino tool."""

from __future__ import annotations

import re
from pathlib import Path

from toolkit import process, resources
from toolkit.board import Board, Toolchain
from toolkit.build import gnu_make
from toolkit.build.base import Built
from toolkit.build.environment import clean
from toolkit.errors import BuildError, ToolError
from toolkit.toml import Fqbn, Table

COMPILER = "avr-gcc"


class Settings(Table, frozen=True, kw_only=True):
    """`fqbn`: Arduino's fully qualified board name; its last word is the board's in the core's boards.txt."""

    fqbn: Fqbn


def tools() -> tuple[str, ...]:
    """The outside programs that must be on PATH."""
    return ("make", COMPILER)


def core() -> Path:
    """The installed Arduino core.

    Raises:
        ToolError: there is none.
    """
    found = resources.arduino_avr_core()
    if found is None:
        raise ToolError("Arduino's core for AVR boards is not installed", process.install_hint(COMPILER))
    return found


def version() -> str:
    """What the compiler says of itself, and the core's version."""
    found = re.search(r"^version=(.*)$", (core() / "platform.txt").read_text(encoding="utf-8"), re.MULTILINE)
    return f"{gnu_make.compiler_version(COMPILER)}, Arduino core {found[1].strip() if found else 'of unknown version'}"


def properties(boards_txt: str, toolchain: Toolchain) -> dict[str, str]:
    """What boards.txt says of a board: `variant` (the folder of pin definitions) and `board` (a macro's name).

    Args:
        boards_txt: lines `name.key=value`; a board with several processors has its own under `menu.cpu`.

    Raises:
        BuildError: the core does not know the board.
    """
    name = toolchain.settings.fqbn.rsplit(":", 1)[-1]
    found = {}
    for key in ("variant", "board"):
        match = re.search(rf"^{re.escape(name)}\.build\.{key}=(\S+)", boards_txt, re.MULTILINE)
        if match is None:
            raise BuildError(f"the installed Arduino core has no board {name!r} ({key})", "install a newer one")
        found[key] = match[1]
    return found


def command(project: Path, board: Board, toolchain: Toolchain) -> list[str]:  # noqa: ARG001 - the project has it all
    """The argv that builds the project."""
    folder = core()
    known = properties((folder / "boards.txt").read_text(encoding="utf-8"), toolchain)
    return [
        *gnu_make.command(project),
        f"ARDUINO_CORE={folder}",
        f"VARIANT={known['variant']}",
        f"BOARD={known['board']}",
    ]


def build(project: Path, board: Board, toolchain: Toolchain) -> Built:
    """Build out/firmware.elf and .hex."""
    process.require(COMPILER)
    process.run(command(project, board, toolchain), timeout=gnu_make.COMPILE_SECONDS, env=clean(), error=BuildError)
    out = project / "out"
    return Built(image=out / "firmware.hex", elf=out / "firmware.elf", map_file=out / "firmware.map")
