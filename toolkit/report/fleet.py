"""Several boards in one run: the page, the JUnit document, the rows of the terminal's table."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from toolkit import __version__
from toolkit.artifacts import BoardRow, Fleet, write_atomically
from toolkit.report import html, junit, text

TITLES = ("board", "outcome", "answers", "an inference", "accuracy", "flash", "RAM", "port")
FIGURES = ("answers", "an inference", "accuracy", "flash", "RAM")

_COLOURS = {"proven": "good", "weak": "open", "undecided": "open"}


@dataclass(frozen=True)
class Line:
    """One board in words, as TITLES has them; then what went wrong, if anything did."""

    id: str
    board: str
    outcome: str
    answers: str
    inference: str
    accuracy: str
    flash: str
    ram: str
    port: str
    said: str
    hint: str
    colour: str
    report: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The texts of the table."""
        return (
            self.id, self.outcome, self.answers, self.inference, self.accuracy, self.flash, self.ram, self.port
        )  # fmt: skip


def headline(fleet: Fleet) -> str:
    """The whole run in a sentence."""
    total = len(fleet.boards)
    if fleet.all_passed:
        return f"All {total} boards are proven" if total != 1 else "The board is proven"
    return f"{fleet.passed} of {text.many(total, 'board')} {'is' if fleet.passed == 1 else 'are'} proven"


def line(row: BoardRow, folder: Path | None = None) -> Line:
    """A board in words.

    Args:
        folder: where the page lies that names the board's own report; None leaves that path as it is.
    """
    outcome = row.outcome if row.passed or row.outcome != "proven" else "proven, gate missed"
    where = f"{row.name}, emulated" if row.emulated else row.name
    return Line(
        id=row.board,
        board=where,
        outcome=outcome,
        answers=f"{row.answered:,} of {row.asked:,}" if row.asked else "",
        inference="" if row.ticks is None else f"{row.ticks:,} {row.unit}",
        accuracy="" if row.accuracy is None or not row.accuracy[1] else f"{row.accuracy[0] / row.accuracy[1]:.2%}",
        flash=_of(row.flash_bytes, row.flash_limit),
        ram=_of(row.ram_bytes, row.ram_limit),
        port=row.port,
        said="" if row.passed else row.said,
        hint="" if row.passed else row.hint,
        colour=_COLOURS.get(outcome, "failed"),
        report=os.path.relpath(row.report, folder) if row.report and folder is not None else row.report,
    )


def _of(used: int | None, limit: int | None) -> str:
    if used is None:
        return ""
    return f"{used:,} of {limit:,}" if limit else f"{used:,}"


def render(fleet: Fleet, folder: Path) -> str:
    """The page, which lies in `folder`."""
    page = html.environment().get_template("fleet.html.j2")
    lines = [line(row, folder) for row in fleet.boards]
    return page.render(
        version=__version__,
        title=headline(fleet),
        when=fleet.date,
        lines=lines,
        passed=fleet.all_passed,
        networks=sorted({f"{row.model} {row.dtype}" for row in fleet.boards if row.model}),
    )


def write(path: Path, fleet: Fleet) -> None:
    """Write the page to `path`, whole or not at all.

    Raises:
        TinymlError: the file system refused.
    """
    write_atomically(path, render(fleet, path.parent).encode(errors="backslashreplace"))


def render_junit(fleet: Fleet, documents: Mapping[str, str]) -> str:
    """One JUnit document, a suite a board.

    Args:
        documents: by board id, the document of each that reached a verdict; any other gets an error of its own.
    """
    suites: list[ElementTree.Element] = []
    for row in fleet.boards:
        own = _suites(documents.get(row.board, "")) if row.outcome != "failed" else []
        suites += own or [_failed(row)]
    return junit.together("tinyml run", suites)


def _suites(document: str) -> list[ElementTree.Element]:
    try:
        return list(ElementTree.fromstring(document)) if document else []  # noqa: S314 - written by ourselves
    except ElementTree.ParseError:
        return []


def _failed(row: BoardRow) -> ElementTree.Element:
    return junit.unfinished_suite(f"tinyml.{row.board}", row.said or "no verdict was reached", row.seconds)


def write_junit(path: Path, fleet: Fleet, documents: Mapping[str, str]) -> None:
    """Write the JUnit document to `path`, whole or not at all.

    Raises:
        TinymlError: the file system refused.
    """
    junit.write_document(path, render_junit(fleet, documents))
