"""The messages of the wire, defined once: the codec here, and `firmware/core/wire.h` by toolkit.link.header.

See docs/wire.md for what they mean. All numbers are little-endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from toolkit.errors import LinkError

VERSION = 1


class MessageType(IntEnum):
    """The first byte of a body; those to the host have the top bit set."""

    HELLO_REQUEST = 0x01
    INFER_TENSOR = 0x02
    INFER_PIXELS = 0x03
    HELLO = 0x81
    RESULT = 0x82
    REFUSED = 0x83


class Reason(IntEnum):
    """Why the device refused a frame: the payload of REFUSED."""

    DAMAGED = 1
    LENGTH = 2
    TYPE = 3
    ENGINE = 4
    VERSION = 5
    OVERRUN = 6


class TickUnit(IntEnum):
    """The unit of a RESULT's ticks, as in port.h."""

    NONE = 0
    INSTRUCTIONS = 1
    CYCLES = 2
    MICROSECONDS = 3


class ElementType(IntEnum):
    """The element type of the engine's input and output, as in engine.h."""

    INT8 = 1
    FLOAT32 = 2


HELLO_UNASKED = 0x01
"""HELLO's flag: the device has just started."""

SEQ_UNKNOWN = 0xFFFF
"""The seq of a REFUSED whose frame was too damaged to tell; never used for a request."""

# name, struct code, bytes: the fixed part of HELLO's payload, in order.
HELLO_FIELDS: tuple[tuple[str, str], ...] = (
    ("version", "B"),
    ("dtype", "B"),
    ("tick_unit", "B"),
    ("flags", "B"),
    ("rx_buffer", "H"),
    ("input_bytes", "I"),
    ("output_bytes", "I"),
    ("arena_bytes", "I"),
    ("stack_bytes", "I"),
    ("build_id", "8s"),
    ("model_sha256", "32s"),
)
_HEADER = struct.Struct("<BH")
_HELLO = struct.Struct("<" + "".join(code for _, code in HELLO_FIELDS))
_TICKS = struct.Struct("<I")


@dataclass(frozen=True)
class Message:
    """One body: type, sequence number, payload."""

    type: int
    seq: int
    payload: bytes = b""

    def pack(self) -> bytes:
        """The body's bytes."""
        return _HEADER.pack(self.type, self.seq) + self.payload

    @classmethod
    def unpack(cls, body: bytes) -> Message:
        """The inverse of `pack`.

        Raises:
            LinkError: the body is shorter than a header.
        """
        if len(body) < _HEADER.size:
            raise LinkError(f"a message of {len(body)} bytes is too short", "")
        kind, seq = _HEADER.unpack_from(body)
        return cls(kind, seq, body[_HEADER.size :])


@dataclass(frozen=True)
class Hello:
    """What a device says of itself.

    Attributes:
        version: of the protocol.
        dtype, tick_unit: see the enumerations.
        just_started: sent unasked, right after a reset.
        rx_buffer: bytes that the device holds while it computes.
        input_bytes, output_bytes: of the tensors.
        arena_bytes: RAM for tensors and scratch, as the engine found at start.
        stack_bytes: the deepest that the stack has been; 0 if unknown.
        build_id: 16 hex digits; model_sha256: 64 hex digits.
        runtime, board: names.
    """

    version: int
    dtype: ElementType
    tick_unit: TickUnit
    just_started: bool
    rx_buffer: int
    input_bytes: int
    output_bytes: int
    arena_bytes: int
    stack_bytes: int
    build_id: str
    model_sha256: str
    runtime: str
    board: str

    def pack(self) -> bytes:
        """The payload."""
        fixed = _HELLO.pack(
            self.version,
            self.dtype,
            self.tick_unit,
            HELLO_UNASKED if self.just_started else 0,
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
    def unpack(cls, payload: bytes) -> Hello:
        """The inverse of `pack`.

        Raises:
            LinkError: it is no HELLO of this version.
        """
        update = "build and flash again with this version of tinyml"
        if payload[:1] != bytes([VERSION]):
            raise LinkError(f"the device speaks version {payload[:1].hex() or '?'} of the protocol, not {VERSION}", update)
        try:
            fields = dict(zip((name for name, _ in HELLO_FIELDS), _HELLO.unpack_from(payload), strict=True))
            runtime, board, rest = payload[_HELLO.size :].split(b"\0")
            if rest:
                raise ValueError("bytes after the last name")
            return cls(
                version=fields["version"],
                dtype=ElementType(fields["dtype"]),
                tick_unit=TickUnit(fields["tick_unit"]),
                just_started=bool(fields["flags"] & HELLO_UNASKED),
                rx_buffer=fields["rx_buffer"],
                input_bytes=fields["input_bytes"],
                output_bytes=fields["output_bytes"],
                arena_bytes=fields["arena_bytes"],
                stack_bytes=fields["stack_bytes"],
                build_id=fields["build_id"].hex(),
                model_sha256=fields["model_sha256"].hex(),
                runtime=runtime.decode("ascii"),
                board=board.decode("ascii"),
            )
        except (struct.error, ValueError) as caught:
            raise LinkError(f"the device's HELLO cannot be read: {caught}", update) from caught


@dataclass(frozen=True)
class Result:
    """The answer to an image: device ticks, and the output tensor's bytes."""

    ticks: int
    output: bytes

    def pack(self) -> bytes:
        """The payload."""
        return _TICKS.pack(self.ticks) + self.output

    @classmethod
    def unpack(cls, payload: bytes, output_bytes: int) -> Result:
        """The inverse of `pack`.

        Raises:
            LinkError: it is not of the size that HELLO told.
        """
        if len(payload) != _TICKS.size + output_bytes:
            raise LinkError(f"a result of {len(payload)} bytes, not {_TICKS.size + output_bytes}", "")
        return cls(_TICKS.unpack_from(payload)[0], payload[_TICKS.size :])
