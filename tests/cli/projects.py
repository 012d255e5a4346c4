"""Folders with a project file."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.cli.tinyml import tinyml

DOCUMENT = Path(__file__).parents[2] / "docs"
MODEL = Path(__file__).parents[2] / "models" / "proposed" / "proposed_int8.tflite"


def project(folder: Path, text: str) -> Path:
    """A folder with this project file."""
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "tinyml.toml").write_text(text)
    return folder


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The error and its hint in one line each, or fewer."""
    lines = [line for line in done.stderr.splitlines() if line.startswith(("error:", "try:"))]
    assert "Traceback" not in done.stderr
    return " | ".join(" ".join(line.split()) for line in lines)


__all__ = ["DOCUMENT", "MODEL", "project", "said", "tinyml"]
