"""A virtual Raspberry Pi Pico: the RP2040 on rp2040js (npm), its USB port as a pty, its ROM's drive as a folder.

    main.mjs      the process with the chip: its flash and serial port behind stdin and stdout
    chip.mjs      one RP2040, made as strict as the chip is
    usb_host.mjs  the other end of the cable: enumeration and a CDC-ACM driver
    chip.py       that process, seen from here
    board.py      the board as a whole: resets, modes, what the host sees on USB
    __main__.py   the background process
    package.json, package-lock.json   which rp2040js, by its hash; the package itself is not ours

It has a clock: cycles are counted as the Cortex-M0+ takes them, without the misses of the flash's cache.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from toolkit import process, resources
from toolkit.artifacts import RunningDevice
from toolkit.board import Board
from toolkit.emulate.base import device, last_line, needs_pty, starting, stop_process
from toolkit.errors import EmulatorError
from toolkit.link.serial_ports import PortLister, PublishedPorts, published_ports

PROGRAM = "node"
START_SECONDS = 20.0
PORTS_FILE = "ports.json"
PORT_LINK = "port"
"""Beside the ports file: a link to the running program's pty, whose name is the same after every reset."""

HERE = Path(__file__).parent
PACKAGE_FILES = ("package.json", "package-lock.json")
LIBRARY = Path("node_modules") / "rp2040js" / "dist" / "esm" / "index.js"


def tools() -> tuple[str, ...]:
    """The outside programs that must be on PATH."""
    return (PROGRAM,)


def package_folder() -> Path:
    """Where npm puts rp2040js: the user's cache, into which what pins it is copied; not made anew if it is there."""
    folder = resources.cache() / "rp2040js"
    folder.mkdir(parents=True, exist_ok=True)
    for name in PACKAGE_FILES:
        wanted = (HERE / name).read_bytes()
        if not (folder / name).is_file() or (folder / name).read_bytes() != wanted:
            shutil.rmtree(folder / "node_modules", ignore_errors=True)
            (folder / name).write_bytes(wanted)
    return folder


def library() -> Path:
    """The installed rp2040js: its entry point.

    Raises:
        ToolError: node is not installed.
        EmulatorError: rp2040js is not; the hint is the one line that installs it.
    """
    process.require(PROGRAM)
    try:
        folder = package_folder()
    except OSError as caught:
        raise EmulatorError(f"cannot write {resources.cache()}: {caught.strerror}", "check its permissions") from caught
    if not (folder / LIBRARY).is_file():
        raise EmulatorError("the virtual Pico needs rp2040js", f"npm ci --prefix {folder}")
    return folder / LIBRARY


def folder(log: Path) -> Path:
    """Where the board whose output goes to `log` publishes its ports: `published_ports(folder / PORTS_FILE)`."""
    return log.with_name(f"{log.stem}-board")


def start(board: Board, image: Path | None, log: Path) -> RunningDevice:
    """Power a virtual board in the background.

    Args:
        image: the program (.bin) that its flash already holds; None for a board that waits in its ROM's USB loader.
        log: what it prints.

    Returns:
        The device; its port keeps its name over resets, and is there only while a program runs. `build_id` is empty.

    Raises:
        ToolError: node is missing.
        EmulatorError: rp2040js is missing, or the board did not come up; the message gives the reason.
    """
    needs_pty(board)
    entry = library()
    place = folder(log)
    place.mkdir(parents=True, exist_ok=True)
    ports = place / PORTS_FILE
    ports.unlink(missing_ok=True)
    # -P: a folder of the user's that is called as a module of ours must not be run in its place.
    argv = [sys.executable, "-P", "-m", "toolkit.emulate.rp2040js", f"--dir={place}", f"--library={entry}"]
    argv += [f"--flash={board.memory.flash.start:#x},{board.memory.flash.size}"]
    if image is not None:
        argv += [f"--image={image}"]
    with starting(argv, log) as running:
        deadline = time.monotonic() + START_SECONDS
        reason = "it said nothing"
        while time.monotonic() < deadline and running.poll() is None:
            state = PublishedPorts.load(ports) if ports.exists() else None
            if state is not None and state.ports:
                return device(board, str(place / PORT_LINK), running, log)
            if state is not None and state.mode == "crashed":
                reason = state.error or reason
                break
            time.sleep(0.01)
        else:
            reason = last_line(log)
        raise EmulatorError(f"the virtual board did not come up: {reason}", f"see {log}")


def lister(running: RunningDevice) -> PortLister:
    """What USB shows of a running virtual board: the program's port, or the ROM's drive, whose device is a folder."""
    if running.log is None:
        raise EmulatorError(f"{running.board} is no virtual board", "start one with `tinyml flash --emulate`")
    return published_ports(folder(running.log) / PORTS_FILE)


def stop(pid: int, started: str | None = None) -> None:
    """End it; see `base.Emulator`."""
    stop_process(pid, started)
