"""Inputs row by row: the real core with a stub engine, and a link that loses and damages."""

from __future__ import annotations

import itertools
import random
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.firmware import firmware
from tests.firmware.firmware import stub_output
from tests.link.board import ProcessBoard
from toolkit.link import Bounds, Client, Request, crc, framing

INPUT_BYTES, ROW_BYTES = 60, 12
QUICK = Bounds(contact=10.0, answer=10.0, silence_first=0.3, ask=0.1)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    defines = [f"STUB_INPUT_BYTES={INPUT_BYTES}", f"STUB_ROW_BYTES={ROW_BYTES}"]
    return firmware.host(tmp_path_factory.mktemp("rows"), defines)


@pytest.fixture
def board(image: Path) -> Iterator[ProcessBoard]:
    found = ProcessBoard(image)
    yield found
    found.switch_off()


class Bad:
    """A wire on which each so many-th write to the device is lost, and each so many-th frame from it damaged.

    Frames and not reads are counted: how many bytes a read brings is up to the machine's load.
    """

    def __init__(self, board: ProcessBoard, lost: int, damaged: int) -> None:
        self.board, self.lost, self.damaged = board, lost, damaged
        self.writes, self.frames = itertools.count(1), itertools.count(1)
        self.rest = b""

    def read(self, timeout: float) -> bytes:
        *frames, self.rest = (self.rest + self.board.read(timeout)).split(framing.DELIMITER)
        return b"".join(self._arrives(frame) + framing.DELIMITER for frame in frames)

    def _arrives(self, frame: bytes) -> bytes:
        if len(frame) <= 2 or next(self.frames) % self.damaged:
            return frame
        return frame[:2] + bytes([frame[2] ^ 0x40 or 1]) + frame[3:]

    def write(self, data: bytes) -> None:
        if next(self.writes) % self.lost:
            self.board.write(data)

    def close(self) -> None:
        pass


def inputs(count: int) -> list[bytes]:
    return [random.Random(n).randbytes(INPUT_BYTES) for n in range(count)]


def test_every_row_is_taken_and_the_result_is_right(board: ProcessBoard) -> None:
    client = Client(lambda: board, QUICK)
    assert client.hello().row_bytes == ROW_BYTES
    sent = inputs(5)
    answers = list(client.stream([Request(n, "tensor", data) for n, data in enumerate(sent)]))
    assert [(a.key, a.output) for a in answers] == [(n, stub_output(data)) for n, data in enumerate(sent)]


def test_a_bad_wire_changes_no_output(board: ProcessBoard) -> None:
    client = Client(lambda: Bad(board, 9, 11), QUICK)
    sent = inputs(6)
    answers = list(client.stream([Request(n, "tensor", data) for n, data in enumerate(sent)]))
    assert [a.output for a in answers] == [stub_output(data) for data in sent]


def test_rows_that_another_run_left_are_forgotten(board: ProcessBoard) -> None:
    from toolkit.link import by_row, messages, packbits
    from toolkit.link.messages import MessageType

    client = Client(lambda: board, QUICK)
    client.hello()
    for row in range(3):
        payload = by_row.row(row, packbits.pack(bytes(ROW_BYTES)))
        board.write(framing.encode(messages.body(MessageType.ROW, row, payload)))
    (data,) = inputs(1)
    (answer,) = client.stream([Request(0, "tensor", data)])
    assert answer.output == stub_output(data)


@pytest.mark.parametrize("wire", [(1 << 30, 1 << 30), (7, 11)], ids=["good", "bad"])
def test_a_trace_joins_the_parts(board: ProcessBoard, wire: tuple[int, int]) -> None:
    client = Client(lambda: Bad(board, *wire), QUICK)
    (data,) = inputs(1)
    traced = client.trace(3, data, range(1))
    assert traced.output == stub_output(data)
    assert [(each.layer, each.crc) for each in traced.layers] == [
        (0, zlib.crc32(data)),
        (1, zlib.crc32(bytes(5))),
        (2, zlib.crc32(stub_output(data))),
    ]
    assert [each.data for each in traced.layers] == [data, b"", b""]


def test_a_whole_input_is_refused(board: ProcessBoard) -> None:
    from toolkit.link import messages, packbits
    from toolkit.link.messages import MessageType, Reason

    board.read(1)
    board.write(b"\0" + framing.encode(messages.body(MessageType.INFER_TENSOR, 5, packbits.pack(bytes(INPUT_BYTES)))))
    decoder = framing.Decoder()
    bodies: list[bytes] = []
    while not any(body[0] == MessageType.REFUSED for body in bodies):
        bodies += decoder.feed(board.read(2))
    assert messages.parse(bodies[-1]).payload == bytes([Reason.UNKNOWN_TYPE])


@pytest.mark.parametrize("at", [0, 1, 7, 300])
def test_a_crc_of_parts_is_that_of_all(at: int) -> None:
    data = random.Random(at).randbytes(400)
    assert crc.joined(zlib.crc32(data[:at]), zlib.crc32(data[at:]), 400 - at) == zlib.crc32(data)


def test_a_layer_whose_rows_begin_after_a_later_layers() -> None:
    """As the way past some layers does: its rows come first."""
    from toolkit.link.messages import TracedLayer
    from toolkit.link.tracing import _joined

    def part(layer: int, data: bytes, whole: int) -> TracedLayer:
        return TracedLayer(layer, 1, zlib.crc32(data), data, len(data), whole)

    parts = [part(0, b"aa", 4), part(2, b"xx", 2), part(1, b"b", 1), part(0, b"cc", 4)]
    joined = _joined(parts)
    assert joined is not None
    assert [(each.layer, each.data, each.crc) for each in joined] == [
        (0, b"aacc", zlib.crc32(b"aacc")),
        (1, b"b", zlib.crc32(b"b")),
        (2, b"xx", zlib.crc32(b"xx")),
    ]
    assert _joined(parts[:3]) is None
