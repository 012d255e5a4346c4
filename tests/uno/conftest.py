"""Firmware for the emulated Arduinos, built once, and boards that end with their test."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.tinyml import tinyml
from toolkit import board as boards
from toolkit import flash
from toolkit.artifacts import Build
from toolkit.emulate import simavr
from toolkit.flash.base import silent
from toolkit.link import Client, open_transport

Power = Callable[..., "EmulatedBoard"]


@dataclasses.dataclass
class EmulatedBoard:
    """A board in simavr.

    Attributes:
        board: its file.
        port: its pty.
        log: what the emulator prints; its last line comes when it is switched off.
    """

    board: boards.Board
    port: str
    pid: int
    log: Path

    def upload(self, build: Build) -> None:
        """By the real avrdude, to the bootloader."""
        flash.load("avrdude")(self.board, build, self.port, silent, lister=lambda: ())

    def client(self) -> Client:
        """A client of whatever runs."""
        return Client(lambda: open_transport(self.port, self.board.serial.baud, self.board.serial.quiet))

    def off(self) -> str:
        """Switch it off; the emulator's last line."""
        simavr.stop(self.pid)
        return self.log.read_text().splitlines()[-1]


@pytest.fixture
def power(tmp_path: Path) -> Iterator[Power]:
    """Switches boards on."""
    running: list[EmulatedBoard] = []

    def start(board_id: str = "uno", *, real_time: bool = False) -> EmulatedBoard:
        board = boards.load(board_id)
        log = tmp_path / f"simavr{len(running)}.log"
        device = simavr.start(board, Path(), log, real_time=real_time)
        assert device.pid is not None
        running.append(EmulatedBoard(board, device.port, device.pid, log))
        return running[-1]

    yield start
    for each in running:
        simavr.stop(each.pid)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the proposed model is built for the Uno, with avr-gcc alone."""
    folder = tmp_path_factory.mktemp("uno")
    done = tinyml("build", "--board", "uno", "--toolchain", "avr-gcc", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def firmware(workspace: Path) -> Build:
    """That build."""
    return Build.load(workspace / "build" / "uno" / "proposed-int8-aot" / "build.json")
