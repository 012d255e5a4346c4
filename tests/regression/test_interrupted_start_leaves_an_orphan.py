"""Ctrl-C while an emulator started left it running, with nobody who knew of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from toolkit import process
from toolkit.emulate import base

SLEEPER = "#!/bin/sh\necho $$ > {pid}\n{says}\nexec sleep 60\n"

START = """
import sys
from pathlib import Path
from toolkit import board, emulate
folder = Path(sys.argv[1])
device = emulate.load("host").start(board.load("host"), folder / "firmware", folder / "log")
print("up", flush=True)
{then}
"""


def _started(folder: Path, says: str, then: str) -> tuple[subprocess.Popen[str], int]:
    """A process that starts an emulator, and that emulator's number, as soon as it runs."""
    image, written = folder / "firmware", folder / "pid"
    image.write_text(SLEEPER.format(pid=written, says=says))
    image.chmod(0o755)
    asks = ["env", "--default-signal=INT", sys.executable, "-c", START.format(then=then), str(folder)]
    starting = subprocess.Popen(asks, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    deadline = time.monotonic() + 30
    while not (written.exists() and written.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return starting, int(written.read_text())


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while process.start_of(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    return process.start_of(pid) is None


def test_ctrl_c_while_its_port_is_awaited(tmp_path: Path) -> None:
    starting, pid = _started(tmp_path, says=":", then="")
    starting.send_signal(signal.SIGINT)
    starting.communicate(timeout=30)
    assert _gone(pid)


def test_an_end_before_it_was_written_down(tmp_path: Path) -> None:
    starting, pid = _started(tmp_path, says="echo socket://127.0.0.1:1", then="raise SystemExit(1)")
    assert starting.communicate(timeout=30)[0] == "up\n"
    assert _gone(pid)


def test_one_that_was_written_down_runs_on(tmp_path: Path) -> None:
    starting, pid = _started(tmp_path, says="echo socket://127.0.0.1:1", then="emulate.outlive(device)")
    starting.communicate(timeout=30)
    assert process.start_of(pid) is not None
    os.kill(pid, signal.SIGKILL)


def test_ctrl_c_between_the_fork_and_the_note_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child exists already, and Popen has not yet returned."""
    whole = subprocess.Popen.__init__

    def interrupted(self: subprocess.Popen[bytes], *args: object, **kwargs: object) -> None:
        whole(self, *args, **kwargs)  # type: ignore[call-overload]
        signal.raise_signal(signal.SIGINT)

    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(subprocess.Popen, "__init__", interrupted)
    known = set(base._own)
    try:
        with pytest.raises(KeyboardInterrupt):
            base.spawn(["sleep", "60"], tmp_path / "log")
        (pid,) = set(base._own) - known  # noted before the interrupt was heard, and ended with this process
        base.stop_process(pid, None)
        assert process.start_of(pid) is None
    finally:
        signal.signal(signal.SIGINT, former)
