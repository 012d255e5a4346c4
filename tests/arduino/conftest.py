"""Fixtures of the Arduino tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.arduino.tools import FakeTools


@pytest.fixture
def tools(tmp_path: Path) -> FakeTools:
    """An empty folder for fake programs."""
    return FakeTools(tmp_path / "bin")
