"""Where things lie in a workspace.

build/<board>/                            what runs on the board, whichever build it is; held by one command
    device.json, emulator.log
    <model>-<dtype>-<runtime>/            a build and all that is said of it; the next one of its kind replaces it
        build.json, project/, journal.jsonl, strength.json, verification.json, report.html, profile.json, earlier/
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit import lock
from toolkit.artifacts import Build, DType, RunningDevice, Runtime
from toolkit.errors import BoardError, TinymlError

if TYPE_CHECKING:
    from toolkit.board import Board

_held: ContextVar[frozenset[Path]] = ContextVar("held", default=frozenset())
"""The folders that this thread holds."""


@dataclass(frozen=True)
class BoardFolder:
    """The folder of a board, and in it that of one build.

    Attributes:
        path: `build/<board>`.
        name: of the build's folder in it; empty where no build is meant.
    """

    path: Path
    name: str = ""

    def of(self, build: Build) -> BoardFolder:
        """The same, with the folder of this build."""
        return self.named(build.model, build.dtype, build.runtime)

    def named(self, model: str, dtype: DType, runtime: Runtime) -> BoardFolder:
        """The same, with the folder of such a build: what a model's name may hold is not all fit for make and tools."""
        plain = re.sub(r"[^A-Za-z0-9_.+-]", "_", model)[:80].lstrip(".-") or "_"
        return BoardFolder(self.path, f"{plain}-{dtype}-{runtime}")

    @property
    def own(self) -> Path:
        """The build's folder."""
        return self.path / self.name

    @property
    def build(self) -> Path:
        """The build's record."""
        return self.own / "build.json"

    @property
    def project(self) -> Path:
        """The generated firmware project."""
        return self.own / "project"

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
        return self.own / "journal.jsonl"

    @property
    def strength(self) -> Path:
        """How many planted faults the inputs showed, as it was last measured."""
        return self.own / "strength.json"

    @property
    def made(self) -> Path:
        """The made-up inputs that were found to reach the network's layers."""
        return self.own / "made.json"

    @property
    def verification(self) -> Path:
        """The verdict."""
        return self.own / "verification.json"

    @property
    def report(self) -> Path:
        """The verdict to look at."""
        return self.own / "report.html"

    @property
    def profile(self) -> Path:
        """What each layer costs; beside it, under the same name, .html and .svg to look at."""
        return self.own / "profile.json"

    @property
    def profile_log(self) -> Path:
        """What an emulator printed that was started for a profile alone."""
        return self.path / "profile.log"


def folder(workspace: Path, board: Board) -> BoardFolder:
    """The folder of a board, no build meant; not created here."""
    return BoardFolder(workspace / "build" / board.id)


def _newest(workspace: Path, board_id: str = "*") -> BoardFolder | None:
    """The newest build of a board, or of all."""
    found = sorted((workspace / "build").glob(f"{board_id}/*/build.json"), key=lambda path: path.stat().st_mtime)
    return BoardFolder(found[-1].parents[1], found[-1].parent.name) if found else None


def newest_place(workspace: Path, name: str | None) -> tuple[Board, BoardFolder]:
    """The folder of a board's newest build, or of the newest of all; whatever is in it.

    Raises:
        BoardError: there is no such board.
        TinymlError: nothing is built.
    """
    if name is None:
        found = _newest(workspace)
        if found is None:
            raise TinymlError("nothing is built yet", "tinyml build --board mps2-an386, or another of: tinyml boards")
        name = found.path.name
    board = find_board(workspace, name)
    return board, _newest(workspace, board.id) or folder(workspace, board)


def find_board(workspace: Path, name: str) -> Board:
    """A board; if its id finds nothing, as a former build has it: that may have named a file.

    Raises:
        BoardError: there is no such board.
    """
    from toolkit import board as boards

    try:
        return boards.load(name, workspace)
    except BoardError:
        found = _newest(workspace, name) if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.+-]*", name) else None
        file = Build.load(found.build).board_file if found is not None else None
        if file is None or not file.is_file():
            raise
        return boards.parse(file, workspace)


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
    """Hold a board's folder for this command alone; within such a block its steps hold it once more.

    Args:
        board: it, or its id or alias.
        command: its name, for whoever finds the folder held.

    Raises:
        BoardError: there is no such board.
        TinymlError: another process holds it; the message says which.
    """
    place = folder(workspace, find_board(workspace, board) if isinstance(board, str) else board)
    own = place.path.resolve()
    if own in _held.get():
        yield place
        return
    with lock.held(place.path, f"tinyml {command}"):
        before = _held.set(_held.get() | {own})
        try:
            yield place
        finally:
            _held.reset(before)


@contextlib.contextmanager
def hold_newest(workspace: Path, name: str | None, command: str) -> Iterator[tuple[Board, BoardFolder, Build]]:
    """`newest`, held for this command alone; what is told is read when nobody can change it any more."""
    board, _, _ = newest(workspace, name)
    with hold(workspace, board, command):
        yield newest(workspace, board.id if name is None else name)


def running(place: BoardFolder) -> RunningDevice | None:
    """What `flash` left running, if anything."""
    return RunningDevice.load(place.device) if place.device.is_file() else None


def board_id(name: str) -> str:
    """The id behind an id or alias."""
    from toolkit import board as boards

    return boards.load(name).id
