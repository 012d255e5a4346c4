"""An Arduino library: `library.properties`, everything flat in `src`, and sketches."""

from __future__ import annotations

from toolkit.export import library as parts
from toolkit.export.library import Library

TITLE = "Arduino library"


def files(library: Library) -> dict[str, str]:
    """Path -> text."""
    headers = parts.headers(library)
    main = f"{library.name}.h"
    if main not in headers:  # the header that bears the library's name
        headers[main] = parts.render("all.h", library=library)
    sketches = ["SelfTest", "Values", *(["Motion"] if parts.moves(library.networks[0]) else [])]
    drawn = parts.pictured(library.networks[0])
    return {
        "library.properties": parts.render("library.properties", library=library, main=main),
        "keywords.txt": parts.render("keywords.txt", library=library),
        **{f"src/{name}": text for name, text in {**headers, **parts.sources(library)}.items()},
        **{f"examples/{name}/{name}.ino": parts.render(f"{name}.ino", library=library) for name in sketches},
        **({"examples/Values/draw.html": parts.render("draw.html", library=library)} if drawn else {}),
        "LICENSE": parts.licence(),
        "README.md": parts.readme(library, "arduino"),
    }
