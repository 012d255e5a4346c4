"""Boards whose core or platform is somebody else's: what the sketch's project says so that the tools find it."""

from __future__ import annotations

import configparser
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.arduino.test_sketch import generate
from tests.arduino.tools import FakeTools
from tests.nano33.fakes import build_of, patient
from toolkit import board as boards
from toolkit import resources
from toolkit.artifacts import Build
from toolkit.errors import FlashError
from toolkit.flash import esptool, teensy_loader
from toolkit.link.serial_ports import UsbPort

WITH_ARDUINO = [
    board.id for board in boards.load_all() if any(chain.framework == "arduino" for chain in board.toolchain)
]
TIMING = patient(appear=0.1)


@pytest.mark.parametrize("board_id", WITH_ARDUINO)
def test_every_sketch_says_where_its_core_is(board_id: str, tmp_path: Path) -> None:
    board = boards.load(board_id)
    sketch = generate(tmp_path, board_id, "arduino-cli", {"model.h": "", "model.c": ""})
    told = next(chain.settings for chain in board.toolchain if chain.builder == "arduino_cli")
    lines = [line.strip() for line in (sketch / "sketch.yaml").read_text().splitlines()]
    assert f"fqbn: {told.fqbn}" in lines
    packager = told.core.split(":")[0]
    urls = [line for line in lines if line.startswith("platform_index_url: ")]
    assert urls == ([] if packager == "arduino" else [f"platform_index_url: {told.core_url}"])
    # Under `- platform:`, as a key of the same item.
    if urls:
        text = (sketch / "sketch.yaml").read_text()
        assert f"      - platform: {told.core.replace('@', ' (')})\n        {urls[0]}\n" in text
    main = (sketch / "my_sketch.ino").read_text()
    assert ("#include <Adafruit_TinyUSB.h>" in main) == (told.include is not None)


def test_platformio_is_told_more_of_the_environment(tmp_path: Path) -> None:
    sketch = generate(tmp_path, "pico", "platformio", {"model.h": "", "model.c": ""})
    read = configparser.ConfigParser()
    read.read(sketch / "platformio.ini")
    assert read["env:pico"]["board_build.core"] == "earlephilhower"
    assert read["env:pico"]["platform"] == "https://github.com/maxgerhardt/platform-raspberrypi.git#1.14.0"


CORE = """
#pragma once
#include <stddef.h>
#include <stdint.h>
struct Port {
  void begin(long);
  int available();
  int read();
  size_t write(const uint8_t *, size_t);
  operator bool();
};
extern Port Serial;
void yield();
unsigned long micros();
"""
TEENSY = """
#define ARM_DEMCR (*(volatile uint32_t *)0xE000EDFC)
#define ARM_DEMCR_TRCENA (1 << 24)
#define ARM_DWT_CTRL (*(volatile uint32_t *)0xE0001000)
#define ARM_DWT_CTRL_CYCCNTENA (1 << 0)
#define ARM_DWT_CYCCNT (*(volatile uint32_t *)0xE0001004)
"""


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
@pytest.mark.parametrize(("core", "unit"), [(CORE, "MICROSECONDS"), (CORE + TEENSY, "CYCLES")])
def test_teensys_cycle_counter_is_used_by_its_own_name(core: str, unit: str, tmp_path: Path) -> None:
    (tmp_path / "Arduino.h").write_text(core)
    firmware = resources.firmware()
    argv = ["g++", "-std=c++17", "-fpermissive", "-w", "-S", "-O2", "-o", "-", f"-I{tmp_path}"]
    argv += [f"-I{firmware / part}" for part in ("core", "ports")]
    source = tmp_path / "port.cpp"
    text = (firmware / "ports" / "arduino" / "port.cpp").read_text()
    source.write_text(text + f"\nstatic_assert(kTickUnit == PORT_TICKS_{unit});\n")
    done = subprocess.run([*argv, str(source)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def _build(path: Path, board_id: str, toolchain: str) -> Build:
    import dataclasses

    return dataclasses.replace(build_of(path), board=board_id, toolchain=toolchain)


def test_esptool_writes_the_whole_flash_that_holds_the_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board, image = boards.load("esp32-c3"), tmp_path / "project.ino.bin"
    image.write_bytes(b"\xe9" + bytes(999))
    whole = tmp_path / "project.ino.merged.bin"
    port = UsbPort("/dev/ttyACM0", 0x303A, 0x1001, "AA", "USB JTAG")
    tools = FakeTools(tmp_path / "bin")
    tools.add("esptool", "")
    monkeypatch.setenv("PATH", tools.path)
    build = _build(image, board.id, "arduino_cli")

    def flash() -> str:
        return esptool.flash(board, build, lister=lambda: (port,), timing=TIMING)

    with pytest.raises(FlashError, match=r"merged\.bin is missing"):
        flash()
    whole.write_bytes(bytes(0x10000) + b"another program" + bytes(1000))
    with pytest.raises(FlashError, match=r"does not hold project\.ino\.bin at 0x10000"):
        flash()
    whole.write_bytes(bytes(0x10000) + image.read_bytes() + b"\xff" * 100)
    assert flash() == "/dev/ttyACM0"
    assert tools.argv("esptool") == [
        *("--chip", "esp32c3", "--port", "/dev/ttyACM0", "--baud", "460800"),
        *("--before", "default-reset", "--after", "hard-reset", "write-flash", "0x0", str(whole)),
    ]
    assert not esptool.suits(board, _build(image, board.id, "platformio"))


def test_teensys_loader_is_called_and_its_reason_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board, image = boards.load("teensy41"), tmp_path / "firmware.hex"
    image.write_text(":00000001FF\n")
    port = UsbPort("/dev/ttyACM0", 0x16C0, 0x0483, "12345", "USB Serial")
    tools = FakeTools(tmp_path / "bin")
    tools.add("teensy_loader_cli", "")
    monkeypatch.setenv("PATH", tools.path)
    build = _build(image, board.id, "platformio")
    assert teensy_loader.flash(board, build, lister=lambda: (port,), timing=TIMING) == "/dev/ttyACM0"
    assert tools.argv("teensy_loader_cli") == ["--mcu=TEENSY41", "-s", "-w", "-v", str(image)]
    tools.add("teensy_loader_cli", "print('error: Unable to soft reboot', file=sys.stderr); sys.exit(1)")
    with pytest.raises(FlashError, match="Unable to soft reboot"):
        teensy_loader.flash(board, build, lister=lambda: (port,), timing=TIMING)


@pytest.mark.skipif(shutil.which("esptool") is None, reason="esptool is not installed")
def test_the_real_esptool_knows_our_options(tmp_path: Path) -> None:
    told = esptool.Settings(chip="esp32c3")
    whole = tmp_path / "whole.bin"
    whole.write_bytes(bytes(1024))
    done = subprocess.run(
        esptool.command(told, whole, "/dev/nosuch"), capture_output=True, text=True, check=False, timeout=60
    )
    said = done.stdout + done.stderr
    assert done.returncode != 0 and "/dev/nosuch" in said and "Usage" not in said, json.dumps(said)
