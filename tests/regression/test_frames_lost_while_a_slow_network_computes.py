"""114 frames in 1,000 arrived damaged while slow kernels computed: the host sent more than the device could hold.

The oldest request was not counted against the device's buffer. But when its answer leaves, the next request may still
lie in the buffer, unread; the host fills up at once, and what does not fit is lost.
"""

from __future__ import annotations

import dataclasses
from collections import deque

from tests.link import device as fake
from tests.link.device import HELLO, output_of
from tests.link.handler import HandlerTransport
from toolkit.link import Bounds, Client, Request, framing, messages, packbits
from toolkit.link.messages import MessageType, Reason

RX_BUFFER = 100
REQUESTS = [Request(n, "tensor", bytes(range(n, n + 16))) for n in range(200)]  # frames of 27 bytes


class SlowDevice(HandlerTransport):
    """Reads its buffer only between two networks, as firmware/core does: bytes that find it full are dropped."""

    def __init__(self) -> None:
        super().__init__(lambda _: b"")
        self.held: deque[int] = deque()
        self.dropped = 0
        self._decoder = framing.Decoder()

    def write(self, data: bytes) -> None:
        """What arrives while the network is computed."""
        for byte in data:
            if len(self.held) < RX_BUFFER:
                self.held.append(byte)
            else:
                self.dropped += 1

    def read(self, timeout: float) -> bytes:
        """One network is ready: its answer leaves before the next request is read."""
        del timeout
        while self.held:
            damaged = self._decoder.damaged
            for body in self._decoder.feed(bytes([self.held.popleft()])):
                message = messages.parse(body)
                if message.type == MessageType.HELLO_REQUEST:
                    return fake.hello(message.seq, dataclasses.replace(HELLO, rx_buffer=RX_BUFFER))
                return fake.result(message.seq, output_of(packbits.unpack(message.payload)))
            if self._decoder.damaged > damaged:
                return fake.refused(messages.SEQ_UNKNOWN, Reason.DAMAGED)
        return b""


def test_nothing_is_lost_in_the_device_s_buffer() -> None:
    device = SlowDevice()
    client = Client(lambda: device, Bounds(contact=1.0, silence_min=0.05, silence_first=0.05, stall=2.0))
    answers = {answer.key: answer.output for answer in client.stream(REQUESTS)}
    assert answers == {request.key: output_of(request.data) for request in REQUESTS}
    assert device.dropped == 0
    assert client.stats.damaged == client.stats.resent == 0
