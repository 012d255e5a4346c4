"""After `make demo` there was no `tinyml`: it lies in .venv/bin, and README did not say so."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_readme_says_where_the_command_is_before_it_is_used() -> None:
    readme = (ROOT / "README.md").read_text()
    venv = re.search(r"^VENV\s*:=\s*(\S+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert venv is not None
    first_use = readme.index("\n    tinyml ")
    for said in (f"{venv[1]}/bin/tinyml", f". {venv[1]}/bin/activate"):
        assert 0 < readme.find(said) < first_use
