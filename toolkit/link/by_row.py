"""Inputs that a device takes row by row: each row is a request of its own, and its answer names the row wanted next.

    host  ROW 0        ROW 1        ROW 2 ...     ROW n - 1
    device      TAKEN 1      TAKEN 2 ...                  RESULT

The device computes a row only once, and only if it is the wanted one. So whatever was lost, the same row again brings
the run back: its answer tells where to go on. Row 0 begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from toolkit.errors import LinkError
from toolkit.link import messages, packbits
from toolkit.link.exchange import ATTEMPTS, Exchange
from toolkit.link.messages import Hello, Message, MessageError, MessageType
from toolkit.link.stream import Answer, Request

_ROW = messages.layout(messages.ROW_PAYLOAD)
_TRACE_ROW = messages.layout(messages.TRACE_ROW_PAYLOAD)
_TAKEN = messages.layout(messages.TAKEN_PAYLOAD)
_ENDS = (MessageType.TAKEN, MessageType.RESULT)


def row(number: int, packed: bytes) -> bytes:
    """The payload of a ROW."""
    return _ROW.pack(number) + packed


def trace_row(first: int, count: int, number: int, packed: bytes) -> bytes:
    """The payload of a TRACE_ROW; see `messages.trace`."""
    return _TRACE_ROW.pack(first, count, number) + packed


def parse_taken(payload: bytes) -> int:
    """The row that a TAKEN asks for.

    Raises:
        MessageError: of another size.
    """
    if len(payload) != _TAKEN.size:
        raise MessageError(f"TAKEN of {len(payload)} bytes")
    return int(_TAKEN.unpack(payload)[0])


def stream(exchange: Exchange, device: Hello, requests: Sequence[Request]) -> Iterator[Answer]:
    """Ask for every request, one after the other; see `Client.stream`."""
    for request in requests:
        answers = send(exchange, device, request.key, _tensor(request), MessageType.ROW, row)
        ticks, output = messages.parse_result(answers[-1][-1].payload)
        if len(output) != device.output_bytes:
            raise LinkError(
                f"the device answers request {request.key} with {len(output):,} bytes; "
                f"it says that its outputs have {device.output_bytes:,}",
                "build and flash again with this version of tinyml",
            )
        yield Answer(request.key, output, ticks)


def _tensor(request: Request) -> bytes:
    """The input's bytes: elements are scaled here, in single precision as a device does."""
    if request.kind == "tensor":
        return request.data
    elements = np.frombuffer(request.data, np.uint8).astype("<f4")
    return (elements / np.float32(request.divisor) + np.float32(request.offset)).astype("<f4").tobytes()


def send(
    exchange: Exchange,
    device: Hello,
    key: int,
    data: bytes,
    kind: MessageType,
    payload: Callable[[int, bytes], bytes],
) -> list[list[Message]]:
    """Send an input's rows until the RESULT comes.

    Args:
        key: the caller's name for the request.
        data: the whole input.
        kind: of the requests; payload: of one, from its row's number and its bytes, packed.

    Returns:
        By row: the fullest answer that was heard, its last message a TAKEN or, of the last row, the RESULT. Where that
        answer was damaged on the way it lacks messages, or has the last one alone.

    Raises:
        LinkError: the device refuses, fell silent, or does not come further.
        StaleFirmwareError: it began to run another firmware.
    """
    size = device.row_bytes
    rows = [packbits.pack(data[at : at + size]) for at in range(0, len(data), size)]
    heard: list[list[Message]] = [[] for _ in rows]
    number = tries = back = 0
    while tries < ATTEMPTS and back < ATTEMPTS:
        answer = exchange.ask(kind, payload(number, rows[number]), *_ENDS)
        wanted = _wanted(answer, number, len(rows))
        if answer is not None:
            heard[number] = fuller(heard[number], answer)
        if wanted == len(rows):
            return heard
        if wanted == number + 1:
            number, tries = wanted, 0
            continue
        tries += 1
        if wanted is not None:
            back += wanted < number
            number = wanted
    raise LinkError(
        f"the device did not take row {number} of request {key} in {ATTEMPTS} attempts",
        "the link is too bad, or the firmware is at fault; tinyml verify --resume goes on from here",
    )


def fuller(one: list[Message], other: list[Message]) -> list[Message]:
    """Of two answers to the same row the one that lacks less; the later where they are equal.

    A row is computed alike in every run, so its answer is too, and what is lost on the way only shortens it.
    """
    return one if len(one) > len(other) else other


def _wanted(answer: list[Message] | None, row: int, rows: int) -> int | None:
    """The row that is wanted next, `rows` if there is a result; None: the answer tells nothing."""
    if answer is None:
        return None
    if answer[-1].type == MessageType.RESULT:
        return rows if row + 1 == rows else 0
    try:
        wanted = parse_taken(answer[-1].payload)
    except MessageError:
        return None
    return wanted if wanted < rows else 0
