"""`verify` computed for a minute before it looked at the port; a picture deleted meanwhile cost the whole verdict."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from tests.e2e.host_board import listening
from toolkit import resources, workloads, workspace
from toolkit.artifacts import Verdict
from toolkit.errors import DatasetError, LinkError, StaleFirmwareError, TinymlError
from toolkit.selection import Selection
from toolkit.steps import build as build_step
from toolkit.steps import verify as step

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a build for this computer."""
    folder = tmp_path_factory.mktemp("port")
    build_step.build(build_step.Request("host", workspace=folder))
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of two of the user's own."""
    for name in ("3.png", "7.png"):
        shutil.copy(resources.external_images() / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host's outputs must not be computed."""

    def compute(*_: object) -> None:
        raise AssertionError("computed")

    monkeypatch.setattr(workloads, "compute", compute)


@pytest.mark.usefixtures("never")
def test_port_that_is_not_there(place: Path) -> None:
    board, folder, build = workspace.newest(place, "host")
    with pytest.raises(LinkError, match="/dev/ttyNOSUCH"):
        step.verify(board, folder, build, ("/dev/ttyNOSUCH",), Selection(), resume=False)


@pytest.mark.usefixtures("never")
def test_firmware_that_is_another(place: Path) -> None:
    board, folder, build = workspace.newest(place, "host")
    other = dataclasses.replace(build, build_id="0" * 16)
    with listening(build.image) as ports, pytest.raises(StaleFirmwareError, match="another build"):
        step.verify(board, folder, other, ports, Selection(), resume=False)


@pytest.mark.usefixtures("never")
def test_picture_that_is_none(place: Path, pictures: Path) -> None:
    board, folder, build = workspace.newest(place, "host")
    (pictures / "3.png").write_text("no picture")
    with pytest.raises(DatasetError, match=r"3\.png"):
        step.verify(board, folder, build, ("/dev/ttyNOSUCH",), Selection(0, None, pictures), resume=False)


def test_pictures_deleted_meanwhile_cost_nothing(place: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board, folder, build = workspace.newest(place, "host")
    really = workloads.compute

    def deleting(*arguments: object) -> workloads.Assembled:
        shutil.rmtree(pictures)
        return really(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(workloads, "compute", deleting)
    with listening(build.image) as ports:
        result = step.verify(board, folder, build, ports, Selection(5, None, pictures), resume=False)
    assert result.verdict is Verdict.PROVEN
    assert {"images/0", "images/1"} <= set(result.pictures.drawn)


def test_interruption_before_the_first_question(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board, folder, build = workspace.newest(place, "host")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(workloads, "compute", interrupted)
    with listening(build.image) as ports, pytest.raises(TinymlError, match="asked for nothing yet"):
        step.verify(board, folder, build, ports, Selection(5), resume=False)
