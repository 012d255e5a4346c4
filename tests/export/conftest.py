"""Networks that several files of tests export: each is compiled, and its self-test chosen, once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.export.programs import GESTURES, written
from toolkit import taken_home
from toolkit.artifacts import DType
from toolkit.export import Library
from toolkit.steps import selftest


@pytest.fixture(scope="session", autouse=True)
def _hurried() -> Iterator[None]:
    """Seeds are chosen with less work than a user's are: these tests are about what is made, not how strong it is."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(selftest, "WORK", 2e8)
        yield


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Gestures and digits."""
    place = tmp_path_factory.mktemp("library")
    return taken_home.export(
        (GESTURES, "cnn-2-2"), "folder", place / "out", names=("gesture", "digits"), workspace=place,
        classes=("wing", "ring", "slope", "rest"),
    )  # fmt: skip


@pytest.fixture(scope="session")
def alone(library: Library) -> Library:
    """The first of the two by itself."""
    return dataclasses.replace(library, name="gesture", networks=library.networks[:1])


@pytest.fixture(scope="session")
def two(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both, as plain folders."""
    return written(library, "folder", tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="session")
def by_row(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network whose input comes row by row, as plain folders."""
    place = tmp_path_factory.mktemp("by_row")
    taken_home.export(("proposed",), "folder", place / "out", names=("rows",), stream="rows", workspace=place)
    return place / "out"


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A float32 network, as plain folders."""
    place = tmp_path_factory.mktemp("real")
    taken_home.export(("cnn-2-2",), "folder", place / "out", names=("real",), dtype=DType.FLOAT32, workspace=place)
    return place / "out"
