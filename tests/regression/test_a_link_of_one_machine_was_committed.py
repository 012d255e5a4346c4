"""A link to another folder of one machine was committed: `.gitignore` named the folder, and a link is none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        pytest.skip("no git, or no clone")
    return done.stdout.splitlines()


def test_no_link_is_committed() -> None:
    assert [line for line in _git("ls-files", "--stage") if line.startswith("120000")] == []


@pytest.mark.parametrize("name", [".venv", ".venv-peers", ".venv-farm"])
def test_environments_are_ignored_whatever_they_are(name: str) -> None:
    """The pattern ends without a slash, which would ask for a folder."""
    assert name in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
