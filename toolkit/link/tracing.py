"""Asks a device for every layer of an inference, and for the constants in its memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from toolkit.errors import LinkError
from toolkit.link import by_row, crc, messages, packbits
from toolkit.link.exchange import ATTEMPTS, Exchange
from toolkit.link.messages import Hello, Message, MessageError, MessageType, TracedLayer

_Made = TypeVar("_Made")
_GAP = "it was damaged or cut on the way each time"


@dataclass(frozen=True)
class Trace:
    """What the device computed, layer by layer.

    Attributes:
        key: the caller's name for the request.
        output: the output tensors' bytes one after the other.
        ticks: of all layers together, in HELLO's unit; nothing between them is counted.
        layers: in the order of computation; empty where the engine tells of none.
    """

    key: int
    output: bytes
    ticks: int
    layers: tuple[TracedLayer, ...]


def trace(exchange: Exchange, device: Hello, key: int, data: bytes, keep: range) -> Trace:
    """Compute one input, layer by layer.

    Args:
        data: the input tensors' bytes one after the other.
        keep: layers whose bytes are wanted too.

    Raises:
        LinkError: the device refuses, fell silent, or tells of other layers than HELLO promised.
    """
    if device.row_bytes:
        return _by_row(exchange, device, key, data, keep)
    payload = messages.trace(keep.start, len(keep), packbits.pack(data))
    return until(exchange, MessageType.TRACE, payload, MessageType.RESULT, partial(_traced, device, key, keep))


def _traced(device: Hello, key: int, keep: range, answer: list[Message]) -> Trace | None:
    ticks, output = messages.parse_result(answer[-1].payload)
    layers = _joined([messages.parse_layer(message.payload) for message in answer[:-1]])
    if layers is None or len(output) != device.output_bytes:
        return None
    # An interpreter whose library tells of no operators gives the result alone.
    if layers and [each.layer for each in layers] != list(range(device.layers)):
        return None
    if any(bool(each.data) and each.layer not in keep for each in layers):
        return None
    return Trace(key, output, ticks, layers)


def _joined(parts: list[TracedLayer]) -> tuple[TracedLayer, ...] | None:
    """Every layer from its parts, which come in their order while other layers' parts come between; None: one lacks."""
    found: dict[int, TracedLayer] = {}
    for part in parts:
        if len(part.data) not in (0, part.size):
            return None
        known = found.get(part.layer)
        if known is None:
            found[part.layer] = part
            continue
        found[part.layer] = TracedLayer(
            part.layer,
            known.ticks + part.ticks,
            crc.joined(known.crc, part.crc, part.size),
            known.data + part.data,
            known.size + part.size,
            part.whole if part.whole == known.whole else -1,
        )
    whole = all(each.size == each.whole and len(each.data) in (0, each.size) for each in found.values())
    if not whole:
        return None
    # Row by row a layer may begin after one that stands behind it, on another way.
    in_parts = len(found) < len(parts)
    return tuple(found[layer] for layer in sorted(found)) if in_parts else tuple(found.values())


def _by_row(exchange: Exchange, device: Hello, key: int, data: bytes, keep: range) -> Trace:
    """A device tells of a row once a run. So where a run has gaps, the next one has to fill those alone."""
    payload = partial(by_row.trace_row, keep.start, len(keep))
    heard: list[list[Message]] = []
    for _ in range(ATTEMPTS):
        again = by_row.send(exchange, device, key, data, MessageType.TRACE_ROW, payload)
        heard = list(map(by_row.fuller, heard, again)) if heard else again
        layers = [message for answer in heard for message in answer if message.type == MessageType.LAYER]
        try:
            made = _traced(device, key, keep, [*layers, again[-1][-1]])
        except MessageError:
            made = None
        # Only interpreters tell of no layers, and they take whole inputs.
        if made is not None and (made.layers or not device.layers):
            return made
    raise LinkError(f"the device gave no whole answer to a TRACE_ROW in {ATTEMPTS} attempts: {_GAP}", "try again")


@dataclass(frozen=True)
class Memory:
    """What lies in a device's memory: the CRC-32 of all that was asked for, and the first bytes of it."""

    crc: int
    first: bytes


def read(exchange: Exchange, place: int, size: int) -> Memory:
    """Constants as they lie in the device's memory; see engine.h.

    Args:
        size: at most 65,535.

    Raises:
        LinkError: the device refuses, or fell silent.
    """
    payload = messages.read(place, size)
    return until(exchange, MessageType.READ, payload, MessageType.BYTES, partial(_of_size, size))


def _of_size(size: int, answer: list[Message]) -> Memory | None:
    crc, first = messages.parse_bytes(answer[-1].payload)
    return Memory(crc, first) if len(first) == min(size, messages.MOST_READ) else None


def until(
    exchange: Exchange,
    kind: MessageType,
    payload: bytes,
    last: MessageType,
    parse: Callable[[list[Message]], _Made | None],
) -> _Made:
    """Ask until a whole answer has come; `parse` gives None for one with a gap.

    Raises:
        LinkError: the device refuses, fell silent, or gave none in several attempts.
    """
    for _ in range(ATTEMPTS):
        answer = exchange.ask(kind, payload, last)
        try:
            made = None if answer is None else parse(answer)
        except MessageError:
            made = None
        if made is not None:
            return made
    raise LinkError(f"the device gave no whole answer to a {kind.name} in {ATTEMPTS} attempts: {_GAP}", "try again")
