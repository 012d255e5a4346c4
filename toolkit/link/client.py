"""The host's side of the wire: streams requests to a device and yields its answers, whatever the cable does.

Every request is independent and the device works in order, so the one remedy is to send again what was lost. What was
lost is told by a refusal, by an answer to a later request, by the device starting anew, or, after a silence, by its
answer to a HELLO request that was sent last.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from toolkit.artifacts import LinkStats
from toolkit.errors import LinkError
from toolkit.link import by_row, messages, slot_messages, tracing
from toolkit.link.exchange import Exchange
from toolkit.link.messages import ElementCode, Hello, MessageType
from toolkit.link.session import Session
from toolkit.link.slot_messages import SlotCommand, Slots
from toolkit.link.stream import Answer, Request, Stream
from toolkit.link.timing import Bounds
from toolkit.link.tracing import Memory, Trace
from toolkit.link.transport import Transport
from toolkit.link.window import Window

__all__ = ["Answer", "Client", "Memory", "Request", "Trace"]

FLOAT_BYTES = 4


def _check(request: Request, device: Hello) -> None:
    """Hold a request against the device's input.

    Raises:
        LinkError: the device could only refuse it.
    """
    element = 1
    if request.kind == "elements":
        if [end.dtype for end in device.inputs] != [ElementCode.FLOAT32]:
            raise LinkError(
                "the device takes no elements to scale: its network has not one float32 input",
                "send the inputs as the network takes them",
            )
        element = FLOAT_BYTES
    if len(request.data) * element != device.input_bytes:
        raise LinkError(
            f"request {request.key} has {len(request.data)} {request.kind} bytes, "
            f"the device's input {device.input_bytes // element}",
            "the inputs are not of the size that the network takes",
        )


class Client:
    """A device at the other end of a port.

    Not for several threads.
    """

    def __init__(self, open_port: Callable[[], Transport], bounds: Bounds | None = None) -> None:
        """Nothing is opened yet.

        Args:
            open_port: opens the port, and opens it again when it has vanished and come back.
            bounds: of every wait.
        """
        self._bounds = bounds or Bounds()
        # At random, so that answers to an earlier run are recognised and dropped.
        self._window = Window(0, random.SystemRandom().randrange(messages.SEQ_COUNT))
        self._session = Session(open_port, self._bounds, self._window.take_seq)

    @property
    def stats(self) -> LinkStats:
        """What the link went through so far."""
        return self._session.stats

    @property
    def device(self) -> Hello | None:
        """What the device said of itself last; None before the first `hello`."""
        return self._session.device

    def close(self) -> None:
        """Give the port up."""
        self._session.close()

    def hello(self) -> Hello:
        """Ask the device who it is.

        Raises:
            LinkError: the port cannot be opened, or nothing of ours answers.
            StaleFirmwareError: it is another firmware than at the last question.
        """
        return self._session.synchronise(self._bounds.contact, on_message=lambda _: None)

    def stream(self, requests: Sequence[Request]) -> Iterator[Answer]:
        """Ask for every request and yield each answer as it comes: in order, but for those that were lost at first.

        Raises:
            LinkError: a request does not fit the device; the device refuses for a reason that resending cannot mend; it
                fell silent, or came no further, for longer than the bounds.
            StaleFirmwareError: it began to run another firmware.
        """
        if not requests:
            return
        device = self.hello()
        for request in requests:
            _check(request, device)
        if device.row_bytes:
            yield from by_row.stream(Exchange(self._session, self._window, self._bounds), device, requests)
            return
        yield from Stream(requests, device, self._session, self._window, self._bounds)

    def trace(self, key: int, data: bytes, keep: range = range(0)) -> Trace:
        """Compute one input layer by layer.

        Args:
            key: the caller's name for it.
            data: the input tensors' bytes one after the other.
            keep: layers whose outputs' bytes are wanted, beside their CRC-32.

        Raises:
            LinkError: the input does not fit the device; it refuses, or fell silent.
            StaleFirmwareError: it began to run another firmware.
        """
        device = self.device or self.hello()
        _check(Request(key, "tensor", data), device)
        return tracing.trace(Exchange(self._session, self._window, self._bounds), device, key, data, keep)

    def read(self, place: int, size: int) -> Memory:
        """Constants as they lie in the device's memory; engine.h has what `place` means, `size` is at most 65,535.

        Raises:
            LinkError: the device refuses, or fell silent.
        """
        return tracing.read(Exchange(self._session, self._window, self._bounds), place, size)

    def slot_do(self, command: SlotCommand, slot: int = 0) -> Slots:
        """Ask something of the slots; what runs may be another network then, and this client is to be closed.

        Raises:
            LinkError: the device refuses, or fell silent.
        """
        return self._slots(MessageType.SLOT_DO, slot_messages.slot_do(command, slot))

    def slot_write(self, place: int, block: bytes) -> Slots:
        """Write a block to a slot, once or again.

        Raises:
            LinkError: the device refuses, or fell silent.
        """
        return self._slots(MessageType.SLOT_WRITE, slot_messages.slot_write(place, block))

    def _slots(self, kind: MessageType, payload: bytes) -> Slots:
        exchange = Exchange(self._session, self._window, self._bounds)
        return tracing.until(
            exchange, kind, payload, MessageType.SLOTS, lambda answer: slot_messages.parse_slots(answer[-1].payload)
        )
