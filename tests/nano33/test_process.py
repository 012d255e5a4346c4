"""The virtual board as a background process, as `tinyml flash` and `tinyml run --emulate` use it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from tests.nano33.fakes import NANO33, Recorder, build_of, image
from toolkit.artifacts import RunningDevice
from toolkit.emulate import nano33
from toolkit.errors import EmulatorError
from toolkit.flash import samba
from toolkit.link.serial_ports import PublishedPorts, published_ports

pytestmark = pytest.mark.emulator


@pytest.fixture(name="device")
def _device(echo: Path, tmp_path: Path) -> Iterator[RunningDevice]:
    device = nano33.start(NANO33, echo, tmp_path / "emulator.log")
    yield device
    assert device.pid is not None
    nano33.stop(device.pid)


def test_touch_upload_and_a_port_whose_name_stays(device: RunningDevice, echo: Path, tmp_path: Path) -> None:
    for _ in range(2):
        with serial.Serial(device.port, 115_200, timeout=5) as link:
            link.write(b"hello")
            assert link.read(5) == b"hello"
        port = samba.flash(NANO33, build_of(echo), device.port, Recorder(), lister=nano33.lister(device))
        assert port == device.port


def test_commands_come_through_the_pipe(device: RunningDevice, tmp_path: Path) -> None:
    place = nano33.folder(tmp_path / "emulator.log")
    (place / "control").write_text("double-tap\n")
    deadline = time.monotonic() + 5
    while PublishedPorts.load(place / nano33.PORTS_FILE).mode != "bootloader":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert not Path(device.port).exists()


def test_stopping_twice_is_no_error(echo: Path, tmp_path: Path) -> None:
    device = nano33.start(NANO33, echo, tmp_path / "emulator.log")
    assert device.pid is not None
    nano33.stop(device.pid)
    nano33.stop(device.pid)
    assert published_ports(nano33.folder(tmp_path / "emulator.log") / nano33.PORTS_FILE)() == ()


def test_a_program_that_faults_at_once_is_reported(echo: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.bin"
    content = bytearray(image(64))
    content[16:18] = b"\x00\xde"  # udf
    content[4:8] = (0x10011).to_bytes(4, "little")
    broken.write_bytes(content)
    with pytest.raises(EmulatorError, match="did not come up: processor fault at 0x0001") as caught:
        nano33.start(NANO33, broken, tmp_path / "emulator.log")
    assert "emulator.log" in caught.value.hint
