"""`device.json` with pid -1 made `flash --stop` end every process of the user; a re-used number ended a stranger."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolkit import board as boards
from toolkit import process
from toolkit.artifacts import RunningDevice
from toolkit.emulate import host
from toolkit.errors import TinymlError
from toolkit.steps.flash import stop
from toolkit.workspace import BoardFolder

# It has every word in its command line that a stopper ever looked for.
STRANGER = [sys.executable, "-c", "import time; time.sleep(60)", "--tcp", "qemu-system-arm", "simavr-board"]


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    other = subprocess.Popen(STRANGER)
    yield other
    other.kill()
    other.wait()


def _record(tmp_path: Path, pid: int, started: str | None) -> BoardFolder:
    place = BoardFolder(tmp_path)
    RunningDevice("host", "socket://127.0.0.1:1", "", pid, None, started).save(place.device)
    return place


@pytest.mark.parametrize("pid", [-1, 0, -os.getpgrp(), 1, 2**40])
def test_no_number_ends_more_than_one_process(tmp_path: Path, pid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr("os.kill", lambda *asked: killed.append(asked))
    place = _record(tmp_path, pid, None)
    stop(boards.load("host"), place)
    assert killed == [] and not place.device.exists()


def test_a_number_that_was_given_to_another_process(tmp_path: Path, stranger: subprocess.Popen[bytes]) -> None:
    own = process.start_of(os.getpid())
    assert own is not None
    for started in (own, "", None):
        stop(boards.load("host"), _record(tmp_path, stranger.pid, started))
        assert stranger.poll() is None


def test_the_very_process_is_ended(tmp_path: Path, stranger: subprocess.Popen[bytes]) -> None:
    started = process.start_of(stranger.pid)
    assert started is not None and started == process.start_of(stranger.pid)
    stop(boards.load("host"), _record(tmp_path, stranger.pid, started))
    assert stranger.wait(10) == -signal.SIGTERM
    assert process.start_of(stranger.pid) is None


def test_an_ended_child_that_nobody_has_waited_for_is_gone() -> None:
    child = subprocess.Popen(["true"])
    while process.start_of(child.pid) is not None:
        pass
    child.wait()


@pytest.mark.parametrize("pid", ["-1", True, 1.5, [1]])
def test_a_number_that_is_none_is_a_record_that_cannot_be_read(tmp_path: Path, pid: object) -> None:
    record = tmp_path / "device.json"
    record.write_text(json.dumps({"board": "host", "port": "x", "build_id": "", "pid": pid}))
    with pytest.raises(TinymlError, match="not a readable RunningDevice"):
        RunningDevice.load(record)


def test_what_flash_writes_is_enough_for_another_process_to_end_it(tmp_path: Path) -> None:
    image = tmp_path / "firmware"
    image.write_text("#!/bin/sh\necho socket://127.0.0.1:1\nexec sleep 60\n")
    image.chmod(0o755)
    device = host.start(boards.load("host"), image, tmp_path / "log")
    assert device.pid is not None and device.started is not None
    device.save(tmp_path / "device.json")
    code = (
        "from pathlib import Path; from toolkit import board, workspace; from toolkit.steps import flash;"
        f"flash.stop(board.load('host'), workspace.BoardFolder(Path({str(tmp_path)!r})))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert process.start_of(device.pid) is None
    host.stop(device.pid)
