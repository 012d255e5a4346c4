"""Several boards in one run: what came of each."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.artifacts.base import Artifact


@dataclass(frozen=True)
class BoardRow(Artifact):
    """One board of a run over several.

    Attributes:
        board, name: its id, and its name in words.
        port: where it was reached; empty if it was not.
        outcome: "proven", "differs", "weak", "undecided"; or "failed": no verdict was reached, and `said` has why.
        passed: it is proven, and every gate of the user's own is kept.
        said: the verdict or the error in one line.
        hint: what to try, if anything.
        asked, answered: inputs.
        ticks, unit: the median of an inference; None where the board has no clock.
        accuracy: right answers and inputs of the first set that has a truth; None without one.
        flash_bytes, flash_limit, ram_bytes, ram_limit: of the build; None where it was not built.
        model, dtype, runtime, build_id: what it runs.
        emulated: see Verification.emulated.
        report: the board's own page; empty if it has none.
        seconds: from the start of its build to its end.
        exit_code: as `tinyml run` for this board alone would have ended.
    """

    board: str
    name: str
    port: str = ""
    outcome: str = "failed"
    passed: bool = False
    said: str = ""
    hint: str = ""
    asked: int = 0
    answered: int = 0
    ticks: int | None = None
    unit: str = ""
    accuracy: tuple[int, int] | None = None
    flash_bytes: int | None = None
    flash_limit: int | None = None
    ram_bytes: int | None = None
    ram_limit: int | None = None
    model: str = ""
    dtype: str = ""
    runtime: str = ""
    build_id: str = ""
    emulated: bool | None = None
    report: str = ""
    seconds: float = 0.0
    exit_code: int = 1


@dataclass(frozen=True)
class Fleet(Artifact):
    """A run over several boards: `build/boards.json`.

    Attributes:
        date: of its end, ISO 8601, UTC.
        boards: in the order in which they were asked for.
    """

    date: str
    boards: tuple[BoardRow, ...]

    @property
    def passed(self) -> int:
        """Boards that are proven and keep their gates."""
        return sum(row.passed for row in self.boards)

    @property
    def all_passed(self) -> bool:
        """Nothing is left to look at."""
        return self.passed == len(self.boards)
