"""Putting firmware on a board: one method a file, each with a function `flash` of the type `base.Flasher`."""

from __future__ import annotations

import importlib
from typing import cast

from toolkit.errors import FlashError
from toolkit.flash.base import Flasher

METHODS = ("samba", "bossac", "arduino_cli", "avrdude", "platformio")


def load(method: str) -> Flasher:
    """The function `flash` of a method's file.

    Raises:
        FlashError: there is no such method.
    """
    if method not in METHODS:
        raise FlashError(f"there is no flash method {method!r}", f"one of: {', '.join(METHODS)}")
    return cast(Flasher, importlib.import_module(f"toolkit.flash.{method}").flash)
