"""The nRF52840's USB device controller: registers on one side, packets on the other.

Written after Nordic's product specification (chapter USBD) and errata sheet. It is stricter than the chip: what the
chip does wrong now and then when a step is missing, is here a Violation each time.
"""

from __future__ import annotations

from collections.abc import Callable

from toolkit.emulate.nano33.peripherals import Errata, Memory, Power, Violation
from toolkit.emulate.nano33.usbd_power import PowerUp

PACKET = 64
ENDPOINTS = 8

_START_EPIN, _START_EPOUT = 0x004, 0x028
_EP0RCVOUT, _EP0STATUS, _EP0STALL = 0x04C, 0x050, 0x054
_EV_USBRESET, _EV_STARTED, _EV_ENDEPIN, _EV_EP0DATADONE, _EV_ENDEPOUT = 0x100, 0x104, 0x108, 0x128, 0x130
_EV_EP0SETUP, _EV_EPDATA = 0x15C, 0x160
_HALTED_EPIN, _HALTED_EPOUT = 0x420, 0x444
_EVENTCAUSE, _EPDATASTATUS, _USBADDR, _SETUP, _SIZE_EPOUT = 0x400, 0x46C, 0x470, 0x480, 0x4A0
_ENABLE, _USBPULLUP, _DTOGGLE, _EPINEN, _EPOUTEN, _EPSTALL, _FRAMECNTR = 0x500, 0x504, 0x50C, 0x510, 0x514, 0x518, 0x520
_EPIN, _EPOUT, _EP_STRIDE = 0x600, 0x700, 0x14
_ERRATA_166_INDEX, _ERRATA_166_VALUE, _ERRATA_199 = 0x800, 0x804, 0xC1C

_DMA_READS = 2
"""Reads of event registers that a DMA takes: a driver that does not wait for its end is found out."""


class UsbDevice:
    """The controller.

    Attributes:
        on_idle: called whenever the firmware reads an event register: the bus's chance to move.
        stalled: endpoint 0 refused the request.
        status_ready: endpoint 0 lets the host finish the request.
    """

    def __init__(self, memory: Memory, power: Power, errata: Errata) -> None:
        self.on_idle: Callable[[], None] = lambda: None
        self._memory = memory
        self._bus = PowerUp(power, errata)
        self._registers = [0] * 1024
        self._bytes_moved = 0
        self._dma: tuple[int, Callable[[], None]] | None = None
        self._toggle_selected = -1
        self._writes: dict[int, Callable[[int], None]] = {
            _EP0RCVOUT: lambda _value: self._task("EP0RCVOUT", "receive_ready"),
            _EP0STATUS: lambda _value: self._task("EP0STATUS", "status_ready"),
            _EP0STALL: lambda _value: self._task("EP0STALL", "stalled"),
            _EVENTCAUSE: self._bus.clear_eventcause,
            _EPDATASTATUS: self._clear_epdatastatus,
            _ENABLE: self._enable,
            _USBPULLUP: self._bus.pull_up,
            _DTOGGLE: self._set_toggle,
            _EPSTALL: self._set_stall,
            _ERRATA_166_VALUE: lambda value: self._bus.write_166(self._get(_ERRATA_166_INDEX), value),
        }
        for ep in range(ENDPOINTS):
            self._writes[_START_EPIN + 4 * ep] = lambda value, ep=ep: self._start_in(ep, value)  # type: ignore[misc]
            self._writes[_START_EPOUT + 4 * ep] = lambda value, ep=ep: self._start_out(ep, value)  # type: ignore[misc]
            self._writes[_SIZE_EPOUT + 4 * ep] = lambda _value, ep=ep: self._arm_out(ep)  # type: ignore[misc]
        self._set(_EPINEN, 1)
        self._set(_EPOUTEN, 1)
        self._reset_endpoints()

    # ---- registers ----------------------------------------------------------------------------------------------

    def read(self, offset: int) -> int:
        """A word, as the firmware reads it."""
        if _EV_USBRESET <= offset <= _EV_EPDATA:
            self._advance()
        elif offset == _FRAMECNTR:
            self._set(_FRAMECNTR, (self._get(_FRAMECNTR) + 1) & 0x7FF)
            self._advance()
        elif offset == _EVENTCAUSE:
            return self._bus.read_eventcause()
        return self._registers[offset >> 2]

    def write(self, offset: int, value: int) -> None:
        """A word, as the firmware writes it."""
        handler = self._writes.get(offset)
        if handler is None:
            self._registers[offset >> 2] = value
        else:
            handler(value)

    def _get(self, offset: int) -> int:
        return self._registers[offset >> 2]

    def _set(self, offset: int, value: int) -> None:
        self._registers[offset >> 2] = value

    def _advance(self) -> None:
        if self._dma is not None:
            left, finish = self._dma
            if left > 1:
                self._dma = (left - 1, finish)
            else:
                self._dma = None
                if self._get(_ERRATA_199) != 0x82:
                    raise Violation("erratum 199: 0x40027C1C must stay 0x82 until EasyDMA has ended")
                finish()
            return
        self.on_idle()

    def _clear_epdatastatus(self, value: int) -> None:
        self._registers[_EPDATASTATUS >> 2] &= ~value

    def _enable(self, value: int) -> None:
        if bool(value) == self._bus.enabled:
            return
        if value:
            self._bus.enable()
        else:
            self._bus.disable(self._bytes_moved, dma_runs=self._dma is not None)
        self._set(_ENABLE, value)
        self._bytes_moved = 0
        self._reset_endpoints()

    # ---- endpoints, the firmware's side -------------------------------------------------------------------------

    def _reset_endpoints(self) -> None:
        self.stalled = self.status_ready = self.receive_ready = False
        self._in_packet: list[bytes | None] = [None] * ENDPOINTS
        self._out_packet: list[bytes | None] = [None] * ENDPOINTS
        self._out_armed = [False] * ENDPOINTS
        # Toggles are unknown after power-up; a driver that does not set them must not get away with it.
        self._in_toggle, self._out_toggle = [1] * ENDPOINTS, [1] * ENDPOINTS
        self._in_stalled, self._out_stalled = [False] * ENDPOINTS, [False] * ENDPOINTS
        for ep in range(ENDPOINTS):
            self._set(_HALTED_EPIN + 4 * ep, 0)
            self._set(_HALTED_EPOUT + 4 * ep, 0)
        self._setting_address = False

    def _task(self, name: str, flag: str) -> None:
        if self._dma is not None:
            raise Violation(f"TASKS_{name} while EasyDMA is moving data")
        if self._setting_address:
            raise Violation(f"TASKS_{name} for SET_ADDRESS, which the controller answers by itself")
        setattr(self, flag, True)

    def _start_dma(self, what: str, pointer: int, size: int, finish: Callable[[], None]) -> None:
        if self._dma is not None:
            raise Violation(f"{what} while another EasyDMA transfer is running")
        if self._get(_ERRATA_199) != 0x82:
            raise Violation(f"erratum 199: 0x40027C1C must be 0x82 during {what}, or tasks and packets are lost")
        if size > PACKET:
            raise Violation(f"{what} with MAXCNT {size}: a packet has at most {PACKET} bytes")
        if not self._memory.is_ram(pointer, size):
            raise Violation(f"{what} at {pointer:#010x}: EasyDMA reaches RAM only")
        if pointer % 4:
            raise Violation(f"{what} at {pointer:#010x}: EasyDMA wants a word-aligned address")
        self._bytes_moved += size
        self._dma = (_DMA_READS, finish)

    def _start_in(self, ep: int, value: int) -> None:
        if not value:
            return
        base = _EPIN + _EP_STRIDE * ep
        pointer, size = self._get(base), self._get(base + 4)
        if not self._get(_EPINEN) >> ep & 1:
            raise Violation(f"STARTEPIN[{ep}], but the endpoint is not enabled")
        if self._in_packet[ep] is not None and ep:
            raise Violation(f"STARTEPIN[{ep}] before the host has taken the packet that lies there")

        def finish() -> None:
            self._set(base + 8, size)
            # After the pull-up is off this is the odd byte that the errata ask for: nobody will fetch it.
            self._in_packet[ep] = self._memory.read(pointer, size) if self._bus.pulled_up else None
            self._set(_EV_ENDEPIN + 4 * ep, 1)

        self._start_dma(f"STARTEPIN[{ep}]", pointer, size, finish)

    def _start_out(self, ep: int, value: int) -> None:
        if not value:
            return
        base = _EPOUT + _EP_STRIDE * ep
        pointer, size = self._get(base), self._get(base + 4)
        packet = self._out_packet[ep]
        if packet is None:
            raise Violation(f"STARTEPOUT[{ep}], but no packet has come")

        def finish() -> None:
            moved = packet[:size]
            self._memory.write(pointer, moved)
            self._set(base + 8, len(moved))
            self._out_packet[ep] = None
            self._out_armed[ep] = ep != 0
            self._set(_EV_ENDEPOUT + 4 * ep, 1)

        self._start_dma(f"STARTEPOUT[{ep}]", pointer, size, finish)

    def _arm_out(self, ep: int) -> None:
        if not self._get(_EPOUTEN) >> ep & 1:
            raise Violation(f"SIZE.EPOUT[{ep}] is written, but the endpoint is not enabled")
        self._out_packet[ep] = None
        self._set(_SIZE_EPOUT + 4 * ep, 0)
        self._out_armed[ep] = True

    def _set_toggle(self, value: int) -> None:
        endpoint, what = value & 0x87, value >> 8 & 3
        if what == 0:
            self._toggle_selected = endpoint
            return
        if self._toggle_selected != endpoint:
            raise Violation("DTOGGLE: the endpoint must first be selected by a write with the value Nop")
        toggles = self._in_toggle if endpoint & 0x80 else self._out_toggle
        toggles[endpoint & 7] = what - 1
        self._toggle_selected = -1

    def _set_stall(self, value: int) -> None:
        stalls, halted = (self._in_stalled, _HALTED_EPIN) if value & 0x80 else (self._out_stalled, _HALTED_EPOUT)
        stalls[value & 7] = bool(value >> 8 & 1)
        self._set(halted + 4 * (value & 7), value >> 8 & 1)

    # ---- the host's side ----------------------------------------------------------------------------------------

    @property
    def attached(self) -> bool:
        """The host sees a full-speed device."""
        return self._bus.attached

    def bus_reset(self) -> None:
        """The host resets the bus."""
        self._set(_USBADDR, 0)
        self._set(_EPINEN, 1)
        self._set(_EPOUTEN, 1)
        self._reset_endpoints()
        self._set(_EV_USBRESET, 1)

    def setup(self, packet: bytes) -> None:
        """A SETUP packet; it is always accepted."""
        self.stalled = self.status_ready = self.receive_ready = False
        self._in_packet[0] = self._out_packet[0] = None
        for place, byte in enumerate(packet):
            self._set(_SETUP + 4 * place, byte)
        self._setting_address = packet[0] == 0 and packet[1] == 5
        if self._setting_address:
            self._set(_USBADDR, packet[2])
            self.status_ready = True
        self._set(_EV_EP0SETUP, 1)

    @property
    def setup_taken(self) -> bool:
        """The firmware has seen the last SETUP packet."""
        return self._get(_EV_EP0SETUP) == 0

    def take(self, ep: int) -> tuple[int, bytes] | None:
        """An IN token: data toggle and packet, or None (NAK)."""
        packet = self._in_packet[ep]
        if packet is None or self._dma is not None or not self._get(_EPINEN) >> ep & 1 or self._in_stalled[ep]:
            return None
        self._in_packet[ep] = None
        toggle = self._in_toggle[ep]
        self._in_toggle[ep] ^= 1
        self._packet_done(ep, 1 << ep)
        return toggle, packet

    def offer(self, ep: int, packet: bytes, toggle: int) -> bool:
        """An OUT packet; False is NAK. A packet with the wrong toggle is taken for a repeat: accepted and dropped."""
        if self._dma is not None or not self._get(_EPOUTEN) >> ep & 1 or self._out_stalled[ep]:
            return False
        if ep == 0:
            if not self.receive_ready:
                return False
            self.receive_ready = False
        else:
            if not self._out_armed[ep] or self._out_packet[ep] is not None:
                return False
            if toggle != self._out_toggle[ep]:
                return True
            self._out_toggle[ep] ^= 1
            self._out_armed[ep] = False
        self._out_packet[ep] = packet
        self._set(_SIZE_EPOUT + 4 * ep, len(packet))
        self._packet_done(ep, 0x10000 << ep)
        return True

    def _packet_done(self, ep: int, bit: int) -> None:
        if ep == 0:
            self._set(_EV_EP0DATADONE, 1)
        else:
            self._registers[_EPDATASTATUS >> 2] |= bit
            self._set(_EV_EPDATA, 1)
