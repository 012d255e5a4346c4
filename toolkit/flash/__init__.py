"""Putting firmware on a board: one method a file, each with a function `flash` of the type `base.Flasher`."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import cast

from toolkit.artifacts import Build
from toolkit.board import Board
from toolkit.errors import FlashError
from toolkit.flash.base import Flasher, Progress
from toolkit.flash.greeting import confirm
from toolkit.link.serial_ports import PortLister

METHODS = ("samba", "bossac", "arduino_cli", "avrdude", "platformio")


def methods(board: Board) -> tuple[str, ...]:
    """The methods that can put some build on a board."""
    return _usable(board, None)


def tools(method: str) -> tuple[str, ...]:
    """The outside programs that a method needs.

    Raises:
        FlashError: there is no such method.
    """
    return cast(Callable[[], tuple[str, ...]], _module(method).tools)()


def _module(method: str) -> ModuleType:
    """A method's module; its name is taken in either spelling, `arduino-cli` or `arduino_cli`.

    Raises:
        FlashError: there is no such method.
    """
    name = method.replace("-", "_")
    if name not in METHODS:
        raise FlashError(f"there is no flash method {method!r}", f"one of: {_named(METHODS)}")
    return importlib.import_module(f"toolkit.flash.{name}")


def check(method: str, board: Board, build: Build) -> None:
    """Refuse a method that is none, or is none for this board and build.

    Raises:
        FlashError: the message says why, the hint what there is.
    """
    asked, method = method, method.replace("-", "_")
    if method not in METHODS:
        raise FlashError(f"there is no flash method {asked!r}", f"one of: {_named(METHODS)}")
    if method not in _usable(board, build):
        if method == "platformio" and "platformio" in _usable(board, None):
            raise FlashError(
                f"PlatformIO uploads only what it has built, and {build.toolchain} built this",
                f"tinyml build --board {board.id} --toolchain platformio",
            )
        raise FlashError(
            f"the flash method {_named([method])} is not one for {board.name}",
            f"this board's: {_named(_usable(board, build)) or 'none'}",
        )


def _usable(board: Board, build: Build | None) -> tuple[str, ...]:
    """The methods that can put a build, or for None some build, on a board."""
    usable = {
        # Both talk to one bootloader, which stands in the board file as the board's own method.
        **dict.fromkeys(("samba", "bossac"), board.flash.method in ("samba", "bossac")),
        "avrdude": board.flash.programmer is not None,
        "arduino_cli": any(each.fqbn for each in board.toolchain),
        "platformio": any(each.platformio for each in board.toolchain)
        and (build is None or build.toolchain == "platformio"),
    }
    return tuple(method for method in METHODS if usable[method])


def _named(methods: Sequence[str]) -> str:
    """As they are spelt on the command line."""
    return ", ".join(method.replace("_", "-") for method in methods)


def load(method: str) -> Flasher:
    """A method's upload, with the question behind it who is running on the board now.

    Raises:
        FlashError: there is no such method.

    What it returns also raises ChangedFileError: the image is not the one that was built.
    """
    upload = cast(Flasher, _module(method).flash)

    def flash(board: Board, build: Build, port: str | None, progress: Progress, *, lister: PortLister) -> str:
        build.read_image()
        reached = upload(board, build, port, progress, lister=lister)
        build.read_image()  # most uploaders have read the file themselves
        confirm(reached, build, board.serial.baud, progress, quiet=board.serial.quiet)
        return reached

    return flash
