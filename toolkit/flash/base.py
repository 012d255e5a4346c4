"""What every flash method has in common: its signature, and how it tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from toolkit.artifacts import Build
from toolkit.board import Board
from toolkit.link.serial_ports import PortLister


@dataclass(frozen=True)
class Step:
    """How far an upload is.

    Attributes:
        text: what is being done, or a remark worth showing, in one line.
        done, total: bytes; total is 0 for a step that has no length.
    """

    text: str
    done: int = 0
    total: int = 0


Progress = Callable[[Step], None]


def silent(_step: Step) -> None:
    """A Progress that shows nothing."""


class Flasher(Protocol):
    """A flash method's upload."""

    def __call__(self, board: Board, build: Build, port: str | None, progress: Progress, *, lister: PortLister) -> str:
        """Put `build` on the board and return the port on which the new firmware runs.

        Args:
            board: the kind of board.
            build: what is to be put on it.
            port: where the board is; None finds it by its USB ids.
            progress: called with every step.
            lister: the ports there are: those connected, or those that a virtual board shows.

        Raises:
            FlashError: no board, several and none named, a wrong one, or the upload failed. Never returns
                before the whole image is known to be on the board.
        """
        ...


class Method(Protocol):
    """A module with these, and a class `Settings` (a toml.Table) if a board file is to tell it more.

    Another package brings one by the entry point `tinyml.flashers`.
    """

    flash: Flasher

    def suits(self, board: Board, build: Build | None) -> bool:
        """True if it can put this build, or for None some build, on the board."""
        ...

    def tools(self) -> tuple[str, ...]:
        """The outside programs that must be on PATH."""
        ...
