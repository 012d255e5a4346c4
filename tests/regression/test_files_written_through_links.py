"""`journal.jsonl`, `emulator.log` and a half-made project that were links in a workspace: what they led to was lost."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from toolkit import files
from toolkit.artifacts import RunningDevice, write_atomically
from toolkit.emulate import base
from toolkit.errors import EmulatorError, TinymlError
from toolkit.link.stream import Answer
from toolkit.project import _replace_folder
from toolkit.verify import Journal
from toolkit.verify.journal import RunId

RUN = RunId("00", "11", 10)


def _journal(path: Path) -> None:
    with Journal(path, RUN, resume=False) as journal:
        journal.add(Answer(key=0, output=b"12", ticks=1))


def _log(path: Path) -> None:
    base.spawn(["true"], path).wait()


WRITERS: list[Callable[[Path], None]] = [_journal, _log, lambda path: write_atomically(path, b"x")]


@pytest.mark.parametrize("write", WRITERS)
def test_a_link_is_replaced_and_not_followed(tmp_path: Path, write: Callable[[Path], None]) -> None:
    precious, path = tmp_path / "precious", tmp_path / "file"
    precious.write_text("mine")
    path.symlink_to(precious)
    write(path)
    assert precious.read_text() == "mine"
    assert files.is_regular(path)
    path.unlink()
    path.hardlink_to(precious)
    write(path)
    assert precious.read_text() == "mine"


@pytest.mark.parametrize("write", WRITERS)
def test_a_pipe_in_its_place_does_not_hang(tmp_path: Path, write: Callable[[Path], None]) -> None:
    path = tmp_path / "file"
    os.mkfifo(path)
    write(path)
    assert files.is_regular(path)


def test_a_folder_in_its_place_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(TinymlError, match="cannot write"):
        _journal(tmp_path / "file")
    with pytest.raises(EmulatorError, match="cannot write"):
        _log(tmp_path / "file")


def test_records_are_not_read_from_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TinymlError, match="no ordinary file"):
        RunningDevice.load(tmp_path / "pipe")
    with pytest.raises(TinymlError, match="no interrupted run"):
        Journal(tmp_path / "pipe", RUN, resume=True)


def test_a_project_is_not_made_in_another_folder(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / ".project.partial").symlink_to(elsewhere)
    _replace_folder(tmp_path / "project", {"Makefile": b"all:\n"})
    assert not list(elsewhere.iterdir())
    assert subprocess.run(["make", "-C", tmp_path / "project"], check=False, capture_output=True).returncode == 0
