"""`flash --method` was ignored on an emulated board, and one that does not exist was tried after all else."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.nano33.fakes import build_of
from tests.regression.workspace import Refused, tinyml
from toolkit import board as boards
from toolkit import flash
from toolkit.cli.main import app
from toolkit.errors import FlashError

NANO33, UNO = boards.load("nano33"), boards.load("uno")


@pytest.mark.parametrize("method", ["samba", "arduino-cli", "nosuch"])
def test_an_emulated_board_takes_no_method(folder: Path, method: str) -> None:
    tinyml("flash", folder=folder)
    device = folder / "build" / "host" / "device.json"
    running = device.read_bytes()
    with pytest.raises(Refused, match=f"--method {method} has no use"):
        tinyml("flash", "--method", method, folder=folder)
    assert device.read_bytes() == running, "what runs there was not stopped for it"


def test_an_emulated_board_takes_no_port(folder: Path) -> None:
    for command in (("flash",), ("run", "-b", "host", "--limit", "5")):
        with pytest.raises(Refused, match="--port /dev/ttyACM0 has no use"):
            tinyml(*command, "--port", "/dev/ttyACM0", folder=folder)


def test_stop_takes_nothing_else(folder: Path) -> None:
    with pytest.raises(Refused, match="--stop goes with no other way"):
        tinyml("flash", "--stop", "--method", "samba", folder=folder)


@pytest.mark.parametrize(
    ("board", "method", "toolchain", "said"),
    [
        (NANO33, "nosuch", "arm_gcc", "there is no flash method 'nosuch'"),
        (NANO33, "avrdude", "arm_gcc", "the flash method avrdude is not one for Arduino Nano 33 BLE"),
        (UNO, "samba", "avr_gcc", "the flash method samba is not one for Arduino Uno"),
        (UNO, "bossac", "avr_gcc", "the flash method bossac is not one for Arduino Uno"),
        (UNO, "platformio", "avr_gcc", "platformio uploads only what it has built, and avr_gcc built this"),
        (NANO33, "samba", "arm_gcc", None),
        (NANO33, "bossac", "arm_gcc", None),
        (NANO33, "arduino_cli", "arm_gcc", None),
        (NANO33, "platformio", "platformio", None),
        (UNO, "avrdude", "avr_gcc", None),
    ],
)
def test_each_board_has_its_methods(
    tmp_path: Path, board: boards.Board, method: str, toolchain: str, said: str | None
) -> None:
    build = dataclasses.replace(build_of(tmp_path / "none"), toolchain=toolchain)
    if said is None:
        flash.check(method, board, build)
        return
    with pytest.raises(FlashError, match=said) as caught:
        flash.check(method, board, build)
    assert "_" not in caught.value.hint, "as --method spells it"


def test_every_board_file_names_a_method_of_its_own(tmp_path: Path) -> None:
    for board in boards.load_all():
        if board.flash is not None:
            build = dataclasses.replace(build_of(tmp_path / "none.hex"), toolchain=board.toolchain[0].builder)
            flash.check(board.flash.method, board, build)


def test_a_method_is_taken_as_the_help_spells_it_and_as_its_file(tmp_path: Path) -> None:
    """`--method arduino-cli` was refused, and arduino_cli offered."""
    build = build_of(tmp_path / "none")
    for spelling in ("arduino-cli", "arduino_cli"):
        flash.check(spelling, NANO33, build)
        assert flash.load(spelling)
        assert flash.tools(spelling) == ("arduino-cli",)


def test_the_help_spells_every_method_that_there_is() -> None:
    said = CliRunner().invoke(app, ["flash", "--help"], env={"COLUMNS": "200"}).output
    for method in flash.names():
        assert method.replace("_", "-") in said
    assert "arduino_cli" not in said
