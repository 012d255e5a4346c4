"""Sources in `src`, headers in `include`: for any build system, and the base of most other kinds."""

from __future__ import annotations

from toolkit.export import library as parts
from toolkit.export.library import Library

TITLE = "plain folders"


def files(library: Library) -> dict[str, str]:
    """Path -> text."""
    return base(library, "folder") | {"example/main.c": parts.render("main.c", library=library)}


def base(library: Library, kind: str) -> dict[str, str]:
    """What is alike in all kinds with these two folders."""
    return {
        **{f"include/{name}": text for name, text in parts.headers(library).items()},
        **{f"src/{name}": text for name, text in parts.sources(library).items()},
        "LICENSE": parts.licence(),
        "README.md": parts.readme(library, kind),
    }
