"""How the USB device controller is brought up: every step and workaround that must come before the pull-up."""

from __future__ import annotations

from toolkit.emulate.nano33.peripherals import Errata, Power, Violation

READY = 1 << 11
"""EVENTCAUSE.READY."""

_READY_AFTER = 3
"""Reads of EVENTCAUSE until the controller has come up."""


class PowerUp:
    """USBD's way from reset to the bus.

    Attributes:
        enabled: ENABLE.
        pulled_up: USBPULLUP: the host sees a device.
        eventcause: the register, of which only READY is modelled.
    """

    def __init__(self, power: Power, errata: Errata) -> None:
        self.enabled = False
        self.pulled_up = False
        self.eventcause = 0
        self._power = power
        self._errata = errata
        self._enabled_times = 0
        self._ready_in = 0
        self._ready_seen = False
        self._errata_166 = False

    @property
    def attached(self) -> bool:
        """The host sees a full-speed device."""
        return self.enabled and self.pulled_up and self._power.vbus

    def enable(self) -> None:
        """ENABLE = 1."""
        if not self._power.vbus:
            raise Violation("USBD.ENABLE without VBUS")
        if self._errata.register_187 != 3:
            raise Violation("erratum 187: 0x4006ED14 must be 3 when USBD is enabled, or it does not come up")
        if self._errata.register_171 != 0xC0:
            raise Violation("erratum 171: 0x4006EC14 must be 0xC0 when USBD is enabled, or it does not become active")
        self.enabled = self._power.usb_enabled = True
        self._enabled_times += 1
        self._ready_in = _READY_AFTER
        self._ready_seen = self._errata_166 = False

    def disable(self, bytes_moved: int, *, dma_runs: bool) -> None:
        """ENABLE = 0, after so many bytes of EasyDMA."""
        if dma_runs:
            raise Violation("USBD is disabled while EasyDMA is moving data")
        if bytes_moved % 2:
            raise Violation(f"USBD is disabled after EasyDMA moved {bytes_moved} bytes: the number must be even")
        self.enabled = self.pulled_up = self._power.usb_enabled = False
        self.eventcause = self._ready_in = 0

    def read_eventcause(self) -> int:
        """EVENTCAUSE; it takes a few reads until READY is there."""
        if self._ready_in:
            self._ready_in -= 1
            if self._ready_in == 0:
                self.eventcause |= READY
        return self.eventcause

    def clear_eventcause(self, value: int) -> None:
        """Writing 1 clears."""
        if value & self.eventcause & READY:
            self._ready_seen = True
        self.eventcause &= ~value

    def write_166(self, index: int, value: int) -> None:
        """The register behind an index that erratum 166 is about."""
        if (index, value) == (0x7E3, 0x40):
            self._errata_166 = True

    def pull_up(self, value: int) -> None:
        """USBPULLUP."""
        if value:
            self._check_pull_up()
        self.pulled_up = bool(value)

    def _check_pull_up(self) -> None:
        if not self.enabled or not self._ready_seen:
            raise Violation("USBPULLUP before EVENTCAUSE.READY was seen and cleared")
        if not self._power.crystal_runs:
            raise Violation("USBPULLUP while the HFXO does not run: USB has no clock that is good enough")
        if not self._power.output_ready:
            raise Violation("USBPULLUP before USBREGSTATUS.OUTPUTRDY")
        if self._errata.register_187 or self._errata.register_171:
            raise Violation("errata 171, 187: their registers must be 0 again once USBD is ready")
        if not self._errata_166:
            raise Violation("erratum 166: 0x40027800 = 0x7E3 and 0x40027804 = 0x40 are missing since USBD was enabled")
        if self._enabled_times < 2:
            raise Violation("erratum 223: after a reset USBD must be enabled, disabled and enabled again")
