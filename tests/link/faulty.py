"""A cable that damages what passes over it, by a seed."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from toolkit.link.transport import Transport, TransportClosedError


@dataclass(frozen=True)
class Faults:
    """What happens to bytes, as chances.

    Attributes:
        drop, flip, duplicate, insert: per byte, in both directions: lost, one bit turned, sent twice, a random byte
            added before it.
        stall: per read or write: nothing moves for `stall_seconds`.
        split: per read: only a part is given, the rest by the next read.
        close: per read or write, after a part of the bytes has passed: the connection ends.
    """

    drop: float = 0.0
    flip: float = 0.0
    duplicate: float = 0.0
    insert: float = 0.0
    stall: float = 0.0
    stall_seconds: float = 0.005
    split: float = 0.0
    close: float = 0.0

    @classmethod
    def damaging(cls, share: float) -> Faults:
        """A share of all bytes is damaged, in equal parts by each kind of damage, with stalls and splits besides."""
        each = share / 4
        return cls(drop=each, flip=each, duplicate=each, insert=each, stall=0.002, split=0.2)


class FaultyTransport:
    """A transport with faults.

    Attributes:
        damaged_bytes: dropped, flipped, duplicated and inserted ones so far.
        passed_bytes: that came in at either end.
    """

    def __init__(self, inner: Transport, faults: Faults, rng: random.Random) -> None:
        self._inner = inner
        self._faults = faults
        self._rng = rng
        self._held = b""
        self.damaged_bytes = 0
        self.passed_bytes = 0

    def read(self, timeout: float) -> bytes:
        """See Transport."""
        self._maybe_stall()
        data = self._held
        if data:
            self._held = b""
        else:
            data = self._damage(self._inner.read(timeout))
        self._maybe_close(b"")
        if data and self._rng.random() < self._faults.split:
            at = self._rng.randrange(len(data) + 1)
            data, self._held = data[:at], data[at:]
        return data

    def write(self, data: bytes) -> None:
        """See Transport."""
        self._maybe_stall()
        self._maybe_close(data)
        self._inner.write(self._damage(data))

    def close(self) -> None:
        """See Transport."""
        self._inner.close()

    def _maybe_stall(self) -> None:
        if self._rng.random() < self._faults.stall:
            time.sleep(self._faults.stall_seconds)

    def _maybe_close(self, data: bytes) -> None:
        if self._rng.random() < self._faults.close:
            if data:
                self._inner.write(data[: self._rng.randrange(len(data) + 1)])
            self._inner.close()
            raise TransportClosedError("closed by the fault injector")

    def _damage(self, data: bytes) -> bytes:
        rng, faults = self._rng, self._faults
        self.passed_bytes += len(data)
        total = faults.drop + faults.flip + faults.duplicate + faults.insert
        if not total:
            return data
        damaged = bytearray()
        for byte in data:
            chance = rng.random()
            if chance >= total:
                damaged.append(byte)
                continue
            self.damaged_bytes += 1
            if chance < faults.drop:
                continue
            if chance < faults.drop + faults.flip:
                damaged.append(byte ^ 1 << rng.randrange(8))
            elif chance < faults.drop + faults.flip + faults.duplicate:
                damaged += bytes([byte, byte])
            else:
                damaged += bytes([rng.randrange(256), byte])
        return bytes(damaged)
