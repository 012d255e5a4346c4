"""A PlatformIO library: `library.json` beside `include` and `src`, and a project that uses it."""

from __future__ import annotations

from toolkit.export import library as parts
from toolkit.export.kinds import folder
from toolkit.export.library import Library

TITLE = "PlatformIO library"


def files(library: Library) -> dict[str, str]:
    """Path -> text."""
    return folder.base(library, "platformio") | {
        "library.json": parts.render("library.json", library=library),
        "examples/selftest/platformio.ini": parts.render("platformio.ini", library=library),
        "examples/selftest/src/main.cpp": parts.render("SelfTest.ino", library=library, plain=True),
    }
