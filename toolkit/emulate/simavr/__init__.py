"""An Arduino with an AVR, in simavr: cycle-accurate, with the bootloader that real boards carry.

    runner.c        the board: processor, USART0 behind a pty, DTR reset; a program of ours on libsimavr
    bootloader.py   optiboot or stk500v2, from the installed Arduino core

The board starts with nothing but its bootloader. Whoever opens its port resets it, so the real uploader works on it,
and a client sees what it would see on a desk: a reset, a second of bootloader, then the firmware's greeting.
"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

from toolkit import process, resources
from toolkit.artifacts import RunningDevice
from toolkit.board import Board, settings
from toolkit.emulate.base import device, last_line, needs_pty, starting, stop_process
from toolkit.emulate.simavr import bootloader
from toolkit.errors import EmulatorError
from toolkit.link.serial_ports import PortLister
from toolkit.toml import Table, Word

SOURCE = Path(__file__).with_name("runner.c")
COMPILE_SECONDS = 60.0
START_SECONDS = 10.0


class Settings(Table, frozen=True, kw_only=True):
    """machine: simavr's name of the processor."""

    machine: Word


def _machine(board: Board) -> str:
    told = settings(board.emulator, Settings)
    return told.machine if told is not None else board.mcu.cpu


def tools() -> tuple[str, ...]:
    """The outside programs that must be on PATH."""
    return ("gcc", "avr-gcc", "simavr")


def compile_command(source: Path, program: Path) -> list[str]:
    """The argv that builds the runner; pure."""
    return [
        *("gcc", "-std=gnu99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror"),
        *("-o", str(program), str(source), "-lsimavr", "-lelf", "-lutil"),
    ]


def command(runner: Path, board: Board, boot: bootloader.Bootloader, *, real_time: bool = False) -> list[str]:
    """The argv that starts the board; pure."""
    argv = [
        str(runner),
        *("--mcu", _machine(board), "--clock", str(board.mcu.clock_hz)),
        *("--bootloader", str(boot.hex_file), "--entry", f"{boot.entry:#x}"),
    ]
    return [*argv, "--real-time"] if real_time else argv


def _runner() -> Path:
    """The compiled runner, from the cache where it is there already.

    Raises:
        EmulatorError: libsimavr's headers are missing.
        ToolError: gcc is missing.
    """
    digest = hashlib.sha256(SOURCE.read_bytes())
    digest.update(process.run(["gcc", "--version"], timeout=20).stdout.encode())
    program = resources.cache() / "simavr" / digest.hexdigest()[:16] / "simavr-board"
    if not program.is_file():
        partial = program.with_name(f"simavr-board.partial-{os.getpid()}")
        program.parent.mkdir(parents=True, exist_ok=True)
        done = process.run(compile_command(SOURCE, partial), timeout=COMPILE_SECONDS, check=False)
        if done.returncode != 0:
            raise EmulatorError(
                f"simavr's runner does not compile: {process.first_error(done)}", process.install_hint("simavr")
            )
        partial.replace(program)
    return program


def start(board: Board, image: Path, log: Path, *, real_time: bool = False) -> RunningDevice:  # noqa: ARG001
    """Power a board that holds its bootloader and nothing else.

    Args:
        image: not used: the firmware comes by the uploader, as on a desk.
        log: what the runner prints.
        real_time: run the application no faster than the board would; without, as fast as this computer can.

    Returns:
        The device with its pty as port; `build_id` is empty.

    Raises:
        EmulatorError: it did not start; the message quotes the log.
        ToolError: a compiler is missing.
    """
    needs_pty(board)
    runner, boot = _runner(), bootloader.find(_machine(board))
    with starting(command(runner, board, boot, real_time=real_time), log) as running:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.startswith("port "):
                    return device(board, line.removeprefix("port "), running, log)
            if running.poll() is not None:
                break
            time.sleep(0.01)
        raise EmulatorError(f"simavr did not start {board.name}: {last_line(log)}", f"see {log}")


def lister(running: RunningDevice) -> PortLister:  # noqa: ARG001 - a pty has no USB id; the port is named
    """No USB ports: whoever uploads names the board's pty."""
    return lambda: ()


def stop(pid: int, started: str | None = None) -> None:
    """End it; see `base.Emulator`."""
    stop_process(pid, started)
