"""Calls the command as a user does: another process, its own folder, its own environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def tinyml(
    *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, timeout: float = 280
) -> subprocess.CompletedProcess[str]:
    """Run `tinyml` and return what it printed; COLUMNS is wide so that no line is folded."""
    return subprocess.run(
        [sys.executable, "-m", "toolkit.cli.main", *arguments],
        cwd=cwd,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
