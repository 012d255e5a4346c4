"""The other end of the cable: a host that enumerates the device and drives its CDC-ACM function.

It does what Linux does (hub.c, cdc-acm.c), in that order, one transaction per turn: two resets, SET_ADDRESS,
descriptors, SET_CONFIGURATION, then SET_LINE_CODING and SET_CONTROL_LINE_STATE as programs open and close the port.
"""

from __future__ import annotations

import contextlib
import struct
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

from toolkit.emulate.nano33.peripherals import Violation
from toolkit.emulate.nano33.usbd import PACKET, UsbDevice
from toolkit.emulate.terminal import Terminal
from toolkit.link.serial_ports import UsbPort

Script = Generator[None, None, None]

_PATIENCE = 100_000
"""Turns without an answer until the host gives a request up: far more than any driver's work takes."""

_DETACHED_SECONDS = 0.0002
_CLOSING_TURNS = 1000
_RECOVERY_TURNS = 8
_IDLE_TURNS = 16
_IDLE_SECONDS = 0.002


class Stalled(Exception):  # noqa: N818 - an answer of the device
    """The device refused a request."""


@dataclass(frozen=True)
class _Function:
    """Where the descriptors say that the serial port is."""

    control_interface: int
    ep_in: int
    ep_out: int


@dataclass(frozen=True)
class _Port:
    """The device's serial port, once it is enumerated, and the pty that shows it."""

    function: _Function
    terminal: Terminal


class UsbHost:
    """A host with one device.

    Args:
        device: the controller at the other end.
        new_terminal: makes the pty when the device turns out to be a serial port.
        changed: called when the port appears or goes, with what is connected.
    """

    def __init__(
        self, device: UsbDevice, new_terminal: Callable[[], Terminal], changed: Callable[[UsbPort | None], None]
    ) -> None:
        self._device = device
        self._new_terminal = new_terminal
        self._changed = changed
        self._port: _Port | None = None
        self._script: Script | None = None
        self._attached = False
        self._opened = False
        self._baud = 9600
        self._outbox = b""
        self._inbox = b""
        self._toggle_in = self._toggle_out = 0
        self._idle = 0
        self._closing = _CLOSING_TURNS

    # ---- the bus ------------------------------------------------------------------------------------------------

    def turn(self) -> None:
        """Let the bus move by one transaction; sleep a little if there has been nothing to do for a while."""
        if self._device.attached != self._attached:
            self._attached = self._device.attached
            self.detach()
            self._script = self._enumerate() if self._attached else None
        if self._script is not None:
            try:
                next(self._script)
            except StopIteration:
                self._script = None
            self._idle = 0
            return
        port = self._port
        if port is None:
            time.sleep(_DETACHED_SECONDS)
            return
        if self._move_data(port):
            self._idle = 0
            return
        self._idle += 1
        if self._idle >= _IDLE_TURNS or self._idle == 1:
            self._watch(port)
        if self._idle >= _IDLE_TURNS and self._script is None:
            if self._opened:
                port.terminal.wait(_IDLE_SECONDS)
            else:
                time.sleep(_IDLE_SECONDS)
            self._idle = _IDLE_TURNS - 4

    def detach(self) -> None:
        """The device has gone: so has the port."""
        if self._port is not None:
            self._port.terminal.close()
            self._port = None
            self._changed(None)
        self._script = None
        self._opened = False
        self._outbox = self._inbox = b""

    def _move_data(self, port: _Port) -> bool:
        moved = False
        if not self._outbox:
            self._outbox = port.terminal.read(4096)
            if self._outbox and not self._opened:
                self._watch(port)
        if self._outbox and self._opened and self._script is None:
            packet = self._outbox[:PACKET]
            if self._device.offer(port.function.ep_out, packet, self._toggle_out):
                self._toggle_out ^= 1
                self._outbox = self._outbox[len(packet) :]
                moved = True
        if self._opened:
            if not self._inbox:
                taken = self._device.take(port.function.ep_in)
                if taken is not None:
                    toggle, packet = taken
                    moved = True
                    if toggle == self._toggle_in:  # otherwise a repeat
                        self._toggle_in ^= 1
                        self._inbox = packet
            if self._inbox:
                self._inbox = self._inbox[port.terminal.write(self._inbox) :]
        return moved

    def _watch(self, port: _Port) -> None:
        """See what programs did with the port, and pass it on to the device."""
        opened, baud = port.terminal.is_open(), port.terminal.baud
        if opened == self._opened and baud == self._baud:
            return
        if self._opened and not opened and self._outbox and self._closing:
            self._closing -= 1  # what was written before the close is still sent, if the device takes it
            return
        self._closing = _CLOSING_TURNS
        script: list[Script] = []
        if not self._opened:  # it is open now, or it was for a moment
            script.append(self._set_lines(port.function, 3))
        if baud != self._baud:
            self._baud = baud
            script.append(self._set_line_coding(port.function, baud))
        if not opened:
            script.append(self._set_lines(port.function, 0))
            port.terminal.rest()
            self._baud = 9600
        self._opened = opened
        self._script = _in_turn(script)

    # ---- requests -----------------------------------------------------------------------------------------------

    def _set_lines(self, function: _Function, lines: int) -> Script:
        yield from self._request(0x21, 0x22, lines, function.control_interface)
        if not lines & 1:
            self._outbox = self._inbox = b""

    def _set_line_coding(self, function: _Function, baud: int) -> Script:
        coding = struct.pack("<IBBB", baud, 0, 0, 8)
        yield from self._request(0x21, 0x20, 0, function.control_interface, coding)

    def _enumerate(self) -> Script:
        device = self._device
        device.bus_reset()
        yield from _rest()
        first = yield from self._read(0x80, 6, 0x0100, 0, 64)
        if len(first) < 8 or first[7] != PACKET:
            raise Violation("the device descriptor does not begin as it should")
        device.bus_reset()
        yield from _rest()
        yield from self._request(0x00, 5, 7, 0)
        # The controller has answered; the firmware hears of it as well and must leave it alone. USB gives it 2 ms.
        yield from self._until(lambda: device.setup_taken, "SET_ADDRESS")
        yield from _rest()
        descriptor = yield from self._read(0x80, 6, 0x0100, 0, 18)
        if len(descriptor) != 18 or descriptor[:2] != b"\x12\x01":
            raise Violation("the device descriptor is broken")
        with contextlib.suppress(Stalled):
            yield from self._read(0x80, 6, 0x0600, 0, 10)  # device qualifier: none at full speed
        head = yield from self._read(0x80, 6, 0x0200, 0, 9)
        total = int.from_bytes(head[2:4], "little")
        configuration = yield from self._read(0x80, 6, 0x0200, 0, total)
        if len(configuration) != total:
            raise Violation(f"the configuration descriptor has {len(configuration)} bytes and says {total}")
        function = _serial_function(configuration)
        yield from self._read(0x80, 6, 0x0300, 0, 255)
        texts = []
        for index in descriptor[14:17]:
            text = (yield from self._read(0x80, 6, 0x0300 | index, 0x0409, 255)) if index else b"\2\3"
            texts.append(text[2 : text[0]].decode("utf-16-le"))
        yield from self._request(0x00, 9, configuration[5], 0)
        self._toggle_in = self._toggle_out = 0
        self._baud = 9600
        yield from self._set_line_coding(function, 9600)
        current = yield from self._read(0xA1, 0x21, 0, function.control_interface, 7)
        if current != struct.pack("<IBBB", 9600, 0, 0, 8):
            raise Violation(f"GET_LINE_CODING returned {current.hex()}, not what was set")
        vendor, product = struct.unpack_from("<HH", descriptor, 8)
        self._port = _Port(function, self._new_terminal())
        self._changed(UsbPort(self._port.terminal.name, vendor, product, texts[2], texts[1]))

    def _request(self, kind: int, request: int, value: int, index: int, data: bytes = b"") -> Script:
        """A control transfer without data, or with data to the device."""
        device = self._device
        device.setup(struct.pack("<BBHHH", kind, request, value, index, len(data)))
        name = f"request {kind:02x} {request:02x} value {value:#06x}"
        while data:
            packet = data[:PACKET]
            yield from self._until(lambda packet=packet: device.offer(0, packet, 1), name)  # type: ignore[misc]
            data = data[PACKET:]
        yield from self._until(lambda: device.status_ready, name)

    def _read(self, kind: int, request: int, value: int, index: int, length: int) -> Generator[None, None, bytes]:
        """A control transfer with data from the device."""
        device = self._device
        device.setup(struct.pack("<BBHHH", kind, request, value, index, length))
        name = f"request {kind:02x} {request:02x} value {value:#06x}"
        data = b""
        while len(data) < length:
            packets: list[bytes] = []

            def taken(packets: list[bytes] = packets) -> bool:
                got = device.take(0)
                if got is not None:
                    packets.append(got[1])
                return got is not None

            yield from self._until(taken, name)
            data += packets[0]
            if len(packets[0]) < PACKET:
                break
        yield from self._until(lambda: device.status_ready, name)
        return data

    def _until(self, done: Callable[[], bool], name: str) -> Script:
        for _ in range(_PATIENCE):
            if self._device.stalled:
                raise Stalled(name)
            if done():
                yield
                return
            yield
        raise Violation(f"the device does not answer {name}")


def _rest() -> Script:
    """The time that USB gives a device after a reset (10 ms and more) and after SET_ADDRESS (2 ms)."""
    for _ in range(_RECOVERY_TURNS):
        yield


def _in_turn(scripts: list[Script]) -> Script:
    for script in scripts:
        yield from script


def _serial_function(configuration: bytes) -> _Function:
    """Find the CDC-ACM function as cdc-acm.c does: by the union descriptor and the data interface's endpoints."""
    control = data = ep_in = ep_out = -1
    interface = -1
    place = 0
    while place < len(configuration):
        size, kind = configuration[place], configuration[place + 1]
        if size < 2 or place + size > len(configuration):
            raise Violation("the configuration descriptor's parts do not fit its length")
        if kind == 4:
            interface = configuration[place + 2]
        elif kind == 0x24 and configuration[place + 2] == 6:
            control, data = configuration[place + 3], configuration[place + 4]
        elif kind == 5 and interface == data:
            address, attributes = configuration[place + 2], configuration[place + 3]
            if attributes & 3 != 2 or int.from_bytes(configuration[place + 4 : place + 6], "little") != PACKET:
                raise Violation("the data interface's endpoints must be bulk with packets of 64 bytes")
            if address & 0x80:
                ep_in = address & 0x7F
            else:
                ep_out = address
        place += size
    if min(control, ep_in, ep_out) < 0:
        raise Violation("the configuration has no CDC-ACM function")
    return _Function(control, ep_in, ep_out)
