"""A path or a picture's name with [/bold], ESC or bytes that are no UTF-8 broke the report, or reached the terminal."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.report import samples
from toolkit.artifacts import Verification
from toolkit.cli import output
from toolkit.cli import verify as command
from toolkit.report import html, terminal, text

NAME = "[/bold]\x1b[31mred\udcff.png"
SHOWN = "[/bold]\\x1b[31mred\\udcff.png"


def named() -> Verification:
    """A run with this name wherever a name of the user's stands."""
    run = samples.broken()
    run = samples.singly(run, *(dataclasses.replace(result, name=NAME) for result in run.singly))
    wrong = tuple(dataclasses.replace(result, name=NAME) for result in run.wrong)
    return dataclasses.replace(run, model=NAME, wrong=wrong, inputs=NAME, data={"images": NAME})


def test_what_cannot_be_shown_is_told_by_number() -> None:
    assert text.plain(NAME) == SHOWN
    assert text.plain("größe 7.png") == "größe 7.png"


def test_terminal() -> None:
    out = io.StringIO()
    terminal.render(Console(file=out, width=120, force_terminal=False), named(), samples.build())
    out.getvalue().encode()
    assert "\x1b" not in out.getvalue()
    assert SHOWN in out.getvalue()


def test_page() -> None:
    page = html.render(named(), dataclasses.replace(samples.build(), model=NAME))
    assert "\x1b" not in page
    page.encode()


def test_path_of_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(output, "stdout", lambda: Console(file=out, width=200))
    command.render(Path(f"/nosuch/{NAME}/report.html"), samples.build(), samples.proven())
    assert f"report: /nosuch/{SHOWN}/report.html" in out.getvalue()
