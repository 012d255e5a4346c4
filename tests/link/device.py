"""A device in Python, for what the real core never does: other versions, nonsense, silence on demand."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from toolkit.link import framing, messages, packbits
from toolkit.link.messages import ElementCode, End, Hello, Message, MessageType, TickUnit

HELLO = Hello(
    version=messages.VERSION,
    tick_unit=TickUnit.CYCLES,
    unasked=False,
    start=1,
    rx_buffer=100,
    arena_bytes=1000,
    stack_bytes=200,
    layers=2,
    build_id="00" * 8,
    model_sha256="11" * 32,
    runtime="aot",
    board="python",
    inputs=(End(16, ElementCode.INT8),),
    outputs=(End(4, ElementCode.INT8),),
)


def result(seq: int, output: bytes, ticks: int = 5) -> bytes:
    """A RESULT frame."""
    return framing.encode(messages.body(MessageType.RESULT, seq, ticks.to_bytes(4, "little") + output))


def layer(seq: int, number: int, data: bytes, *, kept: bool, ticks: int = 3) -> bytes:
    """A LAYER frame."""
    size = len(data).to_bytes(4, "little")
    payload = number.to_bytes(2, "little") + ticks.to_bytes(4, "little") + 2 * size
    payload += zlib.crc32(data).to_bytes(4, "little")
    return framing.encode(messages.body(MessageType.LAYER, seq, payload + (data if kept else b"")))


def constants(place: int, size: int) -> bytes:
    """What a READ finds."""
    return bytes((place + at) & 0xFF for at in range(size))


def refused(seq: int, reason: int) -> bytes:
    """A REFUSED frame."""
    return framing.encode(messages.body(MessageType.REFUSED, seq, bytes([reason])))


def hello(seq: int, content: Hello = HELLO) -> bytes:
    """A HELLO frame."""
    return framing.encode(messages.body(MessageType.HELLO, seq, content.encode()))


def output_of(data: bytes) -> bytes:
    """What it computes: the first four bytes, backwards."""
    return data[3::-1]


def _plain(message: Message) -> bytes:
    if message.type == MessageType.READ:
        place, size = (int.from_bytes(message.payload[at : at + 4], "little") for at in (0, 4))
        data = constants(place, size)
        payload = zlib.crc32(data).to_bytes(4, "little") + data[: messages.MOST_READ]
        return framing.encode(messages.body(MessageType.BYTES, message.seq, payload))
    if message.type != MessageType.TRACE:
        return result(message.seq, output_of(packbits.unpack(message.payload)))
    first, count = (int.from_bytes(message.payload[at : at + 2], "little") for at in (0, 2))
    data = packbits.unpack(message.payload[4:])
    parts = (data, output_of(data))
    told = [layer(message.seq, at, part, kept=first <= at < first + count) for at, part in enumerate(parts)]
    return b"".join(told) + result(message.seq, output_of(data), 6)


@dataclass
class PythonDevice:
    """Answers as the core does, unless `answer` says otherwise.

    Attributes:
        answer: called with every request but HELLO's and the plain answer; returns what is sent instead.
        hello: its HELLO.
        requests: inference requests so far, in order of arrival.
        longest: most bytes that ever came in one write.
    """

    answer: Callable[[Message, bytes], bytes] = lambda _message, plain: plain
    hello: Callable[[Message], bytes] = lambda message: hello(message.seq)
    requests: list[Message] = field(default_factory=list)
    longest: int = 0
    _decoder: framing.Decoder = field(default_factory=framing.Decoder)

    def __call__(self, data: bytes) -> bytes:
        """Take bytes, answer with bytes."""
        self.longest = max(self.longest, len(data))
        answers = b""
        for body in self._decoder.feed(data):
            message = messages.parse(body)
            if message.type == MessageType.HELLO_REQUEST:
                answers += self.hello(message)
            else:
                self.requests.append(message)
                answers += self.answer(message, _plain(message))
        return answers
