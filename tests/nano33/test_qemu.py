"""The image that the virtual board runs also boots in QEMU, and QEMU sees what Unicorn lets pass."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.nano33.conftest import FIRMWARE, Start, compile_firmware
from toolkit import resources
from toolkit.emulate.nano33 import qemu_check
from toolkit.errors import EmulatorError

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="qemu-system-arm is not installed"),
]

SOURCES = [FIRMWARE / "engine.c", *sorted((resources.firmware() / "core").glob("*.c"))]


def test_the_image_boots_without_an_exception(echo: Path, tmp_path: Path) -> None:
    compile_firmware(tmp_path / "build", SOURCES)
    qemu_check.check(tmp_path / "build" / "firmware.elf", tmp_path / "qemu.log")


def test_an_fpu_that_is_not_enabled_is_found_here_and_not_in_unicorn(echo: Path, start: Start, tmp_path: Path) -> None:
    edits = {"../cortexm/startup.c": ("SCB_CPACR |= SCB_CPACR_FPU_FULL_ACCESS;", "")}
    binary = compile_firmware(tmp_path / "build", SOURCES, edits)
    assert start(binary.read_bytes()).sketch()
    with pytest.raises(EmulatorError, match=r"faults on a Cortex-M4F: Taking exception"):
        qemu_check.check(binary.with_suffix(".elf"), tmp_path / "qemu.log")


def test_an_image_that_only_hangs_is_reported(echo: Path, tmp_path: Path) -> None:
    compile_firmware(
        tmp_path / "build",
        SOURCES,
        {"port.c": ("  usb_control_start(&cdc_class);\n", "  usb_control_start(&cdc_class);\n  for (;;) {\n  }\n")},
    )
    with pytest.raises(EmulatorError, match="does not start"):
        qemu_check.check(tmp_path / "build" / "firmware.elf", tmp_path / "qemu.log", seconds=0.5)
