"""QEMU: boots an image on an emulated board, its serial port on a TCP port of this computer."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from toolkit.artifacts import RunningDevice
from toolkit.board import Board, settings
from toolkit.emulate.base import device, last_line, starting, stop_process
from toolkit.errors import EmulatorError
from toolkit.link.serial_ports import PortLister
from toolkit.toml import Table, Word

PROGRAM = "qemu-system-arm"
START_SECONDS = 20.0
SETTLE_SECONDS = 0.3
ATTEMPTS = 3
HOST = "127.0.0.1"


class Settings(Table, frozen=True, kw_only=True):
    """machine: QEMU's name of it; uart: which of its serial ports the firmware talks on, from 0."""

    machine: Word
    uart: Annotated[int, Meta(ge=0, le=7)] = 0


def boots(board: Board) -> bool:  # noqa: ARG001 - all of them
    """True: nothing is uploaded to it."""
    return True


def tools() -> tuple[str, ...]:
    """The outside programs that must be on PATH."""
    return (PROGRAM,)


def command(board: Board, image: Path, port: int) -> list[str]:
    """The argv that boots `image`; pure.

    One instruction is 128 ns of the board's time (`-icount shift=7`), more than a tick of its timers, by which the
    firmware can so count instructions one by one.
    Without `nodelay` small exchanges wait for each other's acknowledgements.
    """
    told = settings(board.emulator, Settings)
    if told is None:
        raise EmulatorError(f"{board.path.name} has no settings for qemu", "see boards/mps2-an386.toml")
    return [
        PROGRAM,
        *("-machine", told.machine),
        *("-kernel", str(image)),
        *("-icount", "shift=7"),
        *("-display", "none", "-monitor", "none", "-nodefaults"),
        *(("-serial", "null") * told.uart),
        *("-serial", f"tcp:{HOST}:{port},server=on,wait=off,nodelay=on"),
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _serves(port: int) -> bool:
    """Whether QEMU runs its board: it listens before it looks at the image, and hangs up if that is no good."""
    try:
        with socket.create_connection((HOST, port), timeout=SETTLE_SECONDS) as probe:
            return bool(probe.recv(1))
    except TimeoutError:
        return True  # it runs, and the firmware's first word was said before
    except OSError:
        return False


def start(board: Board, image: Path, log: Path) -> RunningDevice:
    """Boot `image` in the background; see `base.Emulator`."""
    for attempt in range(ATTEMPTS):  # another program may take the free port before QEMU does
        port = _free_port()
        try:
            with starting(command(board, image, port), log) as running:
                deadline = time.monotonic() + START_SECONDS
                while running.poll() is None and time.monotonic() < deadline:
                    if _serves(port):
                        return device(board, f"socket://{HOST}:{port}", running, log)
                    time.sleep(0.02)
                raise EmulatorError(f"QEMU did not start {board.name}: {last_line(log)}", f"see {log}")
        except EmulatorError:
            if attempt + 1 == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def lister(running: RunningDevice) -> PortLister:  # noqa: ARG001 - it boots its image
    """No USB ports."""
    return lambda: ()


def stop(pid: int, started: str | None = None) -> None:
    """End it; see `base.Emulator`."""
    stop_process(pid, started)
