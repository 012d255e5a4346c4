"""On macOS and Windows, as far as it can be told on Linux: see `elsewhere`. Neither system has run any of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SYSTEMS = ("win32", "darwin")


def elsewhere(system: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """`tinyml` as it would run on another system."""
    argv = [sys.executable, "-m", "tests.portability.elsewhere", system, *arguments]
    from os import environ

    path = {**environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(argv, cwd=cwd, env=path, capture_output=True, encoding="utf-8", check=False, timeout=250)


COMMANDS = (
    "--all-modules",
    "--all-help",
    "boards",
    "models",
    "ports --json",
    "doctor",
    "init --board nano33 --model proposed",
)


@pytest.mark.parametrize("system", SYSTEMS)
def test_commands_that_need_no_board(system: str, tmp_path: Path) -> None:
    """All modules are imported, all commands tell their help, and these do their work; in one process, to be quick."""
    done = elsewhere(system, *" --then ".join(COMMANDS).split(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = dict(zip(COMMANDS, done.stdout.split("$ ")[1:], strict=True))
    assert int(said["--all-modules"].split()[1]) > 300
    assert int(said["--all-help"].split()[-2]) >= 25
    assert "nano33" in said["boards"]
    assert "proposed" in said["models"]
    assert "[" in said["ports --json"]
    assert "there is no wheel for Python 3." in said["doctor"]
    assert 'board = "nano33"' in (tmp_path / "tinyml.toml").read_text(encoding="utf-8")


def test_a_module_of_posix_would_be_found() -> None:
    """The pseudo-terminals of the virtual boards are not for Windows, and it shows."""
    code = "from tests.portability.elsewhere import move_to; move_to('win32')\nimport toolkit.emulate.terminal"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert "No module named 'termios' on win32" in done.stderr


@pytest.mark.emulator
@pytest.mark.parametrize("system", ["win32", "intel-mac"])
def test_a_whole_run_is_proven(system: str, tmp_path: Path) -> None:
    """Build, start, verify, report and end, by our own reading of the arithmetic; on an Intel Mac without LiteRT."""
    done = elsewhere(system, "run", "--board", "mps2-an386", "--emulate", "--limit", "20", cwd=tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "PROVEN" in done.stdout
    assert "own reading of TensorFlow Lite Micro" in done.stderr
    assert not list(tmp_path.rglob("*.partial*"))
