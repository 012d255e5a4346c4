"""QEMU: boots an image on an emulated board, its serial port on a TCP port of this computer."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from toolkit import process
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


Version = Annotated[str, Meta(pattern=r"^[0-9]+\.[0-9]+$(?!\n)", description='a version such as "9.1"')]


class Settings(Table, frozen=True, kw_only=True):
    """What a board file tells QEMU.

    Attributes:
        machine: QEMU's name of it.
        uart: which of its serial ports the firmware talks on, from 0.
        since: the first version that has the machine, where some in use have not.
    """

    machine: Word
    since: Version | None = None
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
        *serial(port),
    ]


def serial(port: int) -> tuple[str, str]:
    """The option that puts the firmware's serial port on a TCP port."""
    return ("-serial", f"tcp:{HOST}:{port},server=on,wait=off,nodelay=on")


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
    """Boot `image` in the background; see `base.Emulator`.

    Raises:
        EmulatorError: also if this QEMU is older than the board's machine.
    """
    told = settings(board.emulator, Settings)
    if told is not None and told.since is not None and not knows(told.since):
        raise EmulatorError(
            f"{board.name} needs QEMU {told.since} or newer, and this is {version()}",
            "Debian 13 has QEMU 10, and Debian 12 in its backports",
        )
    return boot(board, log, lambda port: command(board, image, port))


def version(program: str = PROGRAM) -> str:
    """What QEMU says of itself, such as "7.2.22"; empty if it says nothing.

    Raises:
        ToolError: it is not installed.
    """
    said = process.run([program, "--version"], timeout=20).stdout
    found = re.search(r"version (\d+\.\d+[\d.]*)", said)
    return found[1] if found else ""


def knows(since: str, program: str = PROGRAM) -> bool:
    """Whether this QEMU is of version `since` or newer.

    Raises:
        ToolError: it is not installed.
    """
    numbers = [tuple(int(word) for word in each.split(".")[:2]) for each in (version(program), since) if each]
    return len(numbers) == 2 and numbers[0] >= numbers[1]


def boot(board: Board, log: Path, argv_of: Callable[[int], list[str]]) -> RunningDevice:
    """Start a QEMU in the background and wait until it runs its board.

    Args:
        argv_of: makes the argv, of the TCP port on which its serial port is to be.

    Raises:
        ToolError: it is not installed.
        EmulatorError: it did not start; the message quotes its log.
    """
    for attempt in range(ATTEMPTS):  # another program may take the free port before QEMU does
        port = _free_port()
        try:
            with starting(argv_of(port), log) as running:
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
