"""The notebook-like example runs from its first cell to its last, and uses nothing but `toolkit.api`."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "notebook.py"


def test_it_uses_nothing_but_the_api() -> None:
    tree = ast.parse(NOTEBOOK.read_text(encoding="utf-8"))
    imported = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert not any(isinstance(node, ast.Import) for node in ast.walk(tree))
    assert {name for name in imported if name.startswith("toolkit")} == {"toolkit.api"}


@pytest.mark.emulator
def test_it_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(NOTEBOOK)], cwd=tmp_path, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "proven 10 of 10 answered" in lines
    assert Path(lines[-1]).name == "report.html"
    assert (tmp_path / lines[-1]).is_file()
    assert not list(tmp_path.glob("build/notebook/build/**/device.json"))  # the emulator was ended
