"""`doctor` did not know avrdude, and who had no TensorFlow was not told which Pythons have it."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit import board as boards
from toolkit import build, emulate, flash
from toolkit.cli import doctor
from toolkit.flash import bossac

LOCK = Path(__file__).parents[2] / "requirements.lock"
HIDDEN = ("tensorflow", "keras", "tflite_micro", "ai_edge_litert", "tflite", "unicorn", "matplotlib")


def _doctor(*arguments: str, hide: tuple[str, ...] = (), path: str = "/nonexistent") -> str:
    """What `tinyml doctor` prints, as if packages were not installed."""
    code = f"""
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {hide!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hidden())
sys.argv = ["tinyml", "doctor", *{arguments!r}]
from toolkit.cli.main import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PATH": path, "COLUMNS": "80", "NO_COLOR": "1", "HOME": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_program_that_a_board_needs_is_listed() -> None:
    needs = doctor._needs()
    for board in boards.load_all():
        programs = {tool for chain in board.toolchain for tool in build.load(chain.builder).tools()}
        programs |= set(emulate.load(board.emulator.name).tools()) if board.emulator else set()
        for method in flash.methods(board):
            programs |= set(flash.tools(method))
        for program in programs:
            assert board.id in needs[program], program
    assert {"avrdude", "simavr", "qemu-system-arm", "bossac", "pio", "arduino-cli", "avr-gcc"} <= set(needs)
    assert needs["avrdude"] == "flash: mega, uno"


@pytest.mark.parametrize("method", flash.names())
def test_a_method_tells_every_program_that_it_calls(method: str) -> None:
    program = getattr(importlib.import_module(f"toolkit.flash.{method}"), "PROGRAM", None)
    assert flash.tools(method) == (() if program is None else (program,))


def test_bossac_is_found_where_flash_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """arduino-cli installs it in a folder of its own, off PATH."""
    own = tmp_path / ".arduino15" / "packages" / "arduino" / "tools" / "bossac" / "1.9.1" / "bossac"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"nRF52840")
    monkeypatch.setattr(Path, "home", classmethod(lambda _: tmp_path))
    monkeypatch.setenv("PATH", "/nonexistent")
    assert bossac.candidates() == (own,)
    assert doctor._program("bossac") == own


def test_it_works_without_tensorflow_and_tells_who_has_it() -> None:
    said = json.loads(_doctor("--json", hide=HIDDEN))
    rows = {row["tool"]: row for row in said["tools"]}
    for package in doctor.PACKAGES:
        row = rows[f"python: {package.module}"]
        assert row["found"] is None
        assert row["wheels"] == package.wheels
        assert row["install"]
    assert rows["avrdude"]["install"].endswith("apt-get install avrdude")
    shown = " ".join(_doctor(hide=HIDDEN).split())
    assert f"Python {said['python']}" in shown
    assert "3.11 to 3.13" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    ("module", "minor", "system", "machine", "fits"),
    [
        ("tensorflow", 13, "linux", "x86_64", True),
        ("tensorflow", 14, "linux", "x86_64", False),
        ("tensorflow", 12, "linux", "aarch64", True),
        ("tensorflow", 12, "darwin", "x86_64", False),
        ("tensorflow", 12, "win32", "AMD64", True),
        ("tflite_micro", 14, "linux", "x86_64", True),
        ("tflite_micro", 12, "linux", "aarch64", False),
        ("tflite_micro", 12, "win32", "AMD64", False),
        ("unicorn", 15, "darwin", "x86_64", True),
    ],
)
def test_who_has_a_wheel(module: str, minor: int, system: str, machine: str, fits: bool) -> None:
    package = next(each for each in doctor.PACKAGES if each.module == module)
    assert package.fits(minor, system, machine) is fits


def test_no_wheel_is_said_and_not_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_installed", lambda _: None)
    monkeypatch.setattr(doctor, "_minor", lambda: 14)
    row = doctor._python_row(next(each for each in doctor.PACKAGES if each.module == "tensorflow"))
    assert "pip install" not in str(row["install"])
    assert "there is no wheel for Python 3.14" in str(row["install"])


def test_the_wheels_are_those_of_the_lock() -> None:
    """When a locked version changes, look again which wheels there are, then change both."""
    locked = dict(re.findall(r"^([a-z-]+)==([^ ;\\]+)", LOCK.read_text(), re.MULTILINE))
    for package in doctor.PACKAGES:
        assert locked[package.module.replace("_", "-")] == package.version
