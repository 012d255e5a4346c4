"""Tables were up to 140 characters wide at 80, and one that was cut off showed figures that were others."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.regression.workspace import tinyml
from toolkit.cli import build, output, tables
from toolkit.link import serial_ports as ports
from toolkit.link.serial_ports import UsbPort


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")


def _fits(said: str, width: int = 80) -> None:
    assert said.strip()
    assert [line for line in said.splitlines() if len(line.rstrip()) > width] == []
    assert "…" not in re.sub(r"SHA-256 [0-9a-f]{16}…", "", said)


@pytest.mark.parametrize("command", [
    ("boards",), ("models",), ("paper",), ("paper", "best"), ("paper", "epochs"), ("paper", "when"),
    ("paper", "harder-data"),
])  # fmt: skip
def test_every_table_of_a_command_fits(command: tuple[str, ...], tmp_path: Path) -> None:
    runs_in = () if command == ("boards",) else ("-C", str(tmp_path))
    _fits(_run(*command, *runs_in))


def test_the_tables_of_devices_fit(tmp_path: Path) -> None:
    said = _run("paper", "devices", "-C", str(tmp_path))
    _fits("\n".join(line for line in said.splitlines() if not re.match(r"\S+, \S+, \S+: ", line)))


def test_doctor_fits() -> None:
    _fits(_run("doctor"))


def test_ports_with_long_names_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    found = UsbPort("/dev/serial/by-path/pci-0000:00:14.0-usb-0:2.1.4:1.0", 0x2341, 0x805A, "0123456789ABCDEF" * 3)
    monkeypatch.setattr(ports, "connected_ports", lambda: (found,))
    said = _run("ports")
    _fits(said)
    assert "nano33" in said


def test_a_build_fits(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from toolkit.artifacts import Build

    made = Build.load(folder / "build" / "host" / "proposed-int8-aot" / "build.json")
    build.render(made)
    _fits("\n".join(line for line in capsys.readouterr().out.splitlines() if not line.startswith("image ")))


def test_no_figure_is_lost_at_any_width(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = tinyml("models", "--json", folder=tmp_path)
    for width in (200, 80, 60, 40, 20):
        monkeypatch.setenv("COLUMNS", str(width))
        said = _run("models", "-C", str(tmp_path))
        for row in known:
            assert f"{row['params']:,}" in said, width


def test_what_has_no_room_comes_below_under_its_own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = io.StringIO()
    monkeypatch.setattr(output, "stdout", lambda: Console(file=sheet, width=30, highlight=False, emoji=False))
    rows = [("first", "1,000,000", "2,000,000", "3,000,000"), ("[second]", "4", "5", "6")]
    tables.show(("name", "one", "two", "three"), rows, figures=("one", "two", "three"))
    assert [line.split() for line in sheet.getvalue().splitlines()] == [
        ["name", "one", "two"], ["first", "1,000,000", "2,000,000"], ["[second]", "4", "5"], [],
        ["name", "three"], ["first", "3,000,000"], ["[second]", "6"],
    ]  # fmt: skip


def _run(*arguments: str) -> str:
    from typer.testing import CliRunner

    from toolkit.cli.main import app

    result: Any = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return str(result.stdout)
