"""SIGTERM, as a CI system sends it when time is up, ended `tinyml run` and left its emulator running."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from toolkit import process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_the_emulator_goes_with_it(number: signal.Signals, tmp_path: Path) -> None:
    heeding = ["env", f"--default-signal={number.name[3:]}", sys.executable, "-m", "toolkit.cli.main"]
    running = subprocess.Popen(
        [*heeding, "run", "--board", "host"], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    record = tmp_path / "build" / "host" / "device.json"
    deadline = time.monotonic() + 120
    while not record.exists() and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    pid = int(json.loads(record.read_text())["pid"])
    running.send_signal(number)
    _, errors = running.communicate(timeout=60)
    # Less the number: Python's own end by SIGINT, if it came while a text was being executed, as in many an import.
    assert running.returncode in (1, 128 + number, -number), errors
    assert "Traceback" not in errors
    assert not record.exists() and process.start_of(pid) is None
