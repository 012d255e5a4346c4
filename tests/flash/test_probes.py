"""The programs of debug probes: the exact argv, and fake programs that answer as the real ones do."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import cast

import pytest

from tests.nano33.fakes import build_of, image, patient
from tests.nano33.test_adapters import argv, fake
from toolkit import board as boards
from toolkit import flash, process
from toolkit.errors import FlashError, ToolError
from toolkit.flash import adafruit_nrfutil, hex_file, openocd, picotool, pyocd, st_flash
from toolkit.flash.base import silent
from toolkit.flash.usb_board import OpenPort
from toolkit.link.serial_ports import UsbPort

NUCLEO = boards.load("nucleo-f446re")
PICO = boards.load("pico")
PORTS = (UsbPort("/dev/ttyACM3", 0x0483, 0x374B, "0671FF", "STM32 STLink"),)
PICOS = (UsbPort("/dev/ttyACM3", 0x2E8A, 0x000A, "", "Pico"),)
TIMING = patient(appear=0.05)
ARGV = {
    "openocd": ["-f", "board/st_nucleo_f4.cfg", "-c", "program firmware.bin verify reset exit 0x08000000"],
    "st_flash": ["--reset", "write", "firmware.bin", "0x08000000"],
    "picotool": ["load", "-f", "-v", "-x", "firmware.bin", "-t", "bin", "-o", "0x10000000"],
    "pyocd": [
        *("load", "--target", "stm32f446retx", "--base-address", "0x08000000", "--format", "bin"),
        "firmware.bin",
    ],
}
MODULES = {"openocd": openocd, "st_flash": st_flash, "pyocd": pyocd, "picotool": picotool}


@pytest.fixture(name="binary")
def _binary(tmp_path: Path) -> Path:
    folder = tmp_path / "a folder {with} $signs"
    folder.mkdir()
    path = folder / "firmware.bin"
    path.write_bytes(image(1000))
    return path


@pytest.mark.parametrize("method", ARGV)
def test_the_argv_and_where_it_runs(method: str, tmp_path: Path, binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (program,) = flash.tools(method)
    note = f"import os; open({str(tmp_path / 'cwd.json')!r}, 'w').write(json.dumps(os.getcwd()))"
    tool = fake(tmp_path / "bin", program, note)
    monkeypatch.setenv("PATH", str(tool.parent))
    board, ports = (PICO, PICOS) if method == "picotool" else (NUCLEO, PORTS)
    port = MODULES[method].flash(board, build_of(binary), None, silent, lister=lambda: ports, timing=TIMING)
    assert port == "/dev/ttyACM3"
    assert argv(tool.parent) == ARGV[method]
    assert json.loads((tmp_path / "cwd.json").read_text()) == str(binary.parent)


@pytest.mark.parametrize("method", ARGV)
def test_what_went_wrong_is_said(method: str, tmp_path: Path, binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (program,) = flash.tools(method)
    tool = fake(tmp_path / "bin", program, "print('Error: open failed', file=sys.stderr); sys.exit(1)")
    monkeypatch.setenv("PATH", str(tool.parent))
    upload = MODULES[method].flash
    with pytest.raises(FlashError, match=rf"{program} failed \(exit 1\): Error: open failed"):
        upload(NUCLEO, build_of(binary), None, silent, lister=lambda: PORTS, timing=TIMING)
    tool.unlink()
    with pytest.raises(ToolError, match=f"{program} is not installed"):
        upload(NUCLEO, build_of(binary), None, silent, lister=lambda: PORTS, timing=TIMING)


def test_a_board_has_the_methods_of_its_file_and_no_others() -> None:
    of_arduino = {"arduino_cli", "platformio"}
    assert set(flash.methods(NUCLEO)) == {"mass_storage", *of_arduino, *ARGV} - {"picotool"}
    assert not set(flash.methods(boards.load("pico"))) & {"mass_storage", "st_flash"}
    with pytest.raises(FlashError, match="has no flash settings for pyocd"):
        pyocd.command(boards.load("uno"), "firmware.bin")


def test_a_port_of_an_adapter_is_taken_as_it_is_named(
    tmp_path: Path, binary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The STM32-H405 has no USB port of its own: what talks to it is any USB adapter."""
    tool = fake(tmp_path / "bin", "st-flash", "")
    monkeypatch.setenv("PATH", str(tool.parent))
    board = boards.load("olimex-h405")
    assert (
        st_flash.flash(board, build_of(binary), "/dev/ttyUSB0", silent, lister=tuple, timing=TIMING) == "/dev/ttyUSB0"
    )


GENPKG = ["dfu", "genpkg", "--dev-type", "0x0052", "--sd-req", "0x0123", "--application"]


def test_nrfutil_makes_a_package_and_sends_it_to_the_bootloader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board, path = boards.load("xiao-sense"), tmp_path / "firmware.bin"
    path.write_bytes(image(1000))
    note = f"open({str(tmp_path / 'all.txt')!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n'); "
    body = note + "print('Zip created at x' if 'genpkg' in sys.argv else 'Device programmed.')"
    monkeypatch.setenv("PATH", str(fake(tmp_path / "bin", "adafruit-nrfutil", body).parent))
    program = UsbPort("/dev/ttyACM0", 0x2886, 0x8045, "AB", "XIAO")
    loader = UsbPort("/dev/ttyACM1", 0x2886, 0x0045, "AB", "XIAO")
    state = [program]

    class Port:
        timeout = None

        def close(self) -> None:
            state[:] = [loader]

    def ports() -> tuple[UsbPort, ...]:
        if (tmp_path / "all.txt").exists() and "serial" in (tmp_path / "all.txt").read_text():
            state[:] = [program]
        return tuple(state)

    build, opened = build_of(path), cast(OpenPort, lambda *_: Port())
    found = adafruit_nrfutil.flash(board, build, None, silent, lister=ports, open_port=opened, timing=TIMING)
    assert found == "/dev/ttyACM0"
    package, upload = (json.loads(line) for line in (tmp_path / "all.txt").read_text().splitlines())
    assert package[:-2] == GENPKG and package[-2].endswith(".hex") and package[-1].endswith(".zip")
    assert upload[:3] == ["dfu", "serial", "--package"] and upload[3] == package[-1]
    assert upload[4:] == ["--port", "/dev/ttyACM1", "-b", "115200", "--singlebank"]


def test_nrfutil_that_fails_with_exit_code_0_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "firmware.bin"
    path.write_bytes(image(1000))
    body = "print('Failed to upgrade target. Error is: No data received', file=sys.stderr)"
    monkeypatch.setenv("PATH", str(fake(tmp_path / "bin", "adafruit-nrfutil", body).parent))
    port = UsbPort("/dev/ttyACM0", 0x2886, 0x8045, "AB", "XIAO")
    with pytest.raises(FlashError, match="Failed to upgrade target"):
        adafruit_nrfutil.flash(boards.load("xiao-sense"), build_of(path), lister=lambda: (port,), timing=TIMING)


@pytest.mark.skipif(shutil.which("adafruit-nrfutil") is None, reason="adafruit-nrfutil is not installed")
def test_the_real_nrfutil_takes_our_hex(tmp_path: Path) -> None:
    program, package = tmp_path / "firmware.hex", tmp_path / "firmware.zip"
    program.write_bytes(hex_file.encode(image(1000), 0x2_7000))
    told = adafruit_nrfutil.Settings(sd_req=0x0123)
    done = process.run(adafruit_nrfutil.package_command(told, program, package), timeout=30)
    assert "Zip created" in done.stdout + done.stderr
    with zipfile.ZipFile(package) as held:
        assert held.read("firmware.bin") == image(1000)
