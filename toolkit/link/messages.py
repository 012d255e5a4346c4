"""The wire's message definitions, once: `toolkit.link.header` generates the C header from this file.

body = type u8, seq u16, payload            little-endian; docs/wire.md has the meaning
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

VERSION: Final = 1
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
    """First byte of a body; those to the host have the top bit set."""

    HELLO_REQUEST = 0x01
    INFER_TENSOR = 0x02
    INFER_ELEMENTS = 0x04  # 0x03 was one of a fixed scale; it is not used again
    HELLO = 0x81
    RESULT = 0x82
    REFUSED = 0x83


class Reason(IntEnum):
    """Why a device refused a request."""

    DAMAGED = 1
    LENGTH = 2
    UNKNOWN_TYPE = 3
    ENGINE_FAILED = 4
    VERSION = 5


class TickUnit(IntEnum):
    """Unit of RESULT's ticks; the same numbers as port_tick_unit_t of port.h."""

    NONE = 0
    INSTRUCTIONS = 1
    CYCLES = 2
    MICROSECONDS = 3


class ElementType(IntEnum):
    """Element type of input and output; the same numbers as engine_dtype_t of engine.h."""

    INT8 = 1
    FLOAT32 = 2


Fields = tuple[tuple[str, str], ...]
"""Name and struct code of each field, in order."""

HEADER: Final[Fields] = (("type", "B"), ("seq", "H"))
HELLO_REQUEST_PAYLOAD: Final[Fields] = (("version", "B"),)
INFER_ELEMENTS_PAYLOAD: Final[Fields] = (("divisor", "f"), ("offset", "f"))
"""Then one uint8 for each input element, packed: a float32 engine's input is element / divisor + offset."""
RESULT_PAYLOAD: Final[Fields] = (("ticks", "I"),)
REFUSED_PAYLOAD: Final[Fields] = (("reason", "B"),)
HELLO_PAYLOAD: Final[Fields] = (
    ("version", "B"),
    ("dtype", "B"),
    ("tick_unit", "B"),
    ("flags", "B"),
    ("start", "H"),
    ("rx_buffer", "H"),
    ("input_bytes", "I"),
    ("output_bytes", "I"),
    ("arena_bytes", "I"),
    ("stack_bytes", "I"),
    ("build_id", f"{BUILD_ID_BYTES}s"),
    ("model_sha256", f"{SHA256_BYTES}s"),
)
"""The fixed part; then runtime and board, each NUL-terminated ASCII."""


def _layout(fields: Fields) -> struct.Struct:
    return struct.Struct("<" + "".join(code for _, code in fields))


_HEADER = _layout(HEADER)
_HELLO = _layout(HELLO_PAYLOAD)
_ELEMENTS = _layout(INFER_ELEMENTS_PAYLOAD)
_RESULT = _layout(RESULT_PAYLOAD)


class MessageError(ValueError):
    """A body whose CRC is right and whose content is not: the peer is another program, or another version."""


@dataclass(frozen=True)
class Message:
    """A body taken apart; the type is a plain number, for it may be one of a newer version."""

    type: int
    seq: int
    payload: bytes


@dataclass(frozen=True)
class Hello:
    """What the device says of itself.

    Attributes:
        version: of the wire.
        dtype: element type of the network's input and output.
        tick_unit: unit of every answer's ticks.
        unasked: sent at start, not as an answer: the device has just begun anew.
        start: number of the first HELLO_REQUEST that it has answered since its start, SEQ_UNKNOWN before that: another
            one than last time means that it has begun anew meanwhile.
        rx_buffer: bytes of unanswered frames that may be on the way, if they are more than one.
        input_bytes, output_bytes: sizes of the two tensors.
        arena_bytes: RAM for tensors and scratch that the engine really uses.
        stack_bytes: deepest stack so far, 0 if the port cannot tell.
        build_id: 16 hex digits.
        model_sha256: 64 hex digits, of the .tflite.
        runtime: "aot" or "tflm".
        board: the board's id.
    """

    version: int
    dtype: ElementType
    tick_unit: TickUnit
    unasked: bool
    start: int
    rx_buffer: int
    input_bytes: int
    output_bytes: int
    arena_bytes: int
    stack_bytes: int
    build_id: str
    model_sha256: str
    runtime: str
    board: str

    def encode(self) -> bytes:
        """The payload."""
        fixed = _HELLO.pack(
            self.version,
            self.dtype,
            self.tick_unit,
            FLAG_UNASKED * self.unasked,
            self.start,
            self.rx_buffer,
            self.input_bytes,
            self.output_bytes,
            self.arena_bytes,
            self.stack_bytes,
            bytes.fromhex(self.build_id),
            bytes.fromhex(self.model_sha256),
        )
        return fixed + self.runtime.encode("ascii") + b"\0" + self.board.encode("ascii") + b"\0"

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
        version, dtype, unit, flags, start, rx, given, taken, arena, stack, build, model = _HELLO.unpack_from(payload)
        texts = payload[_HELLO.size :].split(b"\0")
        if len(texts) != 3 or texts[2] or max(map(len, texts)) >= MAX_TEXT_BYTES:
            raise MessageError("HELLO whose texts are not two NUL-terminated ones")
        if not all(text.isascii() and text.decode("ascii").isprintable() for text in texts):
            raise MessageError("HELLO whose texts are not printable ASCII")
        try:
            element, ticks = ElementType(dtype), TickUnit(unit)
        except ValueError as caught:
            raise MessageError(f"HELLO: {caught}") from caught
        return cls(
            version=version,
            dtype=element,
            tick_unit=ticks,
            unasked=bool(flags & FLAG_UNASKED),
            start=start,
            rx_buffer=rx,
            input_bytes=given,
            output_bytes=taken,
            arena_bytes=arena,
            stack_bytes=stack,
            build_id=build.hex(),
            model_sha256=model.hex(),
            runtime=texts[0].decode("ascii"),
            board=texts[1].decode("ascii"),
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
    """(ticks, output tensor's bytes) of a RESULT.

    Raises:
        MessageError: shorter than its fixed part.
    """
    if len(payload) < _RESULT.size:
        raise MessageError(f"RESULT of {len(payload)} bytes")
    (ticks,) = _RESULT.unpack_from(payload)
    return ticks, payload[_RESULT.size :]


def parse_refused(payload: bytes) -> int:
    """The reason of a REFUSED; a plain number, for it may be one of a newer version.

    Raises:
        MessageError: not exactly one byte.
    """
    if len(payload) != 1:
        raise MessageError(f"REFUSED of {len(payload)} bytes")
    return payload[0]
