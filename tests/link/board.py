"""The firmware as a process behind a wire that a reset does not cut, as a UART's is not."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
from pathlib import Path

from toolkit.link.transport import TransportClosedError


class ProcessBoard:
    """A board: reset() starts its firmware anew, and the wire stays. Itself a Transport."""

    def __init__(self, firmware: Path) -> None:
        self._firmware = firmware
        self._process: subprocess.Popen[str] | None = None
        self._wire = -1
        self.resets = 0
        self._power_on()

    def _power_on(self) -> None:
        self._process = subprocess.Popen([self._firmware, "--pty"], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._wire = os.open(self._process.stdout.readline().strip(), os.O_RDWR | os.O_NOCTTY)

    def _power_off(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            os.close(self._wire)
            self._process = None

    def reset(self) -> None:
        """What was on the way is lost; the firmware starts anew and says so."""
        self.resets += 1
        self._power_off()
        self._power_on()

    def become(self, firmware: Path) -> None:
        """Other firmware is put on it."""
        self._firmware = firmware
        self.reset()

    def read(self, timeout: float) -> bytes:
        """See Transport."""
        if self._process is None:
            raise TransportClosedError("switched off")
        if not select.select([self._wire], [], [], timeout)[0]:
            return b""
        return os.read(self._wire, 65536)

    def write(self, data: bytes) -> None:
        """See Transport."""
        if self._process is None:
            raise TransportClosedError("switched off")
        while data:
            data = data[os.write(self._wire, data) :]

    def close(self) -> None:
        """See Transport; the board itself goes on."""

    def switch_off(self) -> None:
        """For good."""
        with contextlib.suppress(OSError):
            self._power_off()
