"""A transport to a device that is a function."""

from __future__ import annotations

from collections.abc import Callable

from toolkit.link.transport import TransportClosedError


class HandlerTransport:
    """A device that is a function: called with every write, returns what the device answers."""

    def __init__(self, handler: Callable[[bytes], bytes]) -> None:
        """Begin with nothing to read."""
        self._handler = handler
        self._answers = bytearray()
        self.closed = False

    def read(self, timeout: float) -> bytes:
        """See Transport; there is nothing to wait for, so it never waits."""
        del timeout
        if self.closed:
            raise TransportClosedError("closed")
        data = bytes(self._answers)
        self._answers.clear()
        return data

    def write(self, data: bytes) -> None:
        """See Transport."""
        if self.closed:
            raise TransportClosedError("closed")
        self._answers += self._handler(data)

    def close(self) -> None:
        """See Transport."""
        self.closed = True
