"""Two compilers' lists side by side: only what both measured, and only our own engine."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from bench import compilers
from bench.rows import PAGE, QUOTED, Row

ROW = Row(
    "tinyml aot, for speed", "proposed", "int8", "mps2-an386", 39_656, "instructions", 7_187, 1_576, 10_604, 29_602
)


def _list(file: Path, *rows: Row) -> str:
    file.write_text(json.dumps([dataclasses.asdict(row) for row in rows]), encoding="utf-8")
    return str(file)


def test_rows_that_both_have_stand_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone = dataclasses.replace(ROW, board="microbit")
    one = _list(tmp_path / "one.json", ROW, alone, QUOTED[0])
    two = _list(tmp_path / "two.json", QUOTED[0], dataclasses.replace(ROW, instructions=39_700, flash_bytes=7_167))
    compilers.main([f"GCC 12={one}", f"GCC 14={two}"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert len({line.count("|") for line in lines}) == 1
    assert "39,656 | 39,700 | 7,187 | 7,167 | 10,604 | 10,604 |" in lines[2]


def test_lists_of_other_things_are_refused(tmp_path: Path) -> None:
    one = _list(tmp_path / "one.json", ROW)
    two = _list(tmp_path / "two.json", dataclasses.replace(ROW, model="initial"))
    with pytest.raises(ValueError, match="no row in common"):
        compilers.main([f"GCC 12={one}", f"GCC 14={two}"])


def test_the_page_has_a_place_for_it() -> None:
    assert "<!-- compilers: begin -->" in PAGE.read_text(encoding="utf-8")
