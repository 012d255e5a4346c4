"""The board as a whole: power, resets, bootloader or program, and what the host sees on USB meanwhile."""

from __future__ import annotations

import dataclasses
import logging
import os
import queue
import time
from pathlib import Path

from toolkit.emulate.nano33 import PORT_LINK, PORTS_FILE
from toolkit.emulate.nano33.bootloader import Bootloader
from toolkit.emulate.nano33.counting import Counting
from toolkit.emulate.nano33.flash import APPLICATION, Flash
from toolkit.emulate.nano33.peripherals import RESETREAS_PIN, RESETREAS_SREQ, Power
from toolkit.emulate.nano33.soc import Ended, Soc
from toolkit.emulate.nano33.usb_host import UsbHost
from toolkit.emulate.terminal import Terminal
from toolkit.emulate.uf2_drive import Uf2Drive
from toolkit.errors import EmulatorError
from toolkit.link.serial_ports import PublishedPorts, UsbPort

log = logging.getLogger(__name__)

DEVICE_ADDRESS = 0x8F1B5A1D2C3E4F50
BOOTLOADER_MAGIC = 0xB0
BOOTLOADER_ID = "2341:005a"
BOOTLOADER_NAME = "Arduino Nano 33 BLE"

_TAKEN_SECONDS = 2.0

COMMANDS = ("reset", "double-tap", "unplug", "plug", "vbus-off", "vbus-on", "quit")


class VirtualBoard:
    """A virtual Arduino Nano 33 BLE, or another board with its chip and its kind of bootloader.

    Args:
        directory: where it publishes its ports.
        device_address: FICR's, from which the USB serial number is made.
        errata_unlocked: the bootloader has left the lock of the errata registers open.
        cycles_per_read: see peripherals.Dwt; 0 is the honest board, which has no time.
        application: where the bootloader ends and the application starts.
        bootloader_id: the bootloader's USB ids, "vid:pid" in hex.
        counting: told of all that the program runs; it is many times slower then.
        touch_value: what in GPREGRET makes the bootloader stay.
        drive: of a bootloader that shows one; None for Arduino's.
    """

    def __init__(
        self,
        directory: Path,
        *,
        device_address: int = DEVICE_ADDRESS,
        errata_unlocked: bool = False,
        cycles_per_read: int = 0,
        application: int = APPLICATION,
        bootloader_id: str = BOOTLOADER_ID,
        counting: Counting | None = None,
        touch_value: int = BOOTLOADER_MAGIC,
        drive: Uf2Drive | None = None,
    ) -> None:
        self.flash = Flash(application)
        self.power = Power()
        self._directory = directory
        self._device_address = device_address
        self._errata_unlocked = errata_unlocked
        self._cycles_per_read = cycles_per_read
        self._bootloader_id = bootloader_id
        self._counting = counting
        self._touch_value = touch_value
        self._drive = drive
        self._commands: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._soc: Soc | None = None
        self._stay_in_bootloader = False
        # Made one ahead: while the old pty still exists, the new one cannot get its name.
        self._spare = Terminal()

    @property
    def ports_file(self) -> Path:
        """The file that `ports.published_ports` reads."""
        return self._directory / PORTS_FILE

    def load(self, image: bytes, start: int | None = None) -> None:
        """Put a program into flash as if it had been uploaded; without `start` where the application begins."""
        start = self.flash.application if start is None else start
        for page in range(start, start + len(image), 4096):
            self.flash.erase_page(page)
        self.flash.write(start, image)

    def press(self, command: str) -> None:
        """Do something to the board, from another thread.

        Args:
            command: one of COMMANDS: the reset button once or twice, the cable, its power alone, or the end.
        """
        if command not in COMMANDS:
            raise EmulatorError(f"the virtual board knows no {command!r}", f"one of: {', '.join(COMMANDS)}")
        if command in ("vbus-off", "vbus-on"):
            self.power.vbus = command == "vbus-on"
            return
        self._commands.put(command)
        # The processor may be about to start, and would then miss it; and a program that hangs never looks up.
        deadline = time.monotonic() + _TAKEN_SECONDS
        while not self._commands.empty() and time.monotonic() < deadline:
            soc = self._soc
            if soc is not None:
                soc.stop()
            time.sleep(0.002)

    def run(self) -> None:
        """Power on, and run until "quit"."""
        self.power.resetreas = 0
        while True:
            bootloader = (
                self._stay_in_bootloader
                or self.power.gpregret == self._touch_value
                or not self.flash.application_starts()
            )
            self.power.gpregret = 0
            self._stay_in_bootloader = False
            self.power.restart()
            command = self._run_bootloader() if bootloader else self._run_application()
            if command == "unplug":
                self._publish("unplugged", None)
                while command not in ("plug", "quit"):
                    command = self._commands.get()
                self.power = Power()
            if command == "quit":
                self._publish("unplugged", None)
                return
            if command in ("reset", "double-tap"):
                self.power.resetreas |= RESETREAS_PIN
                self._stay_in_bootloader = command == "double-tap"

    def _run_application(self) -> str:
        soc = Soc(
            self.flash,
            self.power,
            device_address=self._device_address,
            errata_unlocked=self._errata_unlocked,
            cycles_per_read=self._cycles_per_read,
            counting=self._counting,
        )
        host = UsbHost(soc.usb, self._next_terminal, lambda port: self._publish("application", port))
        soc.usb.on_idle = self.power.on_poll = host.turn
        self._publish("application", None)
        self._soc = soc
        try:
            ended = soc.start()
            if ended is Ended.FAULT:
                host.detach()
                self._publish("crashed", None, error=soc.fault)
                return self._commands.get()
            if ended is Ended.RESET:
                self.power.resetreas |= RESETREAS_SREQ
                return ""
            # Stopped without a command: the stop was meant for the run before. Unicorn cannot go on precisely where
            # it was stopped from outside, so this one begins again.
            return self._pending_command()
        finally:
            self._soc = None
            host.detach()
            if soc.uart.sent:
                log.info("UART0: %r", bytes(soc.uart.sent))

    def _run_bootloader(self) -> str:
        if self._drive is not None:
            return self._run_drive(self._drive)
        monitor = Bootloader(self.flash)
        terminal = self._next_terminal()
        self._publish("bootloader", self._bootloader_port(terminal.name))
        try:
            while not monitor.reset_requested:
                terminal.wait(0.002)
                answer = monitor.receive(terminal.read(4096))
                while answer:
                    answer = answer[terminal.write(answer) :]
                command = self._pending_command()
                if command:
                    return command
            return ""
        finally:
            terminal.close()
            self._publish("bootloader", None)

    def _bootloader_port(self, device: str) -> UsbPort:
        serial_number = f"{self._device_address:016X}".rjust(32, "0")
        vendor, product = (int(word, 16) for word in self._bootloader_id.split(":"))
        return UsbPort(device, vendor, product, serial_number, BOOTLOADER_NAME)

    def _run_drive(self, drive: Uf2Drive) -> str:
        """A bootloader with a drive and a serial port, of which only the drive is modelled."""
        terminal = self._next_terminal()
        drive.show()
        ports = (self._bootloader_port(terminal.name), self._bootloader_port(str(drive.folder)))
        self._publish("bootloader", *ports)
        try:
            refused = None
            while not (command := self._pending_command()):
                found = drive.look()
                if found is not None:
                    self.load(found[1], found[0])
                    return ""
                if drive.refused != refused:
                    refused = drive.refused
                    self._publish("bootloader", *ports, error=refused)
                time.sleep(0.002)
            return command
        finally:
            drive.hide()
            terminal.close()
            self._publish("bootloader", None)

    def _next_terminal(self) -> Terminal:
        terminal, self._spare = self._spare, Terminal()
        return terminal

    def _pending_command(self) -> str:
        """The next command; empty if there is none."""
        try:
            command = self._commands.get_nowait()
        except queue.Empty:
            return ""
        return "" if command == "plug" else command  # it is plugged in

    def _publish(self, mode: str, port: UsbPort | None, *more: UsbPort, error: str | None = None) -> None:
        link = self._directory / PORT_LINK
        if mode == "application" and port is not None:
            # A program comes back under the name that it had, as it mostly does on a desk; the bootloader does not.
            log.info("%s -> %s", link, port.device)
            partial = link.with_name(f".{PORT_LINK}.partial")
            partial.unlink(missing_ok=True)
            partial.symlink_to(port.device)
            partial.replace(link)
            port = dataclasses.replace(port, device=str(link))
        else:
            link.unlink(missing_ok=True)
        log.info("%s %s %s", mode, port.device if port else "-", error or "")
        PublishedPorts(os.getpid(), mode, (port, *more) if port else (), error).save(self.ports_file)
