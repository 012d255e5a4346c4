"""The C codec against the Python one, on any input, under ASan and UBSan."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.firmware import firmware
from tests.firmware.talk import Driver
from toolkit.link import framing, messages, packbits
from toolkit.link.messages import MessageType, Reason

QUICK = settings(max_examples=150, deadline=None)
BODIES = st.lists(
    st.one_of(st.binary(max_size=40), st.binary(min_size=250, max_size=260).map(lambda b: b.replace(b"\0", b"\1"))),
    max_size=6,
)


@pytest.fixture(scope="module", params=["table", "bitwise"])
def driver(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """The parts with either CRC."""
    defines = [] if request.param == "table" else ["CORE_CRC32_TABLE=0", "CORE_TX_BYTES=5"]
    running = Driver(firmware.driver(tmp_path_factory.mktemp("driver"), defines))
    yield running
    running.close()


def frame_of(kind: int, payload: bytes, seq: int = 7) -> bytes:
    """A frame of any type."""
    return framing.encode(struct.pack("<BH", kind, seq) + payload)


@given(st.binary(max_size=300))
@example(b"123456789")
@QUICK
def test_crc_is_zlibs(driver: Driver, data: bytes) -> None:
    assert driver.crc(data) == zlib.crc32(data)


@given(BODIES)
@example([b"\1" * 253])
@example([b"\1" * 254])
@example([b"\1" * 255])
@example([b"\1" * 254, b"\0"])
@example([b"\1" * 250, b"\0", b"\1" * 508])
@example([])
@QUICK
def test_frames_are_the_same(driver: Driver, pieces: list[bytes]) -> None:
    assert driver.send(*pieces) == framing.encode(b"".join(pieces))


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=3), st.integers(1, 300)), max_size=6))
@example([(b"\0", 784)])
@example([(b"ab", 64), (b"c", 129), (b"d", 65), (b"ef", 33)])
@QUICK
def test_unpacks_what_the_host_packs(driver: Driver, pieces: list[tuple[bytes, int]]) -> None:
    data = b"".join(piece * times for piece, times in pieces)
    assert driver.unpack(packbits.pack(data)) == data


@given(st.binary(max_size=64))
@example(b"\x41\x80\xff\x00\x42\x7f\x43\x40\x44")
@example(b"\x00\x05abc")
@example(b"\x00\x40")
@example(b"\x00")
@QUICK
def test_any_packed_bytes_mean_the_same(driver: Driver, packed: bytes) -> None:
    try:
        expected: bytes | None = packbits.unpack(packed)
    except ValueError:
        expected = None
    assert driver.unpack(packed) == expected


@given(st.binary(min_size=1, max_size=900), st.integers(0, 0xFFFE))
@QUICK
def test_tensor_arrives_in_the_input(driver: Driver, tensor: bytes, seq: int) -> None:
    wire = frame_of(MessageType.INFER_TENSOR, packbits.pack(tensor), seq)
    assert driver.receive(b"\0" + wire + wire, input_bytes=len(tensor)) == [f"infer:{seq}:{tensor.hex()}"] * 2


@given(st.lists(st.tuples(st.integers(1, 90), st.binary(min_size=1, max_size=2)), min_size=2, max_size=8))
@example([(1, b"a"), (128, b"a"), (1, b"a"), (64, b"b")])
@QUICK
def test_a_row_fills_one_input_after_the_other(driver: Driver, parts: list[tuple[int, bytes]]) -> None:
    """Runs and literals end where they end, not where a tensor does; no byte is written beyond one."""
    row = b"".join(byte * size for size, byte in parts)
    sizes = [size * len(byte) for size, byte in parts]
    wire = frame_of(MessageType.INFER_TENSOR, packbits.pack(row))
    longer = frame_of(MessageType.INFER_TENSOR, packbits.pack(row + b"x"), 8)
    assert driver.receive(wire + longer + wire, input_bytes=sizes) == [
        f"infer:7:{row.hex()}",
        f"refuse:8:{Reason.LENGTH}",
        f"infer:7:{row.hex()}",
    ]


def test_traces_and_reads_come_with_what_they_ask_for(driver: Driver) -> None:
    traced = frame_of(MessageType.TRACE, messages.trace(2, 513, packbits.pack(b"abcdefgh")), 8)
    read = frame_of(MessageType.READ, messages.read(-2, 513), 9)
    assert driver.receive(traced + read + traced, input_bytes=[3, 5]) == [
        f"trace:8:2:513:{b'abcdefgh'.hex()}",
        "read:9:4294967294:513",
        f"trace:8:2:513:{b'abcdefgh'.hex()}",
    ]


SCALINGS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(st.binary(min_size=1, max_size=300), SCALINGS.filter(bool), SCALINGS)
@example(bytes(range(256)), 255.0, 0.0)
@example(bytes(range(256)), 127.5, -1.0)
@example(bytes(range(256)), 1.0, 0.0)
@example(b"\0\1", 3e-39, -3e38)
@QUICK
def test_elements_become_floats(driver: Driver, elements: bytes, divisor: float, offset: float) -> None:
    """Bit for bit what NumPy computes: a division and a sum, each rounded to float32."""
    numpy = pytest.importorskip("numpy")
    with numpy.errstate(all="ignore"):
        divided = numpy.frombuffer(elements, numpy.uint8).astype(numpy.float32) / numpy.float32(divisor)
        expected = (divided + numpy.float32(offset)).tobytes()
    wire = frame_of(MessageType.INFER_ELEMENTS, messages.elements(divisor, offset, packbits.pack(elements)))
    assert driver.receive(wire, dtype=2, input_bytes=4 * len(elements)) == [f"infer:7:{expected.hex()}"]


def test_hello_requests(driver: Driver) -> None:
    good = framing.encode(messages.hello_request(513))
    newer = frame_of(MessageType.HELLO_REQUEST, bytes([messages.VERSION + 1, 99]), 514)
    empty = frame_of(MessageType.HELLO_REQUEST, b"", 515)
    longer = frame_of(MessageType.HELLO_REQUEST, bytes([messages.VERSION, 99]), 516)
    assert driver.receive(good + newer + empty + longer, input_bytes=1) == [
        "hello:513",
        f"refuse:514:{Reason.VERSION}",
        f"refuse:515:{Reason.LENGTH}",
        f"refuse:516:{Reason.LENGTH}",
    ]


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        (MessageType.INFER_TENSOR, packbits.pack(b"abcdefg"), Reason.LENGTH),
        (MessageType.INFER_TENSOR, packbits.pack(b"abcdefghi"), Reason.LENGTH),
        (MessageType.INFER_TENSOR, packbits.pack(b"aaaaaaaaa"), Reason.LENGTH),
        (MessageType.INFER_TENSOR, packbits.pack(b"abcdefgh") + b"\x00", Reason.LENGTH),
        (MessageType.INFER_TENSOR, b"\x00\x08abcdefgh", Reason.LENGTH),
        (MessageType.INFER_TENSOR, packbits.pack(b"abcd"), Reason.LENGTH),
        (MessageType.INFER_TENSOR, b"", Reason.LENGTH),
        (MessageType.INFER_ELEMENTS, messages.elements(255, 0, packbits.pack(b"abcdefgh")), Reason.UNKNOWN_TYPE),
        (MessageType.TRACE, messages.trace(0, 1, packbits.pack(b"abcdefg")), Reason.LENGTH),
        (MessageType.TRACE, messages.trace(0, 1, packbits.pack(b"abcdefghi")), Reason.LENGTH),
        (MessageType.TRACE, b"\0\0\1", Reason.LENGTH),
        (MessageType.READ, messages.read(0, 9)[:-1], Reason.LENGTH),
        (MessageType.READ, messages.read(0, 9) + b"\0", Reason.LENGTH),
        (0x03, packbits.pack(b"abcdefgh"), Reason.UNKNOWN_TYPE),  # as an older host would send elements
        (MessageType.RESULT, b"", Reason.UNKNOWN_TYPE),
        (0x7F, b"whatever", Reason.UNKNOWN_TYPE),
    ],
)
def test_wrong_requests_are_refused_by_name(driver: Driver, kind: int, payload: bytes, reason: Reason) -> None:
    good = frame_of(MessageType.INFER_TENSOR, packbits.pack(b"01234567"), 8)
    events = driver.receive(frame_of(kind, payload) + good, input_bytes=8)
    assert events == [f"refuse:7:{reason}", f"infer:8:{b'01234567'.hex()}"]


def test_elements_of_a_wrong_number(driver: Driver) -> None:
    for payload in (
        *(messages.elements(255, 0, packbits.pack(bytes(count))) for count in (1, 3)),
        *(bytes(count) for count in range(8)),
    ):
        wire = frame_of(MessageType.INFER_ELEMENTS, payload)
        assert driver.receive(wire, dtype=2, input_bytes=8) == [f"refuse:7:{Reason.LENGTH}"]


@given(st.data())
@QUICK
def test_damage_is_never_computed(driver: Driver, data: st.DataObject) -> None:
    """One changed byte anywhere: the frame is refused, or falls in two that are; the next one is read again."""
    tensor = data.draw(st.binary(min_size=1, max_size=80))
    wire = bytearray(frame_of(MessageType.INFER_TENSOR, packbits.pack(tensor)))
    at = data.draw(st.integers(0, len(wire) - 1))
    wire[at] ^= data.draw(st.integers(1, 255))
    good = frame_of(MessageType.INFER_TENSOR, packbits.pack(tensor), 9)
    events = driver.receive(b"\0" + bytes(wire) + good + good, input_bytes=len(tensor))
    assert events[-1] == f"infer:9:{tensor.hex()}"
    assert all(event == f"refuse:65535:{Reason.DAMAGED}" or event == events[-1] for event in events)
    if at < len(wire) - 1:
        assert events[0] == f"refuse:65535:{Reason.DAMAGED}"


def test_what_a_reset_cut_off_is_nobodys(driver: Driver) -> None:
    """The rest of a frame that began before the start is not refused: the host would take it for another's loss."""
    wire = frame_of(MessageType.INFER_TENSOR, packbits.pack(b"abcdefgh"))
    assert driver.receive(wire[3:] + wire, input_bytes=8) == [f"infer:7:{b'abcdefgh'.hex()}"]
    assert driver.receive(wire[3:] + wire[3:] + wire, input_bytes=8)[0] == f"refuse:65535:{Reason.DAMAGED}"


@given(st.binary(max_size=400), st.integers(1, 64), st.sampled_from([1, 2]))
@QUICK
def test_noise_is_survived(driver: Driver, noise: bytes, elements: int, dtype: int) -> None:
    size = elements * (4 if dtype == 2 else 1)
    good = frame_of(MessageType.INFER_TENSOR, packbits.pack(bytes(size)), 9)
    events = driver.receive(noise + b"\0" + good, dtype=dtype, input_bytes=size)
    assert events[-1] == f"infer:9:{bytes(size).hex()}"
    assert all(event.startswith("refuse:") for event in events[:-1])
