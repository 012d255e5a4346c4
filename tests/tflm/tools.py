"""Runs the compilers' tools."""

from __future__ import annotations

import subprocess
from pathlib import Path


def run(*argv: str | Path, cwd: Path | None = None) -> str:
    """The standard output of a program that must succeed; its complaint is the assertion's text."""
    words = [str(word) for word in argv]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stderr}"
    return done.stdout
