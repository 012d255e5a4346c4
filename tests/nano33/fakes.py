"""A board on a desk without a cable: the bootloader model behind the interface of a serial port, with faults."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from toolkit import board as boards
from toolkit.artifacts import Build, DType, Runtime, SizeReport, sha256_of
from toolkit.emulate.nano33.bootloader import DEVICE, Bootloader
from toolkit.emulate.nano33.flash import Flash
from toolkit.flash.base import Step
from toolkit.flash.usb_board import Timing
from toolkit.link.serial_ports import UsbPort

SERIAL = "8F1B5A1D2C3E4F50"
NANO33 = boards.load("nano33")
QUICK = Timing(poll=0.001, appear=0.15, opening=0.02, reply=0.03, quiet=0.0005)


def image(size: int, seed: int = 1) -> bytes:
    """Bytes that look like an application: a stack pointer, a Thumb address, noise."""
    noise = bytearray((seed * 7 + place * place) % 251 for place in range(size))
    noise[:8] = (0x20040000).to_bytes(4, "little") + (0x00010101).to_bytes(4, "little")
    return bytes(noise)


def build_of(path: Path) -> Build:
    """A build whose image is `path`."""
    size = path.stat().st_size if path.exists() else 0
    return Build(
        board="nano33",
        model="proposed",
        dtype=DType.INT8,
        runtime=Runtime.AOT,
        toolchain="arm_gcc",
        project=path.parent,
        image=path,
        model_path=path.parent / "model.tflite",
        model_bytes=0,
        flash_bytes=size,
        flash_limit=983_040,
        ram_bytes=0,
        ram_limit=262_144,
        build_id="0123456789abcdef",
        model_sha256="0" * 64,
        size=SizeReport(size, 983_040, 0, 262_144),
        image_sha256=sha256_of(path.read_bytes()) if path.exists() else "",
    )


@dataclass
class FakeBoard:
    """A Nano 33 BLE: runs a sketch or the bootloader, and changes its port's name with every start.

    Attributes:
        to_board, to_host: faults: called with the bytes on their way, return what arrives.
        deaf: touches that are ignored before one works.
    """

    flash: Flash = field(default_factory=Flash)
    device: bytes = DEVICE
    in_bootloader: bool = False
    starts: bool = True
    deaf: int = 0
    number: int = 0
    connected: bool = True
    to_board: Callable[[bytes], bytes] = bytes
    to_host: Callable[[bytes], bytes] = bytes
    opened: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.monitor = Bootloader(self.flash, device=self.device)

    def ports(self) -> tuple[UsbPort, ...]:
        """What USB shows."""
        if not self.connected or (not self.in_bootloader and not self.starts):
            return ()
        name = f"/dev/ttyACM{self.number}"
        if self.in_bootloader:
            return (UsbPort(name, 0x2341, 0x005A, SERIAL.rjust(32, "0"), "Arduino Nano 33 BLE"),)
        return (UsbPort(name, 0x2341, 0x805A, SERIAL, "Nano 33 BLE"),)

    def open(self, device: str, baud: int) -> FakePort:
        """Stands in for pyserial."""
        if not any(port.device == device for port in self.ports()):
            raise FileNotFoundError(2, "No such file or directory", device)
        self.opened.append((device, baud))
        return FakePort(self, baud)

    def restart(self, bootloader: bool) -> None:
        """What a reset does, seen from USB."""
        self.in_bootloader = bootloader or not self.flash.application_starts()
        self.monitor = Bootloader(self.flash, device=self.device)
        self.number += 1


class FakePort:
    """An open port of a FakeBoard; without DTR, like a pty."""

    def __init__(self, board: FakeBoard, baud: int) -> None:
        self.timeout: float | None = 1.0
        self._board = board
        self._baud = baud
        self._monitor = board.monitor
        self._inbox = bytearray()

    def _check(self) -> None:
        if not self._board.connected or self._board.monitor is not self._monitor:
            raise OSError(5, "Input/output error")

    def read(self, size: int = 1, /) -> bytes:
        """What the bootloader answered; an empty inbox costs a little time."""
        self._check()
        if not self._inbox:
            time.sleep(min(self.timeout or 0.0, 0.001))
        taken = bytes(self._inbox[:size])
        del self._inbox[:size]
        return taken

    def write(self, data: bytes, /) -> int:
        """Give to the bootloader, after the fault."""
        self._check()
        if self._board.in_bootloader:
            self._inbox += self._board.to_host(self._monitor.receive(self._board.to_board(data)))
            if self._monitor.reset_requested:
                self._board.restart(bootloader=False)
                self._monitor = self._board.monitor
        return len(data)

    def flush(self) -> None:
        """Nothing is ever on the way."""

    def close(self) -> None:
        """At 1200 baud this is the touch."""
        if self._baud == 1200 and not self._board.in_bootloader:
            if self._board.deaf:
                self._board.deaf -= 1
            else:
                self._board.restart(bootloader=True)


class Recorder:
    """A Progress that remembers."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def __call__(self, step: Step) -> None:
        self.steps.append(step)

    @property
    def texts(self) -> str:
        """Everything that was said."""
        return "\n".join(step.text for step in self.steps)


def patient(timing: Timing = QUICK, **changes: float) -> Timing:
    """QUICK with other values."""
    return dataclasses.replace(timing, **changes)  # type: ignore[arg-type]
