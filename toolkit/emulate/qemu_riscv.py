"""QEMU's RISC-V: boots an image on an emulated board, its serial port on a TCP port of this computer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from toolkit.artifacts import RunningDevice
from toolkit.board import Board, settings
from toolkit.emulate import qemu
from toolkit.emulate.base import stop_process
from toolkit.errors import EmulatorError
from toolkit.link.serial_ports import PortLister
from toolkit.toml import Table, Word

PROGRAM = "qemu-system-riscv32"
Model = Annotated[
    str,
    Meta(pattern=r"^[a-z][a-z0-9-]*(,[a-z]+=(true|false))*$(?!\n)", description='such as "rv32,e=true,i=false"'),
]


class Newer(Table, frozen=True, kw_only=True):
    """since: a version of QEMU; cpu: as in `Settings`, from that version on."""

    since: qemu.Version
    cpu: Model


class Settings(Table, frozen=True, kw_only=True):
    """What a board file tells QEMU.

    Attributes:
        machine: QEMU's name of it.
        cpu: of the core, and what it has and has not, if it is not the machine's own.
        newer: what newer ones want instead: they refuse to leave out what others of their extensions need.
    """

    machine: Word
    cpu: Model | None = None
    newer: Newer | None = None


def boots(board: Board) -> bool:  # noqa: ARG001 - all of them
    """True: nothing is uploaded to it."""
    return True


def tools() -> tuple[str, ...]:
    """The outside programs that must be on PATH."""
    return (PROGRAM,)


def command(board: Board, image: Path, port: int, *, newer: bool = False) -> list[str]:
    """The argv that boots `image`, an ELF, without a firmware of QEMU's own before it; pure.

    Args:
        newer: this QEMU is one of `Settings.newer`.

    One instruction is a nanosecond of the board's time (`-icount shift=0`), because that is what QEMU before 9 takes
    minstret from.
    """
    told = settings(board.emulator, Settings)
    if told is None:
        raise EmulatorError(f"{board.path.name} has no settings for qemu_riscv", "see boards/riscv-virt.toml")
    cpu = told.newer.cpu if newer and told.newer is not None else told.cpu
    return [
        *(PROGRAM, "-machine", told.machine, *(("-cpu", cpu) if cpu else ())),
        *("-bios", "none", "-kernel", str(image)),
        *("-icount", "shift=0", "-display", "none", "-monitor", "none", "-nodefaults"),
        *qemu.serial(port),
    ]


def start(board: Board, image: Path, log: Path) -> RunningDevice:
    """Boot `image` in the background; see `base.Emulator`."""
    told = settings(board.emulator, Settings)
    newer = told is not None and told.newer is not None and qemu.knows(told.newer.since, PROGRAM)
    return qemu.boot(board, log, lambda port: command(board, image, port, newer=newer))


def lister(running: RunningDevice) -> PortLister:  # noqa: ARG001 - it boots its image
    """No USB ports."""
    return lambda: ()


def stop(pid: int, started: str | None = None) -> None:
    """End it; see `base.Emulator`."""
    stop_process(pid, started)
