"""What every emulator offers, and what they share: processes in the background, and the end of them."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, cast

from toolkit import files, process, registry
from toolkit.artifacts import RunningDevice
from toolkit.board import Board
from toolkit.errors import EmulatorError
from toolkit.link.serial_ports import PortLister

STOP_SECONDS = 5.0

# What this process has started itself; and which of it may run on when this process ends.
_own: dict[int, subprocess.Popen[bytes]] = {}
_outliving: set[int] = set()


class Emulator(Protocol):
    """A module with these functions, and a class `Settings` (a toml.Table) if a board file is to tell it more.

    One that boots the image of a board which is flashed on a desk has `boots(board) -> bool`, true for such boards; to
    any other the image is uploaded as it would be there.

    Another package brings one by the entry point `tinyml.emulators`.
    """

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

    def stop(self, pid: int, started: str | None = None) -> None:
        """End it; nothing happens if it has ended already, or the number is another process's by now.

        Args:
            pid, started: of its RunningDevice; without `started` only a child of this process is ended.
        """
        ...


class Counter(Protocol):
    """What an emulator may offer beside: it counts instructions for boards of which it has no clock.

    Attributes:
        FLASH_WAITS: the most cycles that one read of a constant in flash waits on the chip.
        WEIGHED_BY: whose cycles for an instruction it takes, in words.
    """

    FLASH_WAITS: int
    WEIGHED_BY: str

    def count(self, board: Board, image: Path, log: Path, counts: Path) -> RunningDevice:
        """As `Emulator.start`, and every inference is counted.

        Args:
            counts: gets what counts.py reads, of each inference before the board answers.
        """
        ...

    def stop(self, pid: int, started: str | None = None) -> None:
        """As `Emulator.stop`."""
        ...


def counter(name: str) -> Counter | None:
    """The emulator of this name, if it counts.

    Raises:
        EmulatorError: there is no such emulator.
    """
    module = registry.load(registry.EMULATORS, name, EmulatorError)
    return cast(Counter, module) if hasattr(module, "count") else None


def boots_image(board: Board) -> bool:
    """Whether what stands in for a board boots the image that is built, so that nothing is uploaded."""
    asked = getattr(load(board.emulator.name), "boots", None) if board.emulator is not None else None
    return bool(asked is not None and asked(board))


def load(name: str) -> Emulator:
    """The emulator of this name.

    Raises:
        EmulatorError: there is none.
    """
    return cast(Emulator, registry.load(registry.EMULATORS, name, EmulatorError))


def needs_pty(board: Board) -> None:
    """Refuse a virtual board whose port is a pseudo-terminal where the system has none.

    Raises:
        EmulatorError: this is Windows.
    """
    if sys.platform == "win32":
        raise EmulatorError(
            f"the virtual {board.name} shows its port as a pseudo-terminal, which Windows does not have",
            "a board in QEMU is reached by TCP: --board mps2-an386 --emulate. Or work in WSL",
        )


def last_line(log: Path) -> str:
    """The last thing that an emulator said."""
    try:
        said = log.read_text(encoding="utf-8", errors="replace")
    except OSError as caught:
        return f"its log cannot be read: {caught.strerror}"
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"


def spawn(argv: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start an emulator in the background, both its outputs in a fresh `log`.

    It ends with this process, unless it is left to `outlive` it.

    Raises:
        ToolError: it is not installed.
        EmulatorError: the log cannot be written.
    """
    try:
        with process.uninterrupted(), files.fresh(log) as stream:
            running = process.spawn(argv, log_file=stream)
            _own[running.pid] = running
    except OSError as caught:
        raise EmulatorError(f"cannot write {log}: {caught.strerror}", "check the permissions of the folder") from caught
    return running


@contextlib.contextmanager
def starting(argv: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start an emulator; it is ended again if the block does not come to a good end, Ctrl-C included."""
    running = spawn(argv, log)
    try:
        yield running
    except BaseException:
        _own.pop(running.pid, None)
        _end(running)
        raise


def device(board: Board, port: str, running: subprocess.Popen[bytes], log: Path) -> RunningDevice:
    """What is to be known of an emulator that has come up; `build_id` is empty."""
    return RunningDevice(board.id, port, "", running.pid, log, process.start_of(running.pid))


def outlive(running: RunningDevice) -> None:
    """Let an emulator run on after this process: it is written down where the next one finds it."""
    if running.pid is not None:
        _outliving.add(running.pid)


@atexit.register
def _end_the_forgotten() -> None:
    """An emulator that nobody has written down can never be ended by anybody."""
    for pid, running in _own.items():
        if pid not in _outliving and running.poll() is None:
            running.kill()


def _end(running: subprocess.Popen[bytes]) -> None:
    """End a child of this process: asked first, then forced."""
    running.terminate()
    try:
        running.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        running.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(STOP_SECONDS)


def stop_process(pid: int, started: str | None) -> None:
    """End a process: asked first, then forced.

    Args:
        started: of `process.start_of`, when it was started. Nothing is done to a process that was started at another
            time: the number has become a stranger's. None: only a child of this process is ended.
    """
    if pid in _own and started in (None, process.start_of(pid)):
        _end(_own.pop(pid))
        return

    def is_the_same() -> bool:
        return started is not None and process.start_of(pid) == started

    with contextlib.suppress(OSError):  # it has gone by now, or is not ours; Windows has one more word for it
        if not is_the_same():
            return
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while is_the_same() and time.monotonic() < deadline:
            time.sleep(0.01)
        if is_the_same() and hasattr(signal, "SIGKILL"):
            os.kill(pid, signal.SIGKILL)
