"""The board as a whole: power, resets, program or the ROM's USB loader, and what the host sees on USB meanwhile."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import os
import select
import time
from pathlib import Path

from toolkit.emulate.rp2040js import PORT_LINK, PORTS_FILE
from toolkit.emulate.rp2040js.chip import CRASHED, GONE, HALT, LOADER, SERIAL, USB, Chip
from toolkit.emulate.terminal import Terminal
from toolkit.emulate.uf2_drive import Target, Uf2Drive
from toolkit.link.serial_ports import PublishedPorts, UsbPort

log = logging.getLogger(__name__)

FAMILY = 0xE48BFF56
LABEL = "RPI-RP2"
INFO = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n"
LOADER_PORT = UsbPort("", 0x2E8A, 0x0003, "E0C9125B0D9B", "RP2 Boot")
"""As the ROM has them: github.com/raspberrypi/pico-bootrom-rp2040, usb_boot_device.c, virtual_disk.c."""

REST_BAUD = 9600
_CLOSED_SECONDS = 0.002
_OPEN_SECONDS = 0.02

COMMANDS = ("reset", "bootsel", "quit")


class VirtualPico:
    """A virtual Raspberry Pi Pico.

    Args:
        directory: where it publishes its ports and shows its drive.
        library: rp2040js's entry point.
        start, size: of its flash.
    """

    def __init__(self, directory: Path, library: Path, start: int, size: int) -> None:
        self.flash = b""
        self._start = start
        self._directory = directory
        self._chip = Chip(library)
        self._drive = Uf2Drive(directory / LABEL, INFO, Target(FAMILY, start, size))
        self._terminal: Terminal | None = None
        # Made one ahead: while the old pty still exists, the new one cannot get its name.
        self._spare = Terminal()
        self._inbox = b""
        self._opened, self._baud = False, REST_BAUD
        self._mode = ""

    @property
    def ports_file(self) -> Path:
        """The file that `ports.published_ports` reads."""
        return self._directory / PORTS_FILE

    def power(self) -> None:
        """Start what is in flash."""
        self._leave()
        self._mode = "application"
        self._publish(None)
        self._chip.run(self.flash)

    def press(self, command: str) -> bool:
        """Do one of COMMANDS: the board has no reset button, but a pin; BOOTSEL is held while it starts.

        Returns:
            False if that was the end of it.
        """
        if command == "reset":
            self.power()
        elif command == "bootsel":
            self._chip.tell(HALT)
            self._enter_loader()
        elif command == "quit":
            self._leave()
            self._drive.hide()
            self._mode = "unplugged"
            self._publish(None)
            self._chip.close()
            return False
        return True

    def turn(self) -> None:
        """Let things happen, for a while or until something has.

        Raises:
            EOFError: the process with the chip has gone.
        """
        if self._mode == "bootloader":
            self._look_at_drive()
        if self._terminal is not None:
            self._watch(self._terminal)
        terminal = self._terminal if self._opened else None
        reads = [self._chip.fd, *([terminal.fd] if terminal else [])]
        writes = [terminal.fd] if terminal and self._inbox else []
        ready, writable, _ = select.select(reads, writes, [], _OPEN_SECONDS if terminal else _CLOSED_SECONDS)
        if terminal and terminal.fd in ready and (data := terminal.read(4096)):
            self._chip.tell(SERIAL, data)
        if self._chip.fd in ready:
            for kind, message in self._chip.heard():
                self._obey(kind, message)
        if terminal and self._inbox and (writable or not writes) and not terminal.closed:
            self._inbox = self._inbox[terminal.write(self._inbox) :]

    def _obey(self, kind: bytes, message: bytes) -> None:
        if kind == SERIAL:
            self._inbox += message
        elif kind == USB:
            told = json.loads(message)
            self._terminal, self._spare = self._spare, Terminal()
            self._opened, self._baud, self._inbox = False, REST_BAUD, b""
            self._publish(UsbPort(self._terminal.name, told["vid"], told["pid"], told["serial"], told["product"]))
        elif kind == GONE:
            self._leave()
            self._publish(None)
        elif kind == LOADER:
            self._enter_loader()
        elif kind == CRASHED:
            self._leave()
            self._mode = "crashed"
            self._publish(None, message.decode(errors="replace"))

    def _leave(self) -> None:
        if self._terminal is not None:
            self._terminal.close()
            self._terminal = None
        self._opened, self._inbox = False, b""

    def _enter_loader(self) -> None:
        self._leave()
        self._mode = "bootloader"
        self._drive.show()
        self._publish(dataclasses.replace(LOADER_PORT, device=str(self._drive.folder)))

    def _look_at_drive(self) -> None:
        before = self._drive.refused
        found = self._drive.look()
        if found is not None:
            start, image = found
            log.info("%d bytes for %#x", len(image), start)
            self._drive.hide()
            place = start - self._start
            self.flash = self.flash[:place].ljust(place, b"\xff") + image + self.flash[place + len(image) :]
            self.power()
        elif self._drive.refused != before:
            port = dataclasses.replace(LOADER_PORT, device=str(self._drive.folder))
            self._publish(port, self._drive.refused)

    def _watch(self, terminal: Terminal) -> None:
        """See what programs did with the port, and pass it on to the device."""
        opened, baud = terminal.is_open(), terminal.baud
        if opened == self._opened and baud == self._baud:
            return
        if not self._opened:  # it is open now, or it was for a moment
            self._chip.set_lines(baud, True)
        elif baud != self._baud:
            self._chip.set_lines(baud, opened)
        if not opened:
            self._chip.set_lines(baud, False)
            terminal.rest()
            baud, self._inbox = REST_BAUD, b""
        self._opened, self._baud = opened, baud

    def _publish(self, port: UsbPort | None, error: str | None = None) -> None:
        link = self._directory / PORT_LINK
        if self._mode == "application" and port is not None:
            log.info("%s -> %s", link, port.device)
            partial = link.with_name(f".{PORT_LINK}.partial")
            partial.unlink(missing_ok=True)
            partial.symlink_to(port.device)
            partial.replace(link)
            port = dataclasses.replace(port, device=str(link))
        else:
            link.unlink(missing_ok=True)
        log.info("%s %s %s", self._mode, port.device if port else "-", error or "")
        PublishedPorts(os.getpid(), self._mode, (port,) if port else (), error).save(self.ports_file)

    def run(self, commands: int) -> None:
        """Run until "quit".

        Args:
            commands: file descriptor, not blocking, from which lines are read.
        """
        lines = b""
        while True:
            self.turn()
            with contextlib.suppress(BlockingIOError):
                lines += os.read(commands, 4096)
            while b"\n" in lines:
                line, _, lines = lines.partition(b"\n")
                if not self.press(line.decode("ascii", "replace").strip()):
                    return
            if self._mode == "crashed":
                time.sleep(_OPEN_SECONDS)
