"""Putting firmware on a board: one method a file, each a module as `base.Method` has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from toolkit import registry
from toolkit.artifacts import Build
from toolkit.board import Board
from toolkit.errors import FlashError
from toolkit.flash.base import Flasher, Method, Progress
from toolkit.flash.greeting import confirm
from toolkit.link.serial_ports import PortLister


def names() -> tuple[str, ...]:
    """Every method's name."""
    return registry.names(registry.FLASHERS)


def methods(board: Board) -> tuple[str, ...]:
    """The methods that can put some build on a board."""
    return _usable(board, None)


def tools(method: str) -> tuple[str, ...]:
    """The outside programs that a method needs.

    Raises:
        FlashError: there is no such method.
    """
    return _module(method).tools()


def _module(method: str) -> Method:
    """A method's module; its name is taken in either spelling, `arduino-cli` or `arduino_cli`.

    Raises:
        FlashError: there is no such method.
    """
    found = registry.find(registry.FLASHERS, method.replace("-", "_"))
    if found is None:
        raise FlashError(f"there is no flash method {method!r}", f"one of: {_named(names())}")
    return cast(Method, found)


def check(method: str, board: Board, build: Build) -> None:
    """Refuse a method that is none, or is none for this board and build.

    Raises:
        FlashError: the message says why, the hint what there is.
    """
    asked = _module(method)
    if not asked.suits(board, build):
        if asked.suits(board, None):
            raise FlashError(
                f"{_named([method])} uploads only what it has built, and {build.toolchain} built this",
                f"tinyml build --board {board.id} --toolchain {_named([method])}",
            )
        raise FlashError(
            f"the flash method {_named([method])} is not one for {board.name}",
            f"this board's: {_named(_usable(board, build)) or 'none'}",
        )


def _usable(board: Board, build: Build | None) -> tuple[str, ...]:
    """The methods that can put a build, or for None some build, on a board."""
    return tuple(name for name in names() if _module(name).suits(board, build))


def _named(methods: Sequence[str]) -> str:
    """As they are spelt on the command line."""
    return ", ".join(method.replace("_", "-") for method in methods)


def load(method: str) -> Flasher:
    """A method's upload, with the question behind it who is running on the board now.

    Raises:
        FlashError: there is no such method.

    What it returns also raises ChangedFileError: the image is not the one that was built.
    """
    upload = _module(method).flash

    def flash(board: Board, build: Build, port: str | None, progress: Progress, *, lister: PortLister) -> str:
        build.read_image()
        reached = upload(board, build, port, progress, lister=lister)
        build.read_image()  # most uploaders have read the file themselves
        confirm(reached, build, board.serial.baud, progress, quiet=board.serial.quiet)
        return reached

    return flash
