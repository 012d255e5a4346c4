"""What the builders share whose project brings a Makefile."""

from __future__ import annotations

import os
from pathlib import Path

from toolkit import process
from toolkit.build.environment import clean
from toolkit.errors import BuildError

COMPILE_SECONDS = 300.0


def compiler_version(compiler: str) -> str:
    """The first line of `compiler --version`.

    Raises:
        ToolError: it is missing.
    """
    return process.run([compiler, "--version"], timeout=20, env=clean()).stdout.splitlines()[0]


def command(project: Path) -> list[str]:
    """The argv that builds a project with every core."""
    return ["make", "--directory", str(project), "--no-print-directory", f"--jobs={os.cpu_count() or 1}"]


def build(project: Path, compiler: str) -> None:
    """Run make in a project folder.

    Raises:
        ToolError: make or the compiler is missing.
        BuildError: the compiler refused.
    """
    process.require(compiler)
    process.run(command(project), timeout=COMPILE_SECONDS, env=clean(), error=BuildError)
