"""Messages to a device that takes networks over the link (firmware/engine/slots.h); docs/wire.md has their meaning."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from toolkit.link.messages import Fields, MessageError, layout


class SlotCommand(IntEnum):
    """What SLOT_DO asks for; firmware/engine/slots.h has the meaning."""

    TELL = 0
    TRY = 1
    KEEP = 2
    LEAVE = 3


class SlotStatus(IntEnum):
    """What came of it: slot_status_t of slots.h."""

    OK = 0
    BAD_PLACE = 1
    IN_USE = 2
    NOT_WHOLE = 3
    MEMORY = 4
    NO_TRIAL = 5
    NO_COMMAND = 6


SLOT_WRITE_PAYLOAD: Final[Fields] = (("place", "I"),)
"""Where in the slots, from the first one on; then SLOT_BLOCK bytes as they are."""
SLOT_BLOCK: Final = 256
SLOT_DO_PAYLOAD: Final[Fields] = (("command", "B"), ("slot", "B"))
SLOTS_PAYLOAD: Final[Fields] = (
    ("status", "B"),
    ("running", "B"),
    ("kept", "B"),
    ("engine", "B"),
    ("sequence", "I"),
)
"""The answer to both: what came of it, and what runs now."""

_SLOT_WRITE = layout(SLOT_WRITE_PAYLOAD)
_SLOT_DO = layout(SLOT_DO_PAYLOAD)
_SLOTS = layout(SLOTS_PAYLOAD)


def slot_write(place: int, block: bytes) -> bytes:
    """The payload of a SLOT_WRITE."""
    return _SLOT_WRITE.pack(place) + block.ljust(SLOT_BLOCK, b"\xff")


def slot_do(command: SlotCommand, slot: int = 0) -> bytes:
    """The payload of a SLOT_DO."""
    return _SLOT_DO.pack(command, slot)


@dataclass(frozen=True)
class Slots:
    """What a device with slots says of them.

    Attributes:
        status: a SlotStatus; a plain number, for it may be one of a newer version.
        running: 0 the network that was built in, else the slot that runs, from 1 on.
        kept: the same, of what a reset would run.
        engine: engine_status_t of what runs; 0 is well.
        sequence: of what is kept; 0 of the network that was built in.
    """

    status: int
    running: int
    kept: int
    engine: int
    sequence: int


def parse_slots(payload: bytes) -> Slots:
    """Take a SLOTS apart.

    Raises:
        MessageError: of another size.
    """
    if len(payload) != _SLOTS.size:
        raise MessageError(f"SLOTS of {len(payload)} bytes")
    return Slots(*_SLOTS.unpack(payload))
