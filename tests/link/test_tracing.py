"""TRACE and READ: every layer of an inference and the constants, over a link that loses and damages."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable

import pytest

from tests.link import device as fake
from tests.link.device import PythonDevice, constants, output_of
from tests.link.test_client import client_of
from toolkit.errors import LinkError
from toolkit.link import framing, messages
from toolkit.link.messages import Message, MessageType, Reason

DATA = bytes(range(16))
Meddle = Callable[[list[bytes]], list[bytes]]


def meddling(times: int, meddle: Meddle) -> PythonDevice:
    """The first so many answers are changed, frame by frame."""
    count = itertools.count(1)

    def answer(_: Message, plain: bytes) -> bytes:
        frames = [frame + b"\0" for frame in plain.split(b"\0")[:-1]]
        return b"".join(meddle(frames) if next(count) <= times else frames)

    return PythonDevice(answer=answer)


def test_every_layer_with_ticks_and_crc() -> None:
    traced = client_of(PythonDevice()).trace(7, DATA)
    assert (traced.key, traced.output, traced.ticks) == (7, output_of(DATA), 6)
    assert [(each.layer, each.ticks, each.crc, each.data) for each in traced.layers] == [
        (0, 3, zlib.crc32(DATA), b""),
        (1, 3, zlib.crc32(output_of(DATA)), b""),
    ]


def test_bytes_of_the_layers_that_are_asked_for() -> None:
    client = client_of(PythonDevice())
    assert [each.data for each in client.trace(7, DATA, range(1)).layers] == [DATA, b""]
    assert [each.data for each in client.trace(7, DATA, range(1, 9)).layers] == [b"", output_of(DATA)]


@pytest.mark.parametrize(
    "meddle",
    [
        lambda frames: frames[1:],
        lambda frames: [frames[0], frames[2]],
        lambda frames: frames[:2],
        lambda _: [],
        lambda frames: [frames[1], frames[0], frames[2]],
        lambda frames: [frames[0], frames[0], *frames[1:]],
        lambda frames: [frames[0][:3] + bytes([frames[0][3] ^ 1 or 2]) + frames[0][4:], *frames[1:]],
        lambda _: [fake.refused(messages.SEQ_UNKNOWN, Reason.DAMAGED)],
    ],
    ids=["first lost", "middle lost", "last lost", "all lost", "out of order", "twice", "damaged", "refused"],
)
def test_what_is_not_whole_is_asked_for_again(meddle: Meddle) -> None:
    device = meddling(2, meddle)
    traced = client_of(device).trace(7, DATA, range(2))
    assert [each.data for each in traced.layers] == [DATA, output_of(DATA)]
    assert len(device.requests) == 3


def test_a_device_that_never_gives_a_whole_answer() -> None:
    with pytest.raises(LinkError, match="no whole answer to a TRACE in 5 attempts"):
        client_of(meddling(99, lambda frames: frames[:1])).trace(7, DATA)


def test_an_engine_that_tells_of_no_layers() -> None:
    assert client_of(meddling(99, lambda frames: frames[2:])).trace(7, DATA).layers == ()


def test_a_refusal_is_told() -> None:
    device = PythonDevice(answer=lambda message, _: fake.refused(message.seq, Reason.UNKNOWN_TYPE))
    with pytest.raises(LinkError, match=r"does not answer a TRACE: it says REFUSED \(unknown type\)"):
        client_of(device).trace(7, DATA)


def test_constants_by_crc_and_first_bytes() -> None:
    device = meddling(1, lambda _: [])
    found = client_of(device).read(5, 150)
    assert (found.crc, found.first) == (zlib.crc32(constants(5, 150)), constants(5, 64))
    assert client_of(PythonDevice()).read(5, 3).first == constants(5, 3)
    assert len(device.requests) == 2


def test_constants_of_another_size_are_not_taken() -> None:
    def short(message: Message, _: bytes) -> bytes:
        return framing.encode(messages.body(MessageType.BYTES, message.seq, b"xxxxx"))

    with pytest.raises(LinkError, match="no whole answer to a READ"):
        client_of(PythonDevice(answer=short)).read(0, 2)
