"""avrdude and PlatformIO as uploaders: the exact argv, and what is made of their answers."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import msgspec
import pytest

from tests.arduino.tools import FakeTools
from tests.nano33.fakes import QUICK, FakeBoard, build_of
from toolkit import board as boards
from toolkit import flash
from toolkit.artifacts import Build
from toolkit.errors import FlashError, ToolError
from toolkit.flash import avrdude, platformio
from toolkit.flash.base import silent
from toolkit.link.serial_ports import UsbPort

UNO = boards.load("uno")


@pytest.fixture(name="build")
def _build(tmp_path: Path) -> Build:
    image = tmp_path / "firmware.hex"
    image.write_text(":00000001FF\n")
    return build_of(image)


@pytest.fixture(name="port")
def _port(tmp_path: Path) -> str:
    path = tmp_path / "ttyACM0"
    path.touch()
    return str(path)


def test_avrdude_argv() -> None:
    assert avrdude.command(UNO, Path("firmware.hex"), "/dev/ttyACM0") == [
        "avrdude",
        *("-q", "-q", "-p", "ATmega328P", "-c", "arduino"),
        *("-P", "/dev/ttyACM0", "-b", "115200", "-D", "-U", "flash:w:firmware.hex:i"),
    ]
    assert avrdude.command(boards.load("mega"), Path("f"), "x")[3:7] == ["-p", "ATmega2560", "-c", "wiring"]


def test_board_without_a_programmer_cannot_be_flashed_by_avrdude() -> None:
    bare = msgspec.structs.replace(UNO, flash=None)
    with pytest.raises(FlashError, match=r"uno\.toml has no flash\.settings for avrdude"):
        avrdude.command(bare, Path("f"), "x")


def test_the_board_is_found_by_its_usb_id(
    tools: FakeTools, build: Build, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools.add("avrdude", "")
    monkeypatch.setenv("PATH", tools.path)
    connected = (UsbPort("/dev/ttyUSB7", 0x1234, 0x5678), UsbPort(port, 0x2341, 0x0043, "X"))
    assert avrdude.flash(UNO, build, None, silent, lister=lambda: connected) == port
    assert port in tools.argv("avrdude")


def test_no_board_is_an_error_before_anything_is_run(
    tools: FakeTools, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools.add("avrdude", "")
    monkeypatch.setenv("PATH", tools.path)
    with pytest.raises(FlashError, match="no Arduino Uno is connected"):
        avrdude.flash(UNO, build, None, silent, lister=lambda: ())
    assert not (tools.folder / "avrdude.argv").exists()


def test_a_clone_behind_any_adapter_can_be_named(
    tools: FakeTools, build: Build, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools.add("avrdude", "")
    monkeypatch.setenv("PATH", tools.path)
    assert avrdude.flash(UNO, build, port, silent, lister=lambda: ()) == port


def test_a_port_that_is_not_there(tools: FakeTools, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    tools.add("avrdude", "")
    monkeypatch.setenv("PATH", tools.path)
    with pytest.raises(FlashError, match="/dev/ttyACM99 is not there"):
        avrdude.flash(UNO, build, "/dev/ttyACM99", silent)


def test_a_port_without_permission_tells_the_cure(port: str) -> None:
    with pytest.raises(FlashError, match="no permission to open") as caught:
        avrdude.check_port(port, lambda _, mode: mode == os.F_OK)
    assert "usermod -a -G" in caught.value.hint


def test_avrdudes_last_word_is_the_reason(
    tools: FakeTools, build: Build, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = (
        'avrdude OS error: ioctl("TIOCMGET"): Inappropriate ioctl for device\n'
        "avrdude: verification error, first mismatch at byte 0x0080\n"
        "avrdude: verification mismatch\n"
    )
    tools.add("avrdude", f"sys.stderr.write({said!r}); sys.exit(1)")
    monkeypatch.setenv("PATH", tools.path)
    with pytest.raises(FlashError, match=r"avrdude failed \(exit 1\): verification mismatch"):
        avrdude.flash(UNO, build, port, silent)


def test_avrdude_missing_says_how_to_get_it(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="avrdude is not installed") as caught:
        avrdude.flash(UNO, build, "x", silent)
    assert "apt-get install avrdude" in caught.value.hint


def test_platformio_argv() -> None:
    assert platformio.command(UNO, Path("project"), "/dev/ttyACM0") == [
        *("pio", "run", "--project-dir", "project", "--environment", "uno"),
        *("--target", "nobuild", "--target", "upload", "--upload-port", "/dev/ttyACM0"),
    ]


def test_platformio_uploads_what_it_has_built(tools: FakeTools, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    tools.add("pio", "")
    monkeypatch.setenv("PATH", tools.path)
    nano33 = boards.load("nano33")
    with pytest.raises(FlashError, match="arm_gcc built this") as caught:
        platformio.flash(nano33, build, None, silent, lister=FakeBoard().ports, timing=QUICK)
    assert "--toolchain platformio" in caught.value.hint
    own = dataclasses.replace(build, toolchain="platformio")
    assert platformio.flash(nano33, own, None, silent, lister=FakeBoard().ports, timing=QUICK) == "/dev/ttyACM0"
    assert tools.argv("pio")[-1] == "/dev/ttyACM0"


def test_both_are_flash_methods() -> None:
    assert {"avrdude", "platformio"} <= set(flash.names())
