"""What the builders of Arduino sketches share: where the tools put the image, and whether it was linked."""

from __future__ import annotations

from pathlib import Path

from toolkit.board import Board
from toolkit.build import size
from toolkit.build.base import Built
from toolkit.errors import BuildError, DoesNotFitError


def sketch(project: Path) -> Path:
    """The sketch's main file, which has the folder's name."""
    return project / f"{project.resolve().name}.ino"


def built(stem: Path, board: Board) -> Built:
    """The files that a tool writes beside each other.

    Args:
        stem: their common path, without the last suffix.
    """
    image = ".hex" if board.cpu.isa == "avr" else ".bin"
    return Built(image=_with(stem, image), elf=_with(stem, ".elf"), map_file=None)


def _with(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)


def forget(files: Built) -> None:
    """Remove what a former build left, so that it is never taken for this one's."""
    for path in (files.image, files.elf):
        if path is not None:
            path.unlink(missing_ok=True)


def is_too_big(files: Built, board: Board) -> bool:
    """True if the sketch was linked and only its size can have been the tool's complaint."""
    if files.elf is None or not files.elf.is_file():
        return False
    try:
        size.check(size.measure(files.elf, None, board), board)
    except DoesNotFitError:
        return True
    return False


def check(files: Built, program: str) -> Built:
    """The same files, if the linked one is there.

    Raises:
        BuildError: it is not, although the program said that all went well.
    """
    if files.elf is None or not files.elf.is_file():
        raise BuildError(f"{program} left no {files.elf}", "run with -v to see the command")
    return files
