"""The host's side of the wire against any bytes: nothing unchecked is believed, only a LinkError comes out."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.link import device as fake
from tests.link.device import HELLO, PythonDevice
from tests.link.test_client import EXPECTED, QUICK, PatientHandlerTransport, client_of, run
from toolkit.errors import LinkError
from toolkit.link import Client, framing, messages, packbits
from toolkit.link.messages import Hello, Message, MessageError, MessageType

# Bytes as a wire has them: noise, delimiters, and frames with a right CRC around a wrong content.
_BODIES = st.one_of(
    st.binary(max_size=80),
    st.builds(
        lambda kind, seq, payload: struct.pack("<BH", kind, seq) + payload,
        st.sampled_from([*MessageType, 0x00, 0x99]),
        st.integers(0, 0xFFFF),
        st.one_of(st.binary(max_size=80), st.just(HELLO.encode())),
    ),
)
_FRAMES = st.builds(framing.encode, _BODIES)
_NOISE = st.binary(max_size=60)
_WIRE = st.lists(st.one_of(_FRAMES, _NOISE, st.just(b"\0")), max_size=8).map(b"".join)
MANY = settings(max_examples=300, deadline=None)
FEW = settings(max_examples=25, deadline=None)


@given(_WIRE, st.lists(st.integers(0, 500), max_size=5))
@MANY
def test_decoder_believes_only_what_has_a_right_crc(wire: bytes, cuts: list[int]) -> None:
    decoder = framing.Decoder()
    bodies = []
    places = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    for start, end in itertools.pairwise(places):
        bodies += decoder.feed(wire[start:end])
    assert bodies == framing.Decoder().feed(wire), "where the bytes are cut does not matter"
    frames = [frame for frame in wire.split(b"\0")[:-1] if frame]
    assert len(bodies) + decoder.damaged == len(frames)
    for body in bodies:
        assert framing.decode(framing.encode(body)[:-1]) == body


@given(st.binary(max_size=400), st.integers(1, 64))
@MANY
def test_decoder_keeps_no_more_than_its_bound(wire: bytes, bound: int) -> None:
    decoder = framing.Decoder(max_bytes=bound)
    for place in range(len(wire)):
        decoder.feed(wire[place : place + 1])
        assert len(decoder._rest) <= bound


@given(st.binary(max_size=300), st.integers(0, 2**32 - 1))
@MANY
def test_frame_of_any_body_with_any_other_crc_is_damaged(body: bytes, crc: int) -> None:
    from cobs import cobs

    frame = cobs.encode(body + struct.pack("<I", crc))
    assert (framing.decode(frame) is None) == (crc != zlib.crc32(body))


@given(st.binary(max_size=2000))
@MANY
def test_packing_loses_nothing(data: bytes) -> None:
    packed = packbits.pack(data)
    assert packbits.unpack(packed) == data
    assert len(packed) <= len(data) + -(-len(data) // 64) + 1


@given(st.binary(max_size=200))
@MANY
def test_unpacking_anything(packed: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert len(packbits.unpack(packed)) <= 128 * len(packed)


@given(st.one_of(st.binary(max_size=160), st.tuples(st.integers(0, 150), st.binary(min_size=1, max_size=4))))
@MANY
def test_hello_of_anything(given_bytes: bytes | tuple[int, bytes]) -> None:
    if isinstance(given_bytes, tuple):
        place, change = given_bytes
        sound = HELLO.encode()
        payload = sound[:place] + change + sound[place + len(change) :]
    else:
        payload = given_bytes
    try:
        hello = Hello.decode(payload)
    except MessageError:
        return
    assert Hello.decode(hello.encode()) == hello
    assert hello.runtime.isprintable()
    assert hello.board.isprintable()


@given(st.binary(max_size=40))
@MANY
def test_messages_of_anything(body: bytes) -> None:
    with contextlib.suppress(MessageError):
        message = messages.parse(body)
        assert messages.body(MessageType(1), message.seq, message.payload)[1:] == body[1:]
        with contextlib.suppress(MessageError):
            ticks, output = messages.parse_result(message.payload)
            assert struct.pack("<I", ticks) + output == message.payload
        messages.parse_refused(message.payload)


@given(st.lists(_WIRE, min_size=1, max_size=4))
@FEW
def test_client_of_a_peer_that_talks_nonsense(answers: list[bytes]) -> None:
    """It is a device's HELLO by accident, or the client gives up within its bounds, in one line."""
    turn = [0]

    def talk(_: bytes) -> bytes:
        turn[0] += 1
        return answers[turn[0] % len(answers)]

    transport = PatientHandlerTransport(talk)
    bounds = dataclasses.replace(QUICK, contact=0.1, answer=0.1, stall=0.2)
    try:
        run(Client(lambda: transport, bounds))
    except LinkError as caught:
        assert "\n" not in caught.message
        assert caught.hint


@given(st.lists(st.one_of(_NOISE.map(lambda noise: b"\0" + noise + b"\0"), _FRAMES), min_size=1, max_size=6))
@FEW
def test_nonsense_between_the_answers_is_never_taken_for_one(nonsense: list[bytes]) -> None:
    """Frames with a right CRC are kept out of it: a liar that knows the protocol can answer anything."""
    noise = [piece for piece in nonsense if not framing.Decoder().feed(piece)]
    turn = [0]

    def answer(_: Message, plain: bytes) -> bytes:
        turn[0] += 1
        return (noise[turn[0] % len(noise)] if noise else b"") + plain

    assert run(client_of(PythonDevice(answer=answer))) == EXPECTED


@pytest.mark.parametrize("size", [0, 3, 5, 400])
def test_results_of_any_other_size_are_never_believed(size: int) -> None:
    with pytest.raises(LinkError, match=r"answers request \d+ with \d+ bytes; it says that its outputs have 4"):
        run(client_of(PythonDevice(answer=lambda message, _: fake.result(message.seq, bytes(size)))))
