"""The firmware as a process of this computer, its serial port on a TCP port."""

from __future__ import annotations

import time
from pathlib import Path

from toolkit.artifacts import RunningDevice
from toolkit.board import Board
from toolkit.emulate import host_tflm
from toolkit.emulate.base import device, last_line, starting, stop_process
from toolkit.errors import EmulatorError
from toolkit.link.serial_ports import PortLister

START_SECONDS = 30.0  # an interpreter is slow to load on a busy machine


def boots(board: Board) -> bool:  # noqa: ARG001 - all of them
    """True: nothing is uploaded to it."""
    return True


def tools() -> tuple[str, ...]:
    """The outside programs that must be on PATH: none."""
    return ()


def command(image: Path) -> list[str]:
    """The argv that starts the firmware: a program, or for the tflm runtime a library in need of an interpreter."""
    link = ("--tcp", "0")
    if image.suffix != ".so":
        return [str(image), *link]
    model = next((image.parent.parent / "model").glob("*.tflite"), image.with_suffix(".tflite"))
    return host_tflm.command(image, model, link)


def start(board: Board, image: Path, log: Path) -> RunningDevice:
    """Start `image` in the background; see `base.Emulator`. Its first line is its port."""
    with starting(command(image), log) as running:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
            if lines and lines[0].startswith("socket://") and lines[0].endswith("\n"):
                return device(board, lines[0].strip(), running, log)
            if running.poll() is not None:
                break
            time.sleep(0.01)
        raise EmulatorError(f"the firmware did not start: {last_line(log)}", f"see {log}")


def lister(running: RunningDevice) -> PortLister:  # noqa: ARG001 - it boots its image
    """No USB ports."""
    return lambda: ()


def stop(pid: int, started: str | None = None) -> None:
    """End it; see `base.Emulator`."""
    stop_process(pid, started)
