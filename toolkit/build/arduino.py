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


def forget(stem: Path) -> None:
    """Remove what a former build left, so that it is never taken for this one's.

    Args:
        stem: the files' common path, without the last suffix.
    """
    for suffix in (".elf", ".bin", ".hex"):
        _with(stem, suffix).unlink(missing_ok=True)


def built(stem: Path) -> Built:
    """The files that a tool wrote beside each other: of images a .bin, where the core's uploader takes one."""
    binary = _with(stem, ".bin")
    image = binary if binary.is_file() else _with(stem, ".hex")
    return Built(image=image, elf=_with(stem, ".elf"), map_file=None)


def _with(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)


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
