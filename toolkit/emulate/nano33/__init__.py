"""A virtual Arduino Nano 33 BLE: the nRF52840 on Unicorn, its USB port as a pty, and its bootloader.

    board.py        the board as a whole: resets, modes, what the host sees on USB
    bootloader.py   Arduino's bootloader, written after its protocol notes, with its silent faults
    uf2.py          another one, which shows a drive
    flash.py        1 MiB of NOR flash
    soc.py          the processor and its memory map; runs the program
    peripherals.py  clock, power, FICR, NVMC, UART, system control: as much as firmware needs
    usbd.py         the USB device controller: registers, endpoints, EasyDMA
    usbd_power.py   how it is brought up, with the errata that a driver must work round
    usb_host.py     the other end of the cable: enumeration and a CDC-ACM driver
    qemu_check.py   boots the same image in QEMU, for what Unicorn lets pass
    counting.py     counts the instructions that it runs, layer by layer, for `tinyml profile`
    cycles.py       Arm's cycles for them: an estimate; thumb.py reads them from a listing
    __main__.py     the background process

It has no clock: nothing that it says is a time of the real board. It forgives less than the chip does: a driver that
skips a step of a workaround is stopped with the reason, instead of failing now and then.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from toolkit import process
from toolkit.artifacts import RunningDevice, write_atomically
from toolkit.board import Board, settings
from toolkit.emulate.base import device, last_line, needs_pty, starting, stop_process
from toolkit.emulate.nano33 import qemu_check
from toolkit.errors import EmulatorError
from toolkit.link.serial_ports import PortLister, PublishedPorts, published_ports
from toolkit.toml import Table, Text, Word

START_SECONDS = 15.0
PORTS_FILE = "ports.json"
FLASH_WAITS = 3
"""Most cycles that an access to flash waits at 64 MHz: nRF52840 product specification, CPU, wait states while the cache
is on (W_FLASHCACHE). The cache serves instructions only (NVMC, ICACHECNF): constants are read past it."""
WEIGHED_BY = "Arm's published cycles of the Cortex-M4, for memory without wait states"
OBJDUMP = "arm-none-eabi-objdump"
OBJDUMP_SECONDS = 120.0
PORT_LINK = "port"
"""Beside the ports file: a link to the running program's pty, whose name is the same after every reset."""


class Drive(Table, frozen=True, kw_only=True):
    """A bootloader that shows a drive: its name, which family's files it takes, and its INFO_UF2.TXT's words."""

    label: Word
    family: Annotated[int, Meta(ge=1, le=0xFFFFFFFF)]
    model: Text
    board_id: Text


class Settings(Table, frozen=True, kw_only=True):
    """How a program gets into it.

    Attributes:
        uf2: the board's bootloader shows a drive; without, it is Arduino's.
        boots: there is no bootloader: the program is there from the start, as by a debug probe.
    """

    uf2: Drive | None = None
    boots: bool = False


def boots(board: Board) -> bool:
    """True for a board without a bootloader: nothing is uploaded to it."""
    told = settings(board.emulator, Settings)
    return told is not None and told.boots


def tools() -> tuple[str, ...]:
    """The outside programs that must be on PATH: none, it is a Python package."""
    return ()


def folder(log: Path) -> Path:
    """Where the board whose output goes to `log` publishes its ports: `ports.published_ports(folder / PORTS_FILE)`."""
    return log.with_name(f"{log.stem}-board")


def start(board: Board, image: Path | None, log: Path) -> RunningDevice:
    """Power a virtual board in the background.

    Args:
        board: the board's file, which tells where the application starts and who the bootloader is.
        image: the program (.bin) that its flash already holds; None for a board that waits in its bootloader. If
            its ELF lies beside it and QEMU is installed, it is booted there first, for what Unicorn lets pass.
        log: what it prints.

    Returns:
        The device; its port keeps its name over resets, and is there only while a program runs. `build_id` is empty.

    Raises:
        EmulatorError: unicorn is missing, the image faults in QEMU, or the board did not come up; the message gives
            the reason.
    """
    _require(board)
    if image is not None and image.suffix == ".elf":  # built for a board that exists emulated only
        image = image.with_suffix(".bin")
    elf = image.with_suffix(".elf") if image is not None else None
    if elf is not None and elf.exists() and process.find(qemu_check.PROGRAM):
        qemu_check.check(elf, log.with_suffix(".qemu.log"))
    return _power(board, image, log)


def _require(board: Board) -> None:
    needs_pty(board)
    if importlib.util.find_spec("unicorn") is None:
        raise EmulatorError("the virtual board needs the package unicorn", "pip install 'tinyml-toolkit[emulation]'")


def count(board: Board, image: Path, log: Path, counts: Path) -> RunningDevice:
    """Power a virtual board that counts what its program runs; it is several times slower than one that does not.

    Args:
        image: as of `start`; its ELF must lie beside it.
        counts: gets a line of JSON for each inference, before the board answers; see ../counts.py.

    Raises:
        ToolError: `objdump` of the Arm toolchain is not installed.
        EmulatorError: there is no ELF, or as `start`.
    """
    _require(board)
    elf, image = image.with_suffix(".elf"), image.with_suffix(".bin")
    if not elf.is_file():
        raise EmulatorError(f"{elf} is missing: what is counted is told by it", f"tinyml build --board {board.id}")
    said = process.run([OBJDUMP, "-d", str(elf)], timeout=OBJDUMP_SECONDS)
    listing = log.with_suffix(".listing")
    write_atomically(listing, said.stdout.encode())
    counts.unlink(missing_ok=True)
    return _power(board, image, log, f"--listing={listing}", f"--counts={counts}")


def _power(board: Board, image: Path | None, log: Path, *options: str) -> RunningDevice:
    """Start the process and wait for its port."""
    place = folder(log)
    place.mkdir(parents=True, exist_ok=True)
    ports = place / PORTS_FILE
    ports.unlink(missing_ok=True)
    # -P: a folder of the user's that is called as a module of ours must not be run in its place.
    argv = [sys.executable, "-P", "-m", "toolkit.emulate.nano33", f"--dir={place}"]
    argv += [f"--application={board.memory.flash.start:#x}"]
    argv += [f"--bootloader-id={board.usb.bootloader[0]}"] if board.usb.bootloader else []
    argv += [f"--touch-value={board.usb.touch_value:#x}"]
    told = settings(board.emulator, Settings)
    if told is not None and told.uf2 is not None:
        argv += [f"--uf2={told.uf2.label},{told.uf2.family:#x},{told.uf2.model},{told.uf2.board_id}"]
    if image is not None:
        argv += [f"--image={image}"]
    argv += options
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
    """What USB shows of a running virtual board, in the program or in the bootloader."""
    if running.log is None:
        raise EmulatorError(f"{running.board} is no virtual board", "start one with `tinyml flash --emulate`")
    return published_ports(folder(running.log) / PORTS_FILE)


def stop(pid: int, started: str | None = None) -> None:
    """End it; see `base.Emulator`."""
    stop_process(pid, started)
