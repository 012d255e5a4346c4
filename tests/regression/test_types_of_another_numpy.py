"""mypy found 19 errors with the NumPy that the lock gives Python 3.13: it read that NumPy's stubs as Python 3.11 would.

No test saw it: Python 3.11 gets an older NumPy, whose stubs it can read.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_types_are_checked_for_the_python_that_the_packages_are_for() -> None:
    mypy = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert mypy["strict"]
    assert "python_version" not in mypy, "NumPy's stubs fit the Python that it is installed for, and no older one"
