"""Transports: bytes to and from a device. One method to read, one to write, and close.

A transport raises TransportClosedError as soon as its peer is gone; the client then opens another one.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import time
from typing import Any, Protocol
from urllib.parse import urlsplit

from toolkit.errors import LinkError
from toolkit.link import labgrid
from toolkit.link.serial_ports import cannot_open, without_carrier

CONNECT_SECONDS = 5.0
WRITE_SECONDS = 10.0
POLL_SECONDS = 0.05
QUIET_POLL_SECONDS = 0.01
READ_BYTES = 65536


class TransportClosedError(OSError):
    """The peer has gone: an unplugged cable, a closed socket, a dead emulator."""


class Transport(Protocol):
    """An open link to a device."""

    def read(self, timeout: float) -> bytes:
        """What has arrived, as soon as anything has; empty after `timeout` seconds.

        Raises:
            TransportClosedError: the peer has gone.
        """
        ...

    def write(self, data: bytes) -> None:
        """Send all of it, waiting as long as the peer takes some within WRITE_SECONDS.

        Raises:
            TransportClosedError: the peer has gone, or takes nothing any more.
        """
        ...

    def close(self) -> None:
        """Give it up; never raises."""
        ...


class SocketTransport:
    """A TCP connection without Nagle's delay: pyserial's own `socket://` has it, and polls."""

    def __init__(self, host: str, port: int) -> None:
        """Connect.

        Raises:
            OSError: refused, unknown, or no answer.
        """
        self._socket = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)

    def read(self, timeout: float) -> bytes:
        """See Transport."""
        try:
            ready, _, _ = select.select([self._socket], [], [], timeout)
            if not ready:
                return b""
            data = self._socket.recv(READ_BYTES)
        except BlockingIOError:
            return b""
        except (OSError, ValueError) as caught:
            raise TransportClosedError(str(caught)) from caught
        if not data:
            raise TransportClosedError("the peer closed the connection")
        return data

    def write(self, data: bytes) -> None:
        """See Transport."""
        view = memoryview(data)
        try:
            while view:
                try:
                    view = view[self._socket.send(view) :]
                except BlockingIOError:
                    if not select.select([], [self._socket], [], WRITE_SECONDS)[1]:
                        raise TransportClosedError("the peer takes no more bytes") from None
        except TransportClosedError:
            raise
        except (OSError, ValueError) as caught:
            raise TransportClosedError(str(caught)) from caught

    def close(self) -> None:
        """See Transport."""
        with contextlib.suppress(OSError):
            self._socket.close()


class SerialTransport:
    """Anything that pyserial opens: a device, rfc2217://, loop:// ..."""

    def __init__(self, url: str, baud: int, quiet: float = 0.0) -> None:
        """Open the port, drop what lies in its buffers.

        Args:
            quiet: seconds for which nothing is sent, unless something has come before.

        Raises:
            OSError: it cannot be opened.
            ValueError: pyserial knows no such URL or setting.
        """
        import serial

        # Its timeout is never changed again: each change would set up the whole port anew, over RFC 2217 in many
        # messages.
        port: Any = serial.serial_for_url(url, do_not_open=True, baudrate=baud, timeout=POLL_SECONDS)
        if "://" not in url:
            port.exclusive = True
            port.write_timeout = WRITE_SECONDS  # rfc2217:// refuses it, and has a bound of its own
        port.open()
        self._port = port
        self._speak_at = time.monotonic() + quiet

    def read(self, timeout: float) -> bytes:
        """See Transport."""
        deadline = time.monotonic() + timeout
        try:
            while True:
                waiting = self._port.in_waiting
                if waiting or timeout > 0:
                    data: bytes = self._port.read(waiting or 1)
                    if data:
                        waiting = self._port.in_waiting
                        return data + bytes(self._port.read(waiting)) if waiting else data
                if time.monotonic() >= deadline:
                    return b""
        except (OSError, TypeError, AttributeError) as caught:  # pyserial's own state vanishes with the device
            raise TransportClosedError(str(caught)) from caught

    def write(self, data: bytes) -> None:
        """See Transport."""
        try:
            while time.monotonic() < self._speak_at and not self._port.in_waiting:
                time.sleep(QUIET_POLL_SECONDS)
            self._port.write(data)
        except (OSError, TypeError, AttributeError) as caught:
            raise TransportClosedError(str(caught)) from caught

    def close(self) -> None:
        """See Transport."""
        with contextlib.suppress(Exception):  # a device that is gone may fail in any way, and it is gone
            self._port.close()


def _socket_address(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port is None:
        raise LinkError(f"{url} is no address", "write it as socket://HOST:PORT")
    return host, port


def open_transport(url: str, baud: int = 115_200, quiet: float = 0.0) -> Transport:
    """Open a link.

    Args:
        url: a device ("/dev/ttyACM0", "COM3"), a place of a farm, which must be held (see `labgrid.held`), or anything
            that pyserial's `serial_for_url` takes.
        baud: bits per second; of no meaning for USB and sockets.
        quiet: seconds for which a serial port's board is given time to start: nothing is sent unless it speaks first.

    Raises:
        LinkError: it cannot be opened; the message says why and the hint what to try.
    """
    if not url:
        raise LinkError("no port is named", "a device, or socket://HOST:PORT; see `tinyml ports`")
    try:
        if labgrid.is_place(url):
            url = labgrid.address(labgrid.parse(url))
        if url.startswith("socket://"):
            return SocketTransport(*_socket_address(url))
        return SerialTransport(without_carrier(url), baud, quiet)
    except ValueError as caught:
        raise LinkError(
            f"{url} is no port: {caught}", "a device, or socket://HOST:PORT; see `tinyml ports`"
        ) from caught
    except TimeoutError as caught:
        raise LinkError(f"{url} does not answer", "check the address, and that the device is running") from caught
    except ConnectionRefusedError as caught:
        raise LinkError(f"nothing listens at {url}", "start the device first: tinyml flash") from caught
    except socket.gaierror as caught:
        raise LinkError(f"{url}: no such host", "check its name") from caught
    except OSError as caught:
        if caught.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
            raise LinkError(f"{url} cannot be reached: {caught.strerror}", "check the network") from caught
        raise cannot_open(url, caught) from caught
