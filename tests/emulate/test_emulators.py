"""QEMU and the host process: the argv, a start and an end, and every way that a start fails."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.firmware import firmware
from toolkit import board as boards
from toolkit import process
from toolkit.artifacts import RunningDevice
from toolkit.emulate import host, load, qemu
from toolkit.errors import EmulatorError, LinkError, TinymlError, ToolError
from toolkit.link import Bounds, Client, open_transport

MPS2 = boards.load("mps2-an386")
HOST = boards.load("host")


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Firmware for mps2-an386."""
    return firmware.bare(tmp_path_factory.mktemp("bare"), "mps2-an386")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Firmware for this computer."""
    return firmware.host(tmp_path_factory.mktemp("host"), sanitize=False)


def test_qemu_argv() -> None:
    assert qemu.command(MPS2, Path("out/firmware.elf"), 4000) == [
        "qemu-system-arm",
        *("-machine", "mps2-an386"),
        *("-kernel", "out/firmware.elf"),
        *("-icount", "shift=7"),
        *("-display", "none", "-monitor", "none", "-nodefaults"),
        *("-serial", "tcp:127.0.0.1:4000,server=on,wait=off,nodelay=on"),
    ]
    assert "microbit" in qemu.command(boards.load("microbit"), Path("x"), 1)


def test_host_argv() -> None:
    assert host.command(Path("out/firmware")) == ["out/firmware", "--tcp", "0"]


def test_emulators_by_name() -> None:
    assert load("qemu") is qemu and load("host") is host
    with pytest.raises(EmulatorError, match="no emulator 'renode'"):
        load("renode")


def serves(device: RunningDevice) -> bool:
    """Whether firmware answers there."""
    client = Client(lambda: open_transport(device.port), Bounds(contact=5))
    try:
        return client.hello().board == "stub"
    finally:
        client.close()


@pytest.mark.emulator
def test_qemu_starts_and_stops(elf: Path, tmp_path: Path) -> None:
    device = qemu.start(MPS2, elf, tmp_path / "new" / "log")
    assert device.pid is not None and device.log is not None and device.log.is_file()
    assert device.port.startswith("socket://127.0.0.1:")
    assert serves(device) and process.start_of(device.pid) is not None
    qemu.stop(device.pid)
    assert process.start_of(device.pid) is None
    with pytest.raises(LinkError, match="nothing listens"):
        open_transport(device.port)
    qemu.stop(device.pid)


@pytest.mark.emulator
def test_qemu_idles_without_load(elf: Path, tmp_path: Path) -> None:
    """Firmware that waits must sleep: a forgotten emulator is to cost nothing."""
    device = qemu.start(MPS2, elf, tmp_path / "log")
    assert device.pid is not None
    try:
        assert serves(device)

        def used() -> float:
            fields = Path(f"/proc/{device.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

        before = used()
        time.sleep(1.0)
        assert used() - before < 0.2
    finally:
        qemu.stop(device.pid)


@pytest.mark.emulator
def test_two_at_once(elf: Path, tmp_path: Path) -> None:
    devices = [qemu.start(MPS2, elf, tmp_path / f"log{n}") for n in range(2)]
    try:
        assert devices[0].port != devices[1].port
        assert all(serves(device) for device in devices)
    finally:
        for device in devices:
            assert device.pid is not None
            qemu.stop(device.pid)


@pytest.mark.emulator
def test_qemu_without_an_image(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match=r"QEMU did not start .*Could not load kernel") as caught:
        qemu.start(MPS2, tmp_path / "missing.elf", tmp_path / "log")
    assert "\n" not in caught.value.message
    assert str(tmp_path / "log") in caught.value.hint


def test_qemu_that_is_not_installed(elf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="qemu-system-arm is not installed") as caught:
        qemu.start(MPS2, elf, tmp_path / "log")
    assert "apt-get install qemu-system-arm" in caught.value.hint


def test_log_that_cannot_be_written(elf: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for emulator, image in ((qemu, elf), (host, elf)):
        with pytest.raises(TinymlError, match="cannot write"):
            emulator.start(MPS2, image, tmp_path / "file" / "log")


def test_host_starts_and_stops(program: Path, tmp_path: Path) -> None:
    device = host.start(HOST, program, tmp_path / "log")
    assert device.pid is not None
    assert serves(device)
    host.stop(device.pid)
    assert process.start_of(device.pid) is None


@pytest.mark.parametrize(
    ("script", "says"), [("echo something is wrong >&2; exit 3", "something is wrong"), ("exit 3", "it said nothing")]
)
def test_host_program_that_dies_at_once(tmp_path: Path, script: str, says: str) -> None:
    image = tmp_path / "firmware"
    image.write_text(f"#!/bin/sh\n{script}\n")
    image.chmod(0o755)
    with pytest.raises(EmulatorError, match=f"the firmware did not start: {says}"):
        host.start(HOST, image, tmp_path / "log")


def test_host_program_that_is_none(tmp_path: Path) -> None:
    image = tmp_path / "firmware"
    image.write_text("no program")
    with pytest.raises(ToolError, match=r"is not installed|could not be started"):
        host.start(HOST, image, tmp_path / "log")


def test_a_number_that_another_program_has_now_is_left_alone() -> None:
    other = subprocess.Popen(["sleep", "60"])
    try:
        qemu.stop(other.pid)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
