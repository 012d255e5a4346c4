"""A CMSIS-Pack: the folder that a `.pack` is the zip file of."""

from __future__ import annotations

from toolkit.export import library as parts
from toolkit.export.kinds import folder
from toolkit.export.library import Library

TITLE = "CMSIS-Pack"


def files(library: Library) -> dict[str, str]:
    """Path -> text."""
    base = folder.base(library, "cmsis_pack")
    sources = sorted(path for path in base if path.startswith("src/") and path.endswith(".c"))
    return base | {
        f"tinyml.{library.name}.pdsc": parts.render("pack.pdsc", library=library, sources=sources),
        "example/main.c": parts.render("main.c", library=library),
    }
