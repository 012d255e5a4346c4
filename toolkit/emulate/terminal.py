"""The pty that stands for /dev/ttyACM0, as the host's CDC-ACM driver sees it: opened, closed, set to a baud rate."""

from __future__ import annotations

import contextlib
import os
import select
import termios
import tty

_BAUD = {getattr(termios, name): int(name[1:]) for name in dir(termios) if name[0] == "B" and name[1:].isdigit()}
_OSPEED = 5


class Terminal:
    """A pty whose other end programs open as a serial port.

    Attributes:
        name: of the end that programs open.
        fd: of our end.
    """

    def __init__(self) -> None:
        self.fd, slave = os.openpty()
        self.name = os.ttyname(slave)
        tty.setraw(slave)
        self.rest()
        # Only after the first close does the kernel tell whether a program has the port open.
        os.close(slave)
        os.set_blocking(self.fd, False)
        self._poll = select.poll()
        self._poll.register(self.fd, select.POLLIN)
        self.closed = False

    def rest(self) -> None:
        """Set the rate back to 9600 baud, so that the next program's setting is seen as a change."""
        with contextlib.suppress(termios.error):
            settings = termios.tcgetattr(self.fd)
            settings[4] = settings[5] = termios.B9600
            termios.tcsetattr(self.fd, termios.TCSANOW, settings)

    @property
    def baud(self) -> int:
        """The rate that was set last."""
        return _BAUD.get(termios.tcgetattr(self.fd)[_OSPEED], 0)

    def is_open(self) -> bool:
        """True while a program has the port open."""
        return not any(event & select.POLLHUP for _, event in self._poll.poll(0))

    def wait(self, seconds: float) -> None:
        """Return when there may be something to read, or after `seconds`."""
        self._poll.poll(seconds * 1000)

    def read(self, size: int) -> bytes:
        """What a program has written; empty if nothing has."""
        try:
            return os.read(self.fd, size)
        except (BlockingIOError, OSError):
            return b""

    def write(self, data: bytes) -> int:
        """Give bytes to the program; returns how many fitted."""
        try:
            return os.write(self.fd, data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)

    def close(self) -> None:
        """Pull the plug: a program that has it open gets an error."""
        if not self.closed:
            self.closed = True
            os.close(self.fd)
