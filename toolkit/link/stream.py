"""One stream of requests: keeps the window full, takes the answers, finds out what was lost and sends it again."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from toolkit.errors import LinkError
from toolkit.link import framing, messages, packbits
from toolkit.link.messages import Hello, Message, MessageError, MessageType, Reason
from toolkit.link.session import Session, in_words
from toolkit.link.timing import Bounds, Pace
from toolkit.link.transport import TransportClosedError
from toolkit.link.window import Window

ENGINE_ATTEMPTS = 3
SIZE_ATTEMPTS = 3
_TYPES = {"tensor": MessageType.INFER_TENSOR, "elements": MessageType.INFER_ELEMENTS}


@dataclass(frozen=True)
class Request:
    """One inference to ask for.

    Attributes:
        key: the caller's name for it.
        kind: "tensor": data are the input tensors' bytes one after the other; "elements": one uint8 per element, and
            the network's only, float32 input is element / divisor + offset.
        data: not packed.
        divisor, offset: of "elements"; used as float32.
    """

    key: int
    kind: Literal["tensor", "elements"]
    data: bytes
    divisor: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class Answer:
    """What the device computed.

    Attributes:
        key: of the request.
        output: the output tensors' bytes one after the other.
        ticks: of the inference alone, in HELLO's unit.
    """

    key: int
    output: bytes
    ticks: int


class Stream:
    """One call of `Client.stream`; iterates over the answers."""

    def __init__(
        self, requests: Sequence[Request], device: Hello, session: Session, window: Window, bounds: Bounds
    ) -> None:
        self._requests = requests
        self._device = device
        self._session = session
        self._window = window
        self._bounds = bounds
        self._pace = Pace(bounds)
        self._to_send = deque(range(len(requests)))
        self._packed: dict[int, bytes] = {}
        self._sent_before: set[int] = set()
        self._answered: set[int] = set()
        self._engine_failures: Counter[int] = Counter()
        self._wrong_sizes = 0
        self._resets_at: list[int | None] = []
        self._ready: list[Answer] = []
        self._expecting_since = self._helped_at = 0.0
        window.begin(device.rx_buffer)

    def __iter__(self) -> Iterator[Answer]:
        """Yield the answers until there is one for each request; see `Client.stream`."""
        self._expecting_since = self._helped_at = time.monotonic()
        while len(self._answered) < len(self._requests):
            try:
                self._check_stall()
                self._fill_window()
                self._listen()
            except TransportClosedError:
                self._session.reopen()
                self._synchronise()
            yield from self._ready
            self._ready.clear()

    def _fill_window(self) -> None:
        frames: list[bytes] = []
        resent = 0
        idle = not len(self._window)
        while self._to_send:
            place = self._to_send[0]
            if place not in self._answered:
                frame = self._frame(place)
                if not self._window.has_room(len(frame)):
                    break
                self._window.sent(place, len(frame))
                frames.append(frame)
                resent += place in self._sent_before
                self._sent_before.add(place)
            self._to_send.popleft()
        if self._session.worth_asking:
            frames.append(self._session.question())
        if frames:
            self._session.send(frames)
            self._session.counters.resent += resent
            if idle:
                self._expecting_since = time.monotonic()

    def _frame(self, place: int) -> bytes:
        request = self._requests[place]
        packed = self._packed.get(place)
        if packed is None:
            packed = packbits.pack(request.data)
            if request.kind == "elements":
                packed = messages.elements(request.divisor, request.offset, packed)
            self._packed[place] = packed
        return framing.encode(messages.body(_TYPES[request.kind], self._window.next_seq, packed))

    def _check_stall(self) -> None:
        """Whatever happens to the port: also where it goes at each write, and nothing is ever listened for."""
        now = time.monotonic()
        if now - self._helped_at > self._bounds.stall:
            raise LinkError(
                f"the device has answered no request for {now - self._helped_at:.0f} s; "
                f"last heard: {self._session.last_heard}",
                "the link is too bad, or the firmware is at fault; tinyml verify --resume goes on from here",
            )

    def _listen(self) -> None:
        now = time.monotonic()
        quiet_since = max(self._session.heard_at, self._expecting_since)
        wait = quiet_since + self._pace.silence - now
        if wait > 0:
            for message in self._session.receive(wait):
                self._take(message)
        else:
            self._session.counters.timeouts += 1
            self._synchronise()

    def _synchronise(self) -> None:
        """Everything on the way is answered or lost when this returns."""
        self._session.synchronise(self._bounds.answer, on_message=self._take)
        self._again(self._window.clear())
        self._expecting_since = time.monotonic()

    def _again(self, places: Iterable[int]) -> None:
        """To be sent again, before all others."""
        self._to_send.extendleft(reversed([place for place in places if place not in self._answered]))

    def _take(self, message: Message) -> None:
        if message.type == MessageType.RESULT:
            self._take_result(message)
        elif message.type == MessageType.REFUSED:
            self._take_refusal(message)
        elif message.type == MessageType.HELLO and self._session.learn(message.payload).unasked:
            self._take_reset()

    def _take_result(self, message: Message) -> None:
        try:
            ticks, output = messages.parse_result(message.payload)
        except MessageError:
            output = None
        if output is None:
            self._session.counters.damaged += 1
            return
        place, lost = self._window.answered(message.seq)
        self._again(lost)
        if len(output) != self._device.output_bytes:
            self._take_wrong_size(place, len(output))
            return
        if place is None or place in self._answered:
            return
        self._wrong_sizes = 0
        self._answered.add(place)
        self._packed.pop(place, None)
        self._ready.append(Answer(self._requests[place].key, output, ticks))
        now = time.monotonic()
        self._pace.answered(now - max(self._helped_at, self._expecting_since))
        self._helped_at = now
        self._resets_at.clear()

    def _take_wrong_size(self, place: int | None, size: int) -> None:
        """An answer whose CRC is right and whose size is not what HELLO promised: no cable does that often."""
        self._session.counters.damaged += 1
        if place is None or place in self._answered:
            return
        self._wrong_sizes += 1
        if self._wrong_sizes >= SIZE_ATTEMPTS:
            raise LinkError(
                f"the device answers request {self._requests[place].key} with {size:,} bytes; "
                f"it says that its outputs have {self._device.output_bytes:,}",
                "build and flash again with this version of tinyml",
            )
        self._again([place])

    def _take_refusal(self, message: Message) -> None:
        try:
            reason = messages.parse_refused(message.payload)
        except MessageError:
            self._session.counters.damaged += 1
            return
        if message.seq == messages.SEQ_UNKNOWN:
            self._session.counters.damaged += 1
            self._again(self._window.refused())
            return
        place, lost = self._window.answered(message.seq)
        self._again(lost)
        if place is None or place in self._answered:
            return
        self._engine_failures[place] += 1
        if reason != Reason.ENGINE_FAILED or self._engine_failures[place] >= ENGINE_ATTEMPTS:
            raise LinkError(
                f"the device does not compute request {self._requests[place].key}: it answers {in_words(message)}",
                "build and flash again with this version of tinyml",
            )
        self._again([place])

    def _take_reset(self) -> None:
        lost = self._window.clear()
        self._resets_at.append(lost[0] if lost else None)
        if len(self._resets_at) >= self._bounds.resets:
            # What was on the way at a reset may make the next one look like another request's.
            place = Counter(self._resets_at).most_common(1)[0][0]
            at = f", mostly at request {self._requests[place].key}" if place is not None else ""
            raise LinkError(
                f"the device started anew {len(self._resets_at)} times without one answer between{at}",
                "its stack or its power supply may be too small; tinyml verify --resume goes on from here",
            )
        self._again(lost)
