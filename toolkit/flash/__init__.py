"""Putting firmware on a board: one method a file, each with a function `flash` of the type `base.Flasher`."""

from __future__ import annotations

import importlib
from typing import cast

from toolkit.artifacts import Build
from toolkit.board import Board
from toolkit.errors import FlashError
from toolkit.flash.base import Flasher, Progress
from toolkit.flash.greeting import confirm
from toolkit.ports import PortLister

METHODS = ("samba", "bossac", "arduino_cli", "avrdude", "platformio")


def load(method: str) -> Flasher:
    """A method's upload, with the question behind it who is running on the board now.

    Raises:
        FlashError: there is no such method.
    """
    if method not in METHODS:
        raise FlashError(f"there is no flash method {method!r}", f"one of: {', '.join(METHODS)}")
    upload = cast(Flasher, importlib.import_module(f"toolkit.flash.{method}").flash)

    def flash(board: Board, build: Build, port: str | None, progress: Progress, *, lister: PortLister) -> str:
        reached = upload(board, build, port, progress, lister=lister)
        confirm(reached, build, board.serial.baud, progress, quiet=board.serial.quiet)
        return reached

    return flash
