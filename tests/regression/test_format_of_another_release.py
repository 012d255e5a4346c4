"""On Debian 13 `make check` found hundreds of lines badly formatted: it has clang-format 19, and the code was 14's.

No test saw it: every machine that ran the checks had the same release. So it comes with the other checkers now, by an
exact version.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_formatter_is_of_one_release() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [each for each in project["optional-dependencies"]["dev"] if re.match(r"clang-format==[\d.]+$", each)]
    for file in ("Makefile", ".pre-commit-config.yaml"):
        text = (ROOT / file).read_text(encoding="utf-8")
        commands = re.findall(r"\S*clang-format(?= --dry-run)", text)
        assert commands in (["$(BIN)/clang-format"], [".venv/bin/clang-format"]), file
