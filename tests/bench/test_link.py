"""The throttle holds back what a wire would; and a digit is small enough for 50 a second at 115200 baud."""

from __future__ import annotations

import time

import pytest

from bench import link
from bench.throttle import Speed, ThrottledTransport, uart
from tests.link.handler import HandlerTransport
from toolkit.link import TransportClosedError, packbits


class Echo(HandlerTransport):
    """Gives back what it gets."""

    def __init__(self) -> None:
        super().__init__(lambda data: data)

    def read(self, timeout: float) -> bytes:
        """See Transport."""
        data = super().read(timeout)
        if not data:
            time.sleep(min(timeout, 0.001))
        return data


def test_bytes_take_the_time_of_the_wire_both_ways() -> None:
    wire = ThrottledTransport(Echo(), Speed("test", bytes_per_second=2000, latency=0.02))
    started = time.monotonic()
    wire.write(b"a" * 300)
    wire.write(b"b" * 100)
    got = b""
    first_at = None
    while len(got) < 400:
        got += wire.read(1)
        first_at = first_at or time.monotonic() - started
    took = time.monotonic() - started
    wire.close()
    assert got == b"a" * 300 + b"b" * 100
    assert took >= 400 / 2000 + 2 * 0.02, "the last byte cannot be there sooner"
    assert first_at is not None
    assert first_at < took - 0.05, "both directions at once, in pieces"


def test_closed_end_is_told() -> None:
    inner = Echo()
    wire = ThrottledTransport(inner, uart(115_200))
    inner.close()
    with pytest.raises(TransportClosedError):
        for _ in range(100):
            wire.read(0.05)
    wire.close()


def test_unpacked_is_the_same_image() -> None:
    data = bytes(range(200)) * 3
    sent = link.unpacked(data)
    assert packbits.unpack(sent) == data
    assert len(sent) == len(data) + -(-len(data) // packbits.MAX_LITERAL) + 1


@pytest.mark.emulator
def test_the_wire_at_115200_baud_has_room_for_fifty_images_a_second() -> None:
    """By the bytes that really went over it; how many pass on a busy computer is for `make bench-link` to tell."""
    with link.firmware() as (port, tflite):
        requests, expected = link.images(tflite, 100)
        row = link.measure(port, uart(115_200), "packed + window", requests, expected)
    assert row.wire_limit >= 50
    assert row.images_per_second <= row.wire_limit * 1.01, "no throttle lets more through than the wire"
