"""What every emulator offers, and what they share: processes in the background, and the end of them."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

from toolkit import process
from toolkit.artifacts import RunningDevice
from toolkit.board import Board
from toolkit.errors import EmulatorError
from toolkit.ports import PortLister

NAMES = ("host", "nano33", "qemu", "simavr")
STOP_SECONDS = 5.0

# What this process has started itself and must wait for in the end.
_own: dict[int, subprocess.Popen[bytes]] = {}


class Emulator(Protocol):
    """A module of this package with these functions."""

    def tools(self) -> tuple[str, ...]:
        """The outside programs that must be on PATH."""
        ...

    def start(self, board: Board, image: Path, log: Path) -> RunningDevice:
        """Start a board in the background and wait until its port is there.

        Args:
            image: what its flash holds.
            log: file for what the emulator prints.

        Returns:
            The device, with its port and process; `build_id` is empty.

        Raises:
            ToolError: the emulator is not installed.
            EmulatorError: it did not start; the message quotes its log.
        """
        ...

    def lister(self, device: RunningDevice) -> PortLister:
        """The USB ports that the board shows; none for boards that boot their image and have no uploader."""
        ...

    def stop(self, pid: int) -> None:
        """End it; nothing happens if it has ended already."""
        ...


def load(name: str) -> Emulator:
    """The emulator of this name.

    Raises:
        EmulatorError: there is none.
    """
    if name not in NAMES:
        raise EmulatorError(f"there is no emulator {name!r}", f"one of: {', '.join(NAMES)}")
    return cast(Emulator, importlib.import_module(f"toolkit.emulate.{name}"))


def last_line(log: Path) -> str:
    """The last thing that an emulator said."""
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"


def spawn(argv: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start an emulator in the background, both its outputs in a fresh `log`.

    Raises:
        ToolError: it is not installed.
        EmulatorError: the log cannot be written.
    """
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as stream:
            return process.spawn(argv, log_file=stream)
    except OSError as caught:
        raise EmulatorError(f"cannot write {log}: {caught.strerror}", "check the permissions of the folder") from caught


def keep(running: subprocess.Popen[bytes]) -> int:
    """Leave an emulator running in the background, and return its number for `stop_process`."""
    _own[running.pid] = running
    return running.pid


def is_running(pid: int) -> bool:
    """True if the process is there and no zombie of ours."""
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def stop_process(pid: int, program: str) -> None:
    """End a process: asked first, then forced.

    Args:
        program: a part of its command line, so that a number that the system has given to another process since is left
            alone; only where the system tells command lines.
    """
    own = _own.pop(pid, None)
    proc = Path("/proc") / str(pid) / "cmdline"
    with contextlib.suppress(OSError):
        if own is None and program.encode() not in proc.read_bytes():
            return
    try:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while is_running(pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        if is_running(pid):
            os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
    except (ProcessLookupError, PermissionError):
        return
    finally:
        if own is not None:
            own.wait()
