"""Workspaces of the regression tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.arduino.tools import FakeTools
from tests.regression.workspace import copied, tinyml


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proposed model for this computer, built once."""
    folder = tmp_path_factory.mktemp("built")
    tinyml("build", "-b", "host", folder=folder)
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it; whatever is left running there is stopped."""
    copied(built, tmp_path)
    yield tmp_path
    if list((tmp_path / "build").glob("*/*/build.json")):
        tinyml("flash", "--stop", folder=tmp_path)


@pytest.fixture
def tools(tmp_path: Path) -> FakeTools:
    """An empty folder for fake programs."""
    return FakeTools(tmp_path / "bin")
