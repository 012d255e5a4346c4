"""`boards` said 960 kB where the report said 983 kB: 1 kB is 1,000 bytes, and 1,024 are 1 KiB."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from toolkit import board as boards
from toolkit.report.text import size

ROOT = Path(__file__).parents[2]
TEXTS = (".md", ".py", ".toml", ".c", ".h", ".ld", ".j2", ".html", ".s", ".S")
POWER_OF_TWO = re.compile(r"(?<![\d.,])(1|2|4|8|16|32|64|128|256|512|1024) ?kB\b")


def test_no_text_calls_1024_bytes_a_kilobyte() -> None:
    """A power of two before "kB" is nearly always one. Where it is not, write the bytes."""
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for folder in ("boards", "docs", "firmware", "templates", "toolkit")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in TEXTS
        for match in POWER_OF_TWO.finditer(path.read_text())
    ]
    found += [match[0] for match in POWER_OF_TWO.finditer((ROOT / "README.md").read_text())]
    assert found == []


def test_no_code_divides_by_1024_and_says_kb() -> None:
    for path in (ROOT / "toolkit").rglob("*.py"):
        for line in path.read_text().splitlines():
            assert not ("1024" in line and re.search(r"\bkB\b", line)), path


def test_boards_says_what_the_report_says(monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from toolkit.cli.main import app

    monkeypatch.setenv("COLUMNS", "200")
    said = CliRunner().invoke(app, ["boards"]).stdout
    lines = {line.split()[0]: line for line in said.splitlines() if line}
    for board in boards.load_all():
        if board.cpu.isa != "native":
            assert size(board.memory.flash.size) in lines[board.id]
            assert size(board.memory.ram.size) in lines[board.id]
    assert size(983_040) == "983 kB"
