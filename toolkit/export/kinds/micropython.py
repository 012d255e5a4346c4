"""A native module for MicroPython: a `.mpy` that its own tools make of these sources, and Python that calls it."""

from __future__ import annotations

from toolkit.export import library as parts
from toolkit.export.kinds import folder
from toolkit.export.library import Library

TITLE = "MicroPython native module"


def files(library: Library) -> dict[str, str]:
    """Path -> text."""
    return folder.base(library, "micropython") | {
        "Makefile": parts.render("micropython.mk", library=library),
        "module.c": parts.render("micropython.c", library=library),
        "example/main.py": parts.render("micropython.py", library=library),
    }
