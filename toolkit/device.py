"""What `toolkit/api.py` gives beside records: a board that runs a build, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit import workspace as workspaces
from toolkit.artifacts import Build, RunningDevice, Verification

if TYPE_CHECKING:
    from toolkit.board import Board


@dataclass(frozen=True)
class Device:
    """A board that runs a build; as a context manager it ends the emulator, if there is one.

    Attributes:
        ports: where it is reached; several boards that run the same build share the work.
        record: what `flash` wrote down of it; None for a device that somebody else flashed.
    """

    board: Board
    build: Build
    workspace: Path
    ports: tuple[str, ...]
    record: RunningDevice | None = None

    @property
    def port(self) -> str:
        """The first port."""
        return self.ports[0]

    def stop(self) -> None:
        """End the emulator that `flash` left running, if any."""
        from toolkit.steps import flash as step

        with workspaces.hold(self.workspace, self.board, "flash") as place:
            step.stop(self.board, place, self.record)

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@dataclass(frozen=True)
class Outcome:
    """A build, the verdict on it, and the report to look at."""

    build: Build
    verification: Verification
    report: Path
