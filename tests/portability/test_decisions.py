"""What is decided by the system: `sys.platform` is another for the moment of the call."""

from __future__ import annotations

import ast
import errno
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from toolkit import board as boards
from toolkit import files, process
from toolkit.build import host_gcc
from toolkit.cli import doctor
from toolkit.emulate import base, nano33, rp2040js, simavr
from toolkit.errors import BuildError, EmulatorError
from toolkit.flash import bossac
from toolkit.link import serial_ports
from toolkit.strength import library

ROOT = Path(__file__).parents[2]


def on(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", system)


def test_windows_is_given_the_path_of_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """It starts no `npm` of its own accord: that is npm.cmd."""
    monkeypatch.setattr(shutil, "which", "C:\\node\\{}.cmd".format)
    assert process._as_started(["npm", "ci"]) == ["npm", "ci"]
    on("win32", monkeypatch)
    assert process._as_started(["npm", "ci"]) == ["C:\\node\\npm.cmd", "ci"]


def test_a_program_beside_python_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "onnx2tf"
    program.touch(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert process.find_beside_python("onnx2tf") == program
    assert process.find_beside_python("no such program") is None


@pytest.mark.parametrize(
    ("system", "code", "died"),
    [
        ("linux", 1, None),
        ("linux", -11, "signal 11"),
        ("darwin", -6, "signal 6"),
        ("win32", 1, None),
        ("win32", 3, "code 0x3"),
        ("win32", 0xC0000005, "code 0xC0000005"),
        ("win32", -1073741819, "code 0xC0000005"),
    ],
)
def test_what_a_program_died_of(system: str, code: int, died: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    on(system, monkeypatch)
    assert process.Completed(("it",), code, "", "").died == died


@pytest.mark.parametrize(("system", "refusals"), [("win32", 2), ("linux", 0)])
def test_a_file_that_is_open_elsewhere_is_replaced_later(
    system: str, refusals: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, asked = Path.replace, []

    def refusing(path: Path, to: Path) -> Path:
        asked.append(path)
        if len(asked) <= 2:
            raise PermissionError(errno.EACCES, "it is open")
        return sound(path, to)

    (tmp_path / "new").write_bytes(b"new")
    monkeypatch.setattr(Path, "replace", refusing)
    on(system, monkeypatch)
    if refusals:
        files.replace(tmp_path / "new", tmp_path / "old")
        assert (tmp_path / "old").read_bytes() == b"new"
    else:  # POSIX means it
        with pytest.raises(PermissionError):
            files.replace(tmp_path / "new", tmp_path / "old")
    assert len(asked) == refusals + 1


def test_a_process_that_has_just_gone_is_no_error_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(pid: int, number: int) -> None:
        raise OSError(errno.EINVAL, "The parameter is incorrect")

    monkeypatch.setattr(process, "start_of", lambda _: "then")
    monkeypatch.setattr(os, "kill", gone)
    base.stop_process(1 << 22, "then")


def test_ports_have_the_names_of_their_system(monkeypatch: pytest.MonkeyPatch) -> None:
    on("win32", monkeypatch)
    assert "COM12" in serial_ports.names_of("com12")
    assert serial_ports.example() == "COM3"
    assert serial_ports.without_carrier("COM3") == "COM3"
    on("darwin", monkeypatch)
    assert "/dev/cu.usbmodem1101" in serial_ports.names_of("/dev/tty.usbmodem1101")
    assert serial_ports.without_carrier("/dev/tty.usbmodem1101") == "/dev/cu.usbmodem1101"
    assert serial_ports.example().startswith("/dev/cu.")
    on("linux", monkeypatch)
    assert serial_ports.names_of("/dev/ttyACM0") == {"/dev/ttyACM0"}
    assert serial_ports.without_carrier("/dev/tty.usbmodem1101") == "/dev/tty.usbmodem1101"


@pytest.mark.parametrize(
    ("system", "caught", "says"),
    [
        ("win32", "could not open port 'COM3': PermissionError(13, 'Access is denied.', None, 5)", "in use by another"),
        ("win32", "could not open port 'COM3': FileNotFoundError(2, '...', None, 2)", "is not there"),
        ("win32", "could not open port 'COM3': OSError(22, '...', None, 87)", "cannot be opened"),
        ("linux", "PermissionError(", "cannot be opened"),
    ],
)
def test_why_a_port_is_not_opened_is_read_from_what_pyserial_says(
    system: str, caught: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(system, monkeypatch)
    assert says in serial_ports.cannot_open("COM3", OSError(caught), modem_manager=lambda: False).message


def test_nobody_is_sent_to_a_group_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = OSError(errno.EACCES, "no")
    assert "usermod" in serial_ports.cannot_open("/dev/null", refused).hint
    on("darwin", monkeypatch)
    assert "usermod" not in serial_ports.cannot_open("/dev/null", refused).hint


def test_a_library_needs_nothing_beside_it_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "-static-libgcc" not in library.compile_command("gcc", ["a.c"])
    on("win32", monkeypatch)
    assert "-static-libgcc" in library.compile_command("gcc", ["a.c"])


@pytest.mark.parametrize(("emulator", "board"), [(nano33, "nano33"), (rp2040js, "pico"), (simavr, "uno")])
def test_virtual_boards_with_a_terminal_are_refused_on_windows(
    emulator: base.Emulator, board: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = boards.load(board)
    on("win32", monkeypatch)
    with pytest.raises(EmulatorError, match="pseudo-terminal, which Windows does not have"):
        emulator.start(known, tmp_path / "firmware.bin", tmp_path / "log")


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_the_host_board_is_of_linux(system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = boards.load("host")
    on(system, monkeypatch)
    with pytest.raises(BuildError, match="is a program of Linux"):
        host_gcc.build(tmp_path, known, known.toolchain[0])


def test_bossac_is_found_where_each_system_has_it(tmp_path: Path) -> None:
    places = (".arduino15/{}/bossac", "Library/Arduino15/{}/bossac", "AppData/Local/Arduino15/{}/bossac.exe")
    made = [tmp_path / place.format("packages/arduino/tools/bossac/1.9") for place in places]
    for path in made:
        path.parent.mkdir(parents=True)
        path.touch()
    assert list(bossac.candidates(tmp_path))[:3] == made


def test_packages_are_asked_for_only_where_they_have_wheels() -> None:
    """pyproject.toml and `tinyml doctor` say the same of every system."""
    said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    asked = {requirement.name.replace("-", "_"): requirement for requirement in map(Requirement, said)}
    machines = {"linux": ("x86_64", "aarch64", "armv7l"), "darwin": ("arm64", "x86_64"), "win32": ("AMD64", "ARM64")}
    for system, machine in ((system, machine) for system, each in machines.items() for machine in each):
        for package in doctor.PACKAGES:
            if package.module in asked:
                marker = asked[package.module].marker
                assert marker is not None
                here = marker.evaluate({"sys_platform": system, "platform_machine": machine})
                assert here == package.fits(12, system, machine), f"{package.module} on {system} {machine}"


def test_every_text_is_read_and_written_with_an_encoding() -> None:
    """Windows takes another one than UTF-8 where none is said."""
    found = []
    for path in sorted((ROOT / "toolkit").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and _is_text(call):
                found.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert not found


def _is_text(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    named = {word.arg for word in call.keywords}
    if name in ("read_text", "write_text") and isinstance(call.func, ast.Attribute):
        ours = getattr(call.func.value, "id", "") == "drives"  # a function of that name
        return "encoding" not in named and not ours
    if name == "open" and isinstance(call.func, ast.Name):
        mode = next((str(ast.literal_eval(each)) for each in call.args[1:2]), "r")
        return "b" not in mode and "encoding" not in named
    return name in ("run", "Popen", "check_output") and "text" in named and not named & {"encoding", "errors"}


@pytest.mark.slow
def test_the_types_are_those_of_windows(tmp_path: Path) -> None:
    """mypy knows what each system's standard library lacks; only the virtual boards' own processes may use more."""
    cache = ROOT / ".mypy_cache" / "win32"
    argv = [sys.executable, "-m", "mypy", "--platform", "win32", "--no-warn-unreachable", "--cache-dir", str(cache)]
    done = subprocess.run([*argv, "-p", "toolkit"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    lines = [line for line in done.stdout.splitlines() if ": error: " in line]
    posix = re.compile(r"toolkit/emulate/(terminal|nano33/__main__|rp2040js/__main__)\.py:|Path.*group")
    assert [line for line in lines if not posix.search(line)] == []
    assert any("termios" in line or "tcgetattr" in line for line in lines), done.stdout + done.stderr
