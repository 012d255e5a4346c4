"""For the whole suite: every test starts alike, and the longest files come first, so that two workers end together.

A worker takes a whole file at a time (`--dist loadfile`); one of minutes that comes last leaves the other worker idle.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from toolkit.cli import output

# No test is held to a time: this computer may be busy.
settings.register_profile("tinyml", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tinyml")

LONGEST = (
    "differential/test_differential.py",
    "farm/test_farm.py",
    "e2e/test_foreign_networks.py",
    "compiler/test_rows.py",
    "e2e/test_mishaps.py",
    "e2e/test_run.py",
    "uno/test_board.py",
    "regression/test_a_zeroed_layer_was_proven.py",
    "convert/test_road.py",
    "cli/test_plan.py",
)
"""By the seconds that they take, the longest first."""

_HERE = Path(__file__).parent
_RANK = {_HERE / name: place for place, name in enumerate(LONGEST)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by file; within a file nothing moves."""
    items.sort(key=lambda item: _RANK.get(item.path, len(_RANK)))


@pytest.fixture(autouse=True)
def as_a_new_process() -> Iterator[None]:
    """What a command with --json said of its process is forgotten: the next test starts as a new one would."""
    yield
    output.use_json(False)
