"""The hooks run what `make check` runs, from the project's own environment, and fetch nothing."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_hooks_are_the_checks_of_the_makefile() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"repo: (\S+)", text)) == {"local"}
    check = (ROOT / "Makefile").read_text(encoding="utf-8").split("\ncheck:")[1].split("\n\n")[0]
    for entry in re.findall(r"entry: (.+)", text):
        tool = entry.replace(".venv/bin/", "$(BIN)/").replace(" --force-exclude", "")
        assert tool in check, entry
