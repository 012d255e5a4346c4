"""Where things lie in a workspace: `build/<board>/` holds a build, its device and its verification."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from toolkit import board as boards
from toolkit import lock
from toolkit.artifacts import Build, RunningDevice
from toolkit.board import Board
from toolkit.errors import TinymlError


@dataclass(frozen=True)
class BoardFolder:
    """`build/<board>/` and the files in it."""

    path: Path

    @property
    def build(self) -> Path:
        """The newest build."""
        return self.path / "build.json"

    @property
    def project(self) -> Path:
        """The generated firmware project."""
        return self.path / "project"

    @property
    def device(self) -> Path:
        """What `flash` left running."""
        return self.path / "device.json"

    @property
    def log(self) -> Path:
        """What the emulator printed."""
        return self.path / "emulator.log"

    @property
    def journal(self) -> Path:
        """The answers of the run under way, or of one that was interrupted."""
        return self.path / "journal.jsonl"

    @property
    def verification(self) -> Path:
        """The verdict."""
        return self.path / "verification.json"

    @property
    def report(self) -> Path:
        """The verdict to look at."""
        return self.path / "report.html"


def folder(workspace: Path, board: Board) -> BoardFolder:
    """The folder of a board; not created here."""
    return BoardFolder(workspace / "build" / board.id)


def newest_place(workspace: Path, name: str | None) -> tuple[Board, BoardFolder]:
    """The folder of a board, or that of the newest build; whatever is in it.

    Raises:
        BoardError: there is no such board.
        TinymlError: nothing is built.
    """
    if name is None:
        found = sorted((workspace / "build").glob("*/build.json"), key=lambda path: path.stat().st_mtime)
        if not found:
            raise TinymlError("nothing is built yet", "tinyml build --board mps2-an386, or another of: tinyml boards")
        name = found[-1].parent.name
    board = boards.load(name)
    return board, folder(workspace, board)


def newest(workspace: Path, name: str | None) -> tuple[Board, BoardFolder, Build]:
    """The build of a board, or the newest of all.

    Raises:
        TinymlError: there is none.
    """
    board, place = newest_place(workspace, name)
    if not place.build.is_file():
        raise TinymlError(f"nothing is built for {board.id} yet", f"tinyml build --board {board.id}")
    build = Build.load(place.build)
    if build.board != board.id:
        raise TinymlError(f"{place.build} is a build for {build.board}", f"tinyml build --board {board.id}")
    if not build.image.is_file():
        raise TinymlError(f"{build.image} is missing", f"tinyml build --board {board.id}")
    return board, place, build


@contextlib.contextmanager
def hold(workspace: Path, board: Board | str, command: str) -> Iterator[BoardFolder]:
    """Hold a board's folder for this command alone.

    Args:
        board: it, or its id or alias.
        command: its name, for whoever finds the folder held.

    Raises:
        BoardError: there is no such board.
        TinymlError: another process holds it; the message says which.
    """
    place = folder(workspace, board if isinstance(board, Board) else boards.load(board))
    with lock.held(place.path, f"tinyml {command}"):
        yield place


@contextlib.contextmanager
def hold_newest(workspace: Path, name: str | None, command: str) -> Iterator[tuple[Board, BoardFolder, Build]]:
    """`newest`, held for this command alone; what is told is read when nobody can change it any more."""
    board, _, _ = newest(workspace, name)
    with hold(workspace, board, command):
        yield newest(workspace, board.id)


def running(place: BoardFolder) -> RunningDevice | None:
    """What `flash` left running, if anything."""
    return RunningDevice.load(place.device) if place.device.is_file() else None


def board_id(name: str) -> str:
    """The id behind an id or alias."""
    return boards.load(name).id
