"""An ESP-IDF component, and a project that uses it."""

from __future__ import annotations

from toolkit.export import library as parts
from toolkit.export.kinds import folder
from toolkit.export.library import Library

TITLE = "ESP-IDF component"
_EXAMPLE = "examples/selftest"


def files(library: Library) -> dict[str, str]:
    """Path -> text."""
    return folder.base(library, "esp_idf") | {
        "CMakeLists.txt": parts.render("idf.cmake", library=library),
        "idf_component.yml": parts.render("idf_component.yml", library=library),
        f"{_EXAMPLE}/CMakeLists.txt": parts.render("idf_project.cmake", library=library),
        f"{_EXAMPLE}/main/CMakeLists.txt": parts.render("idf_main.cmake", library=library),
        f"{_EXAMPLE}/main/idf_component.yml": parts.render("idf_main.yml", library=library),
        f"{_EXAMPLE}/main/main.c": parts.render("idf_main.c", library=library),
    }
