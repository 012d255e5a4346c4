"""A serial port on another machine: pyserial's own RFC 2217 server, as its example program runs it."""

from __future__ import annotations

import socket
import threading
from typing import Any

import serial
import serial.rfc2217


class PtySerial(serial.Serial):
    """A pty as a serial port: it has no modem lines to ask for or to set."""

    cts = dsr = ri = cd = False

    def _update_dtr_state(self) -> None:
        pass

    def _update_rts_state(self) -> None:
        pass

    def _update_break_state(self) -> None:
        pass


class Rfc2217Server:
    """Serves one device to one peer at a time."""

    def __init__(self, device: str) -> None:
        self._serial: Any = PtySerial(device, timeout=0.02)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self._stop = threading.Event()
        self._connection: socket.socket | None = None
        self._lock = threading.Lock()
        self.url = f"rfc2217://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Called by the port manager."""
        with self._lock:
            if self._connection is not None:
                self._connection.sendall(data)

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(0.02)
                self._connection = connection
                self._talk(connection)
                self._connection = None

    def _talk(self, connection: socket.socket) -> None:
        manager: Any = serial.rfc2217.PortManager(self._serial, self)  # type: ignore[arg-type]
        while not self._stop.is_set():
            received = self._serial.read(self._serial.in_waiting or 1)
            try:
                if received:
                    self.write(b"".join(manager.escape(received)))
                data = connection.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                return
            if not data:
                return
            self._serial.write(b"".join(manager.filter(data)))

    def close(self) -> None:
        """End it."""
        self._stop.set()
        self._thread.join()
        self._listener.close()
        self._serial.close()
