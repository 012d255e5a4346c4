"""The wire's message definitions, once: `toolkit.link.header` generates the C header from this file.

body = type u8, seq u16, payload            little-endian; docs/wire.md has the meaning
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

VERSION: Final = 4
SEQ_COUNT: Final = 0xFFFF
"""Sequence numbers run from 0 to 0xFFFE."""
SEQ_UNKNOWN: Final = 0xFFFF
"""`seq` of a REFUSED whose request could not be read."""
CRC_BYTES: Final = 4
FLAG_UNASKED: Final = 1
"""Bit 0 of HELLO's flags: the device has just started and says so by itself."""
BUILD_ID_BYTES: Final = 8
SHA256_BYTES: Final = 32
MAX_TEXT_BYTES: Final = 64
"""Longest runtime or board name that the host believes, its NUL included."""


class MessageType(IntEnum):
    """First byte of a body; those to the host have the top bit set.

    Of new requests the other three of the upper four bits tell how many bytes there are between the header and what is
    packed.
    """

    HELLO_REQUEST = 0x01
    INFER_TENSOR = 0x02
    INFER_ELEMENTS = 0x04  # 0x03 was one of a fixed scale; it is not used again
    ROW = 0x29
    TRACE = 0x45
    READ = 0x66
    SLOT_WRITE = 0x47
    SLOT_DO = 0x28
    TRACE_ROW = 0x6A
    HELLO = 0x81
    RESULT = 0x82
    REFUSED = 0x83
    LAYER = 0x84
    BYTES = 0x85
    SLOTS = 0x86
    TAKEN = 0x87


class Reason(IntEnum):
    """Why a device refused a request."""

    DAMAGED = 1
    LENGTH = 2
    UNKNOWN_TYPE = 3
    ENGINE_FAILED = 4
    VERSION = 5


class TickUnit(IntEnum):
    """Unit of RESULT's and LAYER's ticks; the same numbers as port_tick_unit_t of port.h."""

    NONE = 0
    INSTRUCTIONS = 1
    CYCLES = 2
    MICROSECONDS = 3


class ElementCode(IntEnum):
    """Element type of an input or output, by the names of `artifacts.ElementType`; engine_dtype_t of engine.h."""

    INT8 = 1
    FLOAT32 = 2
    UINT8 = 3
    INT16 = 4
    INT32 = 5
    BOOL = 6


Fields = tuple[tuple[str, str], ...]
"""Name and struct code of each field, in order."""

HEADER: Final[Fields] = (("type", "B"), ("seq", "H"))
HELLO_REQUEST_PAYLOAD: Final[Fields] = (("version", "B"),)
INFER_ELEMENTS_PAYLOAD: Final[Fields] = (("divisor", "f"), ("offset", "f"))
"""Then one uint8 for each input element, packed: the only, float32 input is element / divisor + offset."""
TRACE_PAYLOAD: Final[Fields] = (("first", "H"), ("count", "H"))
"""Then the input tensors' bytes, packed. Of `count` layers from `first` on the bytes are sent too."""
ROW_PAYLOAD: Final[Fields] = (("row", "H"),)
"""Then one row of the input, packed."""
TRACE_ROW_PAYLOAD: Final[Fields] = (("first", "H"), ("count", "H"), ("row", "H"))
"""As TRACE's and ROW's."""
TAKEN_PAYLOAD: Final[Fields] = (("row", "H"),)
"""The row that is wanted next."""
READ_PAYLOAD: Final[Fields] = (("place", "I"), ("size", "H"))
"""Constants of the program; engine.h has what `place` means."""
MOST_READ: Final = 64
"""Most bytes that come back of those that one READ asks for: the device holds so many on its stack."""
BYTES_PAYLOAD: Final[Fields] = (("crc", "I"),)
"""CRC-32 of all bytes that were asked for; then the first MOST_READ of them."""
LAYER_PAYLOAD: Final[Fields] = (("layer", "H"), ("ticks", "I"), ("size", "I"), ("whole", "I"), ("crc", "I"))
"""Of a part of a layer's output: its bytes, those of the whole output, CRC-32 of the part. Then the part itself, if it
was asked for."""
RESULT_PAYLOAD: Final[Fields] = (("ticks", "I"),)
REFUSED_PAYLOAD: Final[Fields] = (("reason", "B"),)
HELLO_PAYLOAD: Final[Fields] = (
    ("version", "B"),
    ("inputs", "B"),
    ("outputs", "B"),
    ("tick_unit", "B"),
    ("flags", "B"),
    ("start", "H"),
    ("rx_buffer", "H"),
    ("arena_bytes", "I"),
    ("stack_bytes", "I"),
    ("layers", "H"),
    ("row_bytes", "I"),
    ("build_id", f"{BUILD_ID_BYTES}s"),
    ("model_sha256", f"{SHA256_BYTES}s"),
)
"""The fixed part; then an END for each input and each output, then runtime and board, each NUL-terminated ASCII."""
END: Final[Fields] = (("size", "I"), ("dtype", "B"), ("zero", "3s"))
"""One input or output: its bytes and its ElementCode; engine_end_t of engine.h."""


def layout(fields: Fields) -> struct.Struct:
    """Fields as they lie in a payload."""
    return struct.Struct("<" + "".join(code for _, code in fields))


_HEADER = layout(HEADER)
_HELLO = layout(HELLO_PAYLOAD)
_END = layout(END)
_ELEMENTS = layout(INFER_ELEMENTS_PAYLOAD)
_RESULT = layout(RESULT_PAYLOAD)
_TRACE = layout(TRACE_PAYLOAD)
_READ = layout(READ_PAYLOAD)
_LAYER = layout(LAYER_PAYLOAD)
_BYTES = layout(BYTES_PAYLOAD)


class MessageError(ValueError):
    """A body whose CRC is right and whose content is not: the peer is another program, or another version."""


@dataclass(frozen=True)
class Message:
    """A body taken apart; the type is a plain number, for it may be one of a newer version."""

    type: int
    seq: int
    payload: bytes


@dataclass(frozen=True)
class End:
    """An input or output as HELLO tells of it: bytes and element type."""

    size_bytes: int
    dtype: ElementCode

    def __str__(self) -> str:
        return f"{self.size_bytes:,} bytes of {self.dtype.name.lower()}"


@dataclass(frozen=True)
class Hello:
    """What the device says of itself.

    Attributes:
        version: of the wire.
        tick_unit: unit of every answer's ticks.
        unasked: sent at start, not as an answer: the device has just begun anew.
        start: number of the first HELLO_REQUEST that it has answered since its start, SEQ_UNKNOWN before that: another
            one than last time means that it has begun anew meanwhile.
        rx_buffer: bytes of unanswered frames that may be on the way, if they are more than one.
        arena_bytes: RAM for tensors and scratch that the engine really uses.
        stack_bytes: deepest stack so far, 0 if the port cannot tell.
        layers: how many a TRACE tells of; 0: the engine cannot be traced.
        row_bytes: of a row of the input, where that is taken row by row; 0: it lies whole.
        build_id: 16 hex digits.
        model_sha256: 64 hex digits, of the .tflite.
        runtime: "aot" or "tflm".
        board: the board's id.
        inputs, outputs: the network's ends, in its own order.
    """

    version: int
    tick_unit: TickUnit
    unasked: bool
    start: int
    rx_buffer: int
    arena_bytes: int
    stack_bytes: int
    layers: int
    build_id: str
    model_sha256: str
    runtime: str
    board: str
    inputs: tuple[End, ...]
    outputs: tuple[End, ...]
    row_bytes: int = 0

    @property
    def input_bytes(self) -> int:
        """Of all inputs together, as one row."""
        return sum(end.size_bytes for end in self.inputs)

    @property
    def output_bytes(self) -> int:
        """Of all outputs together, as one row."""
        return sum(end.size_bytes for end in self.outputs)

    def encode(self) -> bytes:
        """The payload."""
        fixed = _HELLO.pack(
            self.version,
            len(self.inputs),
            len(self.outputs),
            self.tick_unit,
            FLAG_UNASKED * self.unasked,
            self.start,
            self.rx_buffer,
            self.arena_bytes,
            self.stack_bytes,
            self.layers,
            self.row_bytes,
            bytes.fromhex(self.build_id),
            bytes.fromhex(self.model_sha256),
        )
        ends = b"".join(_END.pack(end.size_bytes, end.dtype, b"") for end in (*self.inputs, *self.outputs))
        return fixed + ends + self.runtime.encode("ascii") + b"\0" + self.board.encode("ascii") + b"\0"

    @classmethod
    def decode(cls, payload: bytes) -> Hello:
        """Take a payload apart.

        Raises:
            MessageError: another version, or a content that no device of ours sends.
        """
        if payload and payload[0] != VERSION:
            raise MessageError(f"the device speaks version {payload[0]} of the wire, not {VERSION}")
        if len(payload) < _HELLO.size:
            raise MessageError(f"HELLO of {len(payload)} bytes")
        fixed = _HELLO.unpack_from(payload)
        version, given, taken, unit, flags, start, rx, arena, stack, layers, row_bytes, build, model = fixed
        after = _HELLO.size + (given + taken) * _END.size
        if not given or not taken or len(payload) < after:
            raise MessageError(f"HELLO of {len(payload)} bytes with {given} inputs and {taken} outputs")
        texts = payload[after:].split(b"\0")
        if len(texts) != 3 or texts[2] or max(map(len, texts)) >= MAX_TEXT_BYTES:
            raise MessageError("HELLO whose texts are not two NUL-terminated ones")
        if not all(text.isascii() and text.decode("ascii").isprintable() for text in texts):
            raise MessageError("HELLO whose texts are not printable ASCII")
        try:
            ends = [End(size, ElementCode(code)) for size, code, _ in _END.iter_unpack(payload[_HELLO.size : after])]
            ticks = TickUnit(unit)
        except ValueError as caught:
            raise MessageError(f"HELLO: {caught}") from caught
        if row_bytes and (given != 1 or ends[0].size_bytes % row_bytes):
            raise MessageError(f"HELLO: {ends[0].size_bytes} bytes of input in rows of {row_bytes}")
        return cls(
            version=version,
            tick_unit=ticks,
            unasked=bool(flags & FLAG_UNASKED),
            start=start,
            rx_buffer=rx,
            arena_bytes=arena,
            stack_bytes=stack,
            layers=layers,
            build_id=build.hex(),
            model_sha256=model.hex(),
            runtime=texts[0].decode("ascii"),
            board=texts[1].decode("ascii"),
            inputs=tuple(ends[:given]),
            outputs=tuple(ends[given:]),
            row_bytes=row_bytes,
        )


def body(kind: MessageType, seq: int, payload: bytes = b"") -> bytes:
    """Put a body together."""
    return _HEADER.pack(kind, seq) + payload


def hello_request(seq: int) -> bytes:
    """The body that asks for a HELLO."""
    return body(MessageType.HELLO_REQUEST, seq, bytes([VERSION]))


def elements(divisor: float, offset: float, packed: bytes) -> bytes:
    """The payload of an INFER_ELEMENTS; both numbers are rounded to float32."""
    return _ELEMENTS.pack(divisor, offset) + packed


def trace(first: int, count: int, packed: bytes) -> bytes:
    """The payload of a TRACE: of `count` layers from `first` on the bytes are wanted too."""
    return _TRACE.pack(first, count) + packed


def read(place: int, size: int) -> bytes:
    """The payload of a READ."""
    return _READ.pack(place & 0xFFFFFFFF, size)


def parse(data: bytes) -> Message:
    """Take a body apart.

    Raises:
        MessageError: shorter than a header.
    """
    if len(data) < _HEADER.size:
        raise MessageError(f"a body of {len(data)} bytes")
    kind, seq = _HEADER.unpack_from(data)
    return Message(kind, seq, data[_HEADER.size :])


def parse_result(payload: bytes) -> tuple[int, bytes]:
    """(ticks, the output tensors' bytes one after the other) of a RESULT.

    Raises:
        MessageError: shorter than its fixed part.
    """
    if len(payload) < _RESULT.size:
        raise MessageError(f"RESULT of {len(payload)} bytes")
    (ticks,) = _RESULT.unpack_from(payload)
    return ticks, payload[_RESULT.size :]


@dataclass(frozen=True)
class TracedLayer:
    """What a LAYER tells of a part of a layer's output, or several of all of it.

    Attributes:
        layer: its place in the order of computation.
        ticks: that it took, in HELLO's unit.
        crc: CRC-32 of its bytes.
        data: these bytes; empty where they were not asked for.
        size: how many they are; whole: how many the layer's output has.
    """

    layer: int
    ticks: int
    crc: int
    data: bytes
    size: int = 0
    whole: int = 0


def parse_layer(payload: bytes) -> TracedLayer:
    """Take a LAYER apart.

    Raises:
        MessageError: shorter than its fixed part.
    """
    if len(payload) < _LAYER.size:
        raise MessageError(f"LAYER of {len(payload)} bytes")
    layer, ticks, size, whole, crc = _LAYER.unpack_from(payload)
    return TracedLayer(layer, ticks, crc, payload[_LAYER.size :], size, whole)


def parse_bytes(payload: bytes) -> tuple[int, bytes]:
    """CRC-32 of what a READ asked for, and the first bytes of it; a MessageError as above."""
    if len(payload) < _BYTES.size:
        raise MessageError(f"BYTES of {len(payload)} bytes")
    (crc,) = _BYTES.unpack_from(payload)
    return crc, payload[_BYTES.size :]


def parse_refused(payload: bytes) -> int:
    """The reason of a REFUSED; a plain number, for it may be one of a newer version.

    Raises:
        MessageError: not exactly one byte.
    """
    if len(payload) != 1:
        raise MessageError(f"REFUSED of {len(payload)} bytes")
    return payload[0]
