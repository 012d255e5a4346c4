"""The same with a CMakeLists.txt, and a program whose exit code says whether every self-test holds.

For this computer, or for the mps2-an386 under QEMU with the toolchain file that lies in the example.
"""

from __future__ import annotations

from toolkit.export import library as parts
from toolkit.export.kinds import folder
from toolkit.export.library import Library

TITLE = "CMake"
_MPS2 = ("mps2-an386.cmake", "mps2-an386.ld", "start_mps2.c")


def files(library: Library) -> dict[str, str]:
    """Path -> text."""
    return folder.base(library, "cmake") | {
        "CMakeLists.txt": parts.render("CMakeLists.txt", library=library),
        "example/main.c": parts.render("main.c", library=library),
        **{f"example/{name}": parts.render(name, library=library) for name in _MPS2},
    }
