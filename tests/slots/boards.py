"""Emulated boards whose power can be taken away: what a reset leaves of their memory is there afterwards."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tests.nano33.conftest import Running
from toolkit import board as boards
from toolkit.artifacts import Build
from toolkit.emulate import qemu, qemu_riscv


class Cuttable(Protocol):
    """A board under power."""

    port: str

    def cut(self) -> None:
        """Reset it, whatever it does."""

    def stop(self) -> None:
        """Switch it off."""


class Nano33:
    """The virtual Nano 33 BLE: slots in its flash, which outlives the reset button."""

    def __init__(self, build: Build, place: Path) -> None:
        self._running = Running(place / "board", build.image.read_bytes())
        self.port = self._running.sketch()

    def cut(self) -> None:
        """The reset button."""
        before = Path(self.port).resolve()
        self._running.board.press("reset")
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and (not Path(self.port).exists() or Path(self.port).resolve() == before):
            time.sleep(0.002)
        self._running.sketch()

    def stop(self) -> None:
        """The cable."""
        self._running.quit()


class Qemu:
    """A board in QEMU: slots in RAM, which outlives a reset."""

    def __init__(self, build: Build, place: Path) -> None:
        board, monitor = boards.load(build.board), place / "monitor"
        module = qemu_riscv if build.toolchain == "riscv_gcc" else qemu
        place.mkdir(parents=True, exist_ok=True)

        def argv(port: int) -> list[str]:
            given: list[str] = module.command(board, build.image, port)
            given[given.index("-monitor") + 1] = f"unix:{monitor},server=on,wait=off"
            return given

        self._running = qemu.boot(board, place / "log", argv)
        self.port = self._running.port
        self._monitor = socket.socket(socket.AF_UNIX)
        self._monitor.connect(str(monitor))

    def cut(self) -> None:
        """The monitor's reset."""
        self._monitor.sendall(b"system_reset\n")
        time.sleep(0.05)

    def stop(self) -> None:
        """End it."""
        self._monitor.close()
        assert self._running.pid is not None
        qemu.stop(self._running.pid, self._running.started)


START: dict[str, Callable[[Build, Path], Cuttable]] = {"nano33": Nano33, "mps2-an386": Qemu, "riscv-virt": Qemu}


def missing(board: str) -> str:
    """What is not installed for a board; empty if it can be tried."""
    if shutil.which("arm-none-eabi-gcc") is None:
        return "no arm-none-eabi-gcc"
    return "" if board == "nano33" or shutil.which("qemu-system-arm") else "no QEMU"
