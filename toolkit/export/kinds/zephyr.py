"""A Zephyr module: `zephyr/module.yml`, an option in Kconfig, and a sample with a shell command."""

from __future__ import annotations

from toolkit.export import library as parts
from toolkit.export.kinds import folder
from toolkit.export.library import Library

TITLE = "Zephyr module"


def files(library: Library) -> dict[str, str]:
    """Path -> text."""
    return folder.base(library, "zephyr") | {
        "zephyr/module.yml": parts.render("module.yml", library=library),
        "zephyr/CMakeLists.txt": parts.render("zephyr.cmake", library=library),
        "zephyr/Kconfig": parts.render("Kconfig", library=library),
        "samples/shell/CMakeLists.txt": parts.render("zephyr_sample.cmake", library=library),
        "samples/shell/prj.conf": parts.render("prj.conf", library=library),
        "samples/shell/sample.yaml": parts.render("sample.yaml", library=library),
        "samples/shell/src/main.c": parts.render("shell.c", library=library),
    }
