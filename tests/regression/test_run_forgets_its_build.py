"""`run` read build.json again after it had built: another one put there meanwhile was proven under the first's name."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from tests.regression.workspace import Refused, build_of, put, tinyml
from toolkit import board as boards
from toolkit.artifacts import Build, RunningDevice
from toolkit.emulate import host
from toolkit.errors import ChangedFileError
from toolkit.steps import flash as flash_step

RUN = ("run", "-b", "host", "--limit", "5", "--json")


def before_flash(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """Do something between run's build and its upload."""
    flash = flash_step.flash

    def with_mischief(*arguments: Any, **named: Any) -> RunningDevice:
        act()
        return flash(*arguments, **named)

    monkeypatch.setattr(flash_step, "flash", with_mischief)


def test_another_build_in_between_is_not_proven(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path_factory.mktemp("other")
    tinyml("build", "-b", "host", "--optimise", "size", folder=other)
    before_flash(monkeypatch, lambda: put(other, folder))
    with pytest.raises(Refused) as caught:
        tinyml(*RUN, folder=folder)
    assert isinstance(caught.value.error, ChangedFileError)
    assert not list((folder / "build" / "host").glob("*/verification.json"))


def test_another_record_in_between_is_of_no_account(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = build_of(folder)
    path = folder / "build" / "host" / "proposed-int8-aot" / "build.json"
    other: Build = dataclasses.replace(own, model="another", build_id="0123456789abcdef")
    before_flash(monkeypatch, lambda: other.save(path))
    result = tinyml(*RUN, folder=folder)
    assert (result["model"], result["device"]["build_id"]) == (own.model, own.build_id)
    with pytest.raises(Refused, match=r"another int8 on host, build \w+ has not been verified"):
        tinyml("report", folder=folder)


def test_another_device_in_between_is_neither_asked_nor_ended(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flash = flash_step.flash
    path = folder / "build" / "host" / "device.json"
    stop = host.stop
    started: list[int | None] = []
    ended: list[int | None] = []

    def then_mischief(*arguments: Any, **named: Any) -> RunningDevice:
        device = flash(*arguments, **named)
        dataclasses.replace(device, pid=4_000_000, port="socket://127.0.0.1:9").save(path)
        started.append(device.pid)
        return device

    def noted(pid: int, start: str | None) -> None:
        ended.append(pid)
        stop(pid, start)

    monkeypatch.setattr(flash_step, "flash", then_mischief)
    monkeypatch.setattr(host, "stop", noted)
    assert tinyml(*RUN, folder=folder)["emulated"] is True
    assert ended == started, "the one that it started, and no other"


def test_the_board_is_loaded_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load = boards.load
    asked: list[str] = []

    def noted(name: str, workspace: Path | None = None) -> boards.Board:
        asked.append(name)
        return load(name, workspace)

    monkeypatch.setattr(boards, "load", noted)
    tinyml(*RUN, folder=folder)
    assert asked == ["host"]
