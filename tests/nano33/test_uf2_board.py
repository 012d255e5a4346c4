"""Boards with the nRF52840 whose bootloader shows a drive: the XIAO on the virtual chip, with the road of a desk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.tinyml import tinyml
from toolkit.link.serial_ports import PublishedPorts

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="needs arm-none-eabi-gcc"),
]


def test_a_xiao_is_touched_uploaded_to_by_its_drive_and_proven(tmp_path: Path) -> None:
    pytest.importorskip("unicorn")
    built = tinyml("build", "-b", "xiao-sense", "-m", "cnn-2-2", "-C", str(tmp_path))
    assert built.returncode == 0, built.stderr
    flashed = tinyml("flash", "-b", "xiao-sense", "--emulate", "-C", str(tmp_path))
    try:
        assert flashed.returncode == 0, flashed.stderr
        done = tinyml("verify", "-b", "xiao-sense", "--limit", "20", "--no-strength", "-C", str(tmp_path))
        assert done.returncode == 0, done.stderr
        log = next(tmp_path.glob("build/xiao-sense/*.log")).read_text()
        assert "bootloader" in log
        state = PublishedPorts.load(next(tmp_path.glob("build/xiao-sense/*-board/ports.json")))
        assert [port.usb_id for port in state.ports] == ["2886:8045"]
        assert not list(tmp_path.glob("build/xiao-sense/*-board/XIAO-SENSE"))
    finally:
        assert tinyml("flash", "--stop", "-b", "xiao-sense", "-C", str(tmp_path)).returncode == 0
