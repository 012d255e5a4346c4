"""`Monitor._drain` waited for a silence that never came: an upload to a port that keeps talking hung for good."""

from __future__ import annotations

import time

import pytest

from toolkit.flash.samba_protocol import DamagedReplyError, Monitor


class Chatter:
    """A serial port on which something else prints without end, such as a sketch that was never reset."""

    timeout: float | None = None
    reads = 0

    def read(self, size: int = 1, /) -> bytes:
        """Always something; a test that would hang ends with an error of its own."""
        self.reads += 1
        if self.reads > 200_000:
            raise AssertionError("it hangs")
        time.sleep(0.0001)
        return b"tick 1\r\n"[:size]

    def write(self, data: bytes, /) -> int:
        """Taken."""
        return len(data)

    def flush(self) -> None:
        """Nothing to wait for."""

    def close(self) -> None:
        """Given up."""


@pytest.mark.parametrize("step", [Monitor.synchronise, Monitor.version, Monitor.device, Monitor.check_device])
def test_every_dialogue_with_it_ends(step: object) -> None:
    port = Chatter()
    started = time.monotonic()
    with pytest.raises(DamagedReplyError, match="keeps talking"):
        step(Monitor(port, reply_seconds=0.1, quiet_seconds=0.01))  # type: ignore[operator]
    assert time.monotonic() - started < 5
