"""A link of a given speed in real time: what a wire holds back, between the client and any transport."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass

from toolkit.link.transport import Transport, TransportClosedError


@dataclass(frozen=True)
class Speed:
    """A kind of link.

    Attributes:
        name: for the table.
        bytes_per_second: each way, at the same time.
        latency: seconds that a byte takes besides, each way.
    """

    name: str
    bytes_per_second: float
    latency: float = 0.0


def uart(baud: int) -> Speed:
    """A UART sends ten bits a byte: start, eight, stop."""
    return Speed(f"{baud:,} baud", baud / 10)


USB = Speed("USB full speed", 1_000_000, latency=0.001)
"""CDC-ACM at full speed: at most 19 bulk packets of 64 bytes in a frame of 1 ms (USB 2.0, table 5-9), about 1 MB/s."""


class _Lane:
    """One direction: bytes put in come out no sooner than the wire has carried them."""

    def __init__(self, speed: Speed) -> None:
        self._speed = speed
        self._free_at = 0.0
        self._pieces: deque[tuple[float, bytes]] = deque()
        self._changed = threading.Condition()

    def put(self, data: bytes) -> None:
        """Send; one byte comes after the other."""
        with self._changed:
            now = time.monotonic()
            at = max(now, self._free_at)
            # In pieces of at most 2 ms of the wire, so that a long frame does not come as a whole at its end.
            step = max(1, int(self._speed.bytes_per_second * 0.002))
            for start in range(0, len(data), step):
                piece = data[start : start + step]
                at += len(piece) / self._speed.bytes_per_second
                self._pieces.append((at + self._speed.latency, piece))
            self._free_at = at
            self._changed.notify()

    def take(self, timeout: float) -> bytes:
        """What has come through, as soon as anything has; empty after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                now = time.monotonic()
                due = self._pieces[0][0] if self._pieces else None
                if due is not None and due <= now:
                    break
                left = deadline - now
                if left <= 0:
                    return b""
                self._changed.wait(left if due is None else min(left, due - now))
            data = bytearray()
            while self._pieces and self._pieces[0][0] <= now:
                data += self._pieces.popleft()[1]
            return bytes(data)


class ThrottledTransport:
    """A transport whose bytes take as long as a wire needs for them, both ways at once.

    A thread each way carries them, as a wire does: what the client does meanwhile changes nothing.
    """

    def __init__(self, inner: Transport, speed: Speed) -> None:
        self._inner = inner
        self._up, self._down = _Lane(speed), _Lane(speed)
        self._closed = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._carry_up, self._carry_down)]
        for thread in self._threads:
            thread.start()

    def read(self, timeout: float) -> bytes:
        """See Transport."""
        data = self._down.take(timeout)
        if not data and self._closed.is_set():
            raise TransportClosedError("closed")
        return data

    def write(self, data: bytes) -> None:
        """See Transport; returns at once, as a driver with a large buffer does."""
        if self._closed.is_set():
            raise TransportClosedError("closed")
        self._up.put(data)

    def close(self) -> None:
        """See Transport."""
        self._closed.set()
        for thread in self._threads:
            thread.join()
        self._inner.close()

    def _carry_up(self) -> None:
        try:
            while not self._closed.is_set():
                if data := self._up.take(0.05):
                    self._inner.write(data)
        except TransportClosedError:
            self._closed.set()

    def _carry_down(self) -> None:
        try:
            while not self._closed.is_set():
                if data := self._inner.read(0.05):
                    self._down.put(data)
        except TransportClosedError:
            self._closed.set()
