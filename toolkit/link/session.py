"""A link that is kept up: opens the port and opens it again, asks who is there, and counts what it goes through."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from toolkit.artifacts import LinkStats
from toolkit.errors import LinkError, StaleFirmwareError
from toolkit.link import framing, messages
from toolkit.link.messages import Hello, Message, MessageError, MessageType, Reason
from toolkit.link.timing import Bounds
from toolkit.link.transport import Transport, TransportClosedError

RETRY_OPEN_SECONDS = 0.1
ASK_AGAIN_SECONDS = 0.02
HELLO_BYTES = 64
"""No HELLO frame is shorter, and few RESULTs are longer."""


@dataclass
class Counters:
    """LinkStats in the making."""

    bytes_up: int = 0
    bytes_down: int = 0
    frames_sent: int = 0
    resent: int = 0
    damaged: int = 0
    timeouts: int = 0
    resets: int = 0
    reopened: int = 0


@dataclass
class Session:
    """One device.

    Attributes:
        open_port: opens its port.
        bounds: of every wait.
        counters: what the link went through.
        device: what it said of itself; None before the first HELLO.
        heard_at: when the last undamaged frame came.
        last_heard: what that was, in words.
        worth_asking: the device has begun anew, or a damaged frame may have said so: its answer to a question tells.
    """

    open_port: Callable[[], Transport]
    bounds: Bounds
    take_seq: Callable[[], int]
    counters: Counters = field(default_factory=Counters)
    device: Hello | None = None
    heard_at: float = 0.0
    last_heard: str = "nothing"
    worth_asking: bool = False
    _transport: Transport | None = None
    _decoder: framing.Decoder = field(default_factory=framing.Decoder)
    _reset_told: bool = False
    _question: int | None = None
    _opened_at: float = float("-inf")

    @property
    def stats(self) -> LinkStats:
        """What the link went through so far."""
        return LinkStats(**vars(self.counters))

    def close(self) -> None:
        """Give the port up."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def send(self, frames: list[bytes]) -> None:
        """Send frames in one write.

        Raises:
            TransportClosedError: the port is gone.
        """
        data = b"".join(frames)
        self._open().write(data)
        self.counters.bytes_up += len(data)
        self.counters.frames_sent += len(frames)

    def question(self) -> bytes:
        """A frame that asks for HELLO; nobody needs to wait for the answer."""
        self.worth_asking = False
        self._question = self.take_seq()
        return framing.encode(messages.hello_request(self._question))

    def receive(self, timeout: float) -> list[Message]:
        """The messages that have come, as soon as anything has; empty after `timeout` seconds.

        Raises:
            TransportClosedError: the port is gone.
        """
        data = self._open().read(max(timeout, 0.0))
        if not data:
            return []
        self.counters.bytes_down += len(data)
        found = []
        for body in self._decoder.feed(data):
            try:
                message = messages.parse(body)
            except MessageError:
                self.counters.damaged += 1
                continue
            found.append(message)
            self.last_heard = in_words(message)
            if self._is_later_than_question(message):
                self._question = None
                self.worth_asking = True  # it was lost, or its answer
        self.counters.damaged += self._decoder.damaged
        if self._decoder.longest_damaged >= HELLO_BYTES:
            self.worth_asking = True
        self._decoder.damaged = self._decoder.longest_damaged = 0
        if found:
            self.heard_at = time.monotonic()
        return found

    def _is_later_than_question(self, message: Message) -> bool:
        """The device works in order: an answer to a later request comes after the question's."""
        if self._question is None or message.seq == messages.SEQ_UNKNOWN or message.type == MessageType.HELLO:
            return False
        return 0 < (message.seq - self._question) % messages.SEQ_COUNT < messages.SEQ_COUNT // 2

    def learn(self, payload: bytes) -> Hello:
        """Take in a HELLO.

        Raises:
            LinkError: it is no HELLO of this version.
            StaleFirmwareError: it is another firmware than before.
        """
        try:
            hello = Hello.decode(payload)
        except MessageError as caught:
            raise LinkError(str(caught), "build and flash again with this version of tinyml") from caught
        known = self.device
        if known and (hello.build_id, hello.model_sha256) != (known.build_id, known.model_sha256):
            raise StaleFirmwareError(
                f"the device began to run another firmware: build {hello.build_id}, before {known.build_id}",
                "flash the build that is to be verified, and leave the board alone meanwhile",
            )
        if known and _lasting(hello) != _lasting(known):
            raise StaleFirmwareError(
                f"the device says the same build id as before ({hello.build_id}), and else something else: "
                f"{_lasting(hello)}, before {_lasting(known)}",
                "flash the build that is to be verified, and leave the board alone meanwhile",
            )
        if known is None:
            self.counters.damaged = 0  # the rest of what an earlier program was told is no damage of this run
        # A device that has begun anew says so unasked; where that was lost, the next answer that comes still tells.
        if known and (hello.unasked or (hello.start != known.start and not self._reset_told)):
            self.counters.resets += 1
        self._reset_told = hello.unasked
        if not hello.unasked:
            self._question = None
        self.worth_asking |= hello.unasked
        self.device = hello
        return hello

    def synchronise(self, patience: float, *, on_message: Callable[[Message], None]) -> Hello:
        """Ask for HELLO until its answer comes: all that was on the way before it is then answered or lost.

        A port that vanishes meanwhile is opened again.

        Args:
            patience: seconds.
            on_message: told of every other message that comes meanwhile.

        Raises:
            LinkError: no answer within `patience`, or the port does not stay.
            StaleFirmwareError: it is another firmware than before.
        """
        started = time.monotonic()
        while True:
            try:
                return self._ask(patience, on_message)
            except TransportClosedError as caught:
                if time.monotonic() - started >= patience:
                    raise LinkError(
                        f"the port vanishes again and again: {caught}; last heard: {self.last_heard}",
                        "try another cable or USB port; tinyml verify --resume goes on from here",
                    ) from caught
                self.reopen()

    def _ask(self, patience: float, on_message: Callable[[Message], None]) -> Hello:
        started = time.monotonic()
        asked: set[int] = set()
        pause = self.bounds.ask
        next_at = started
        asked_at = started
        while True:
            now = time.monotonic()
            if now - started >= patience:
                raise self._silence(now - started)
            if now >= next_at:
                seq = self.take_seq()
                asked.add(seq)
                # The delimiter ends whatever half a frame came before.
                self.send([framing.DELIMITER + framing.encode(messages.hello_request(seq))])
                asked_at, next_at, pause = now, now + pause, min(2 * pause, 4 * self.bounds.ask)
            damaged = self.counters.damaged
            for message in self.receive(min(next_at, started + patience) - now):
                if message.type == MessageType.HELLO and message.seq in asked:
                    hello = self.learn(message.payload)
                    if not hello.unasked:
                        return hello
                    continue
                if message.type == MessageType.REFUSED and message.payload == bytes([Reason.VERSION]):
                    raise LinkError(
                        f"the device does not speak version {messages.VERSION} of the wire",
                        "build and flash again with this version of tinyml",
                    )
                if message.type == MessageType.REFUSED and message.seq == messages.SEQ_UNKNOWN:
                    next_at = asked_at + ASK_AGAIN_SECONDS  # most likely it could not read our question
                if message.type == MessageType.HELLO:
                    next_at = asked_at + ASK_AGAIN_SECONDS  # it has just started, and heard nothing before
                on_message(message)
            if self.counters.damaged > damaged:
                next_at = asked_at + ASK_AGAIN_SECONDS  # most likely its answer

    def reopen(self) -> None:
        """The port is gone: wait for it to come back.

        Raises:
            LinkError: it does not, within the bound.
        """
        self.close()
        self._decoder.reset()
        if time.monotonic() - self._opened_at < RETRY_OPEN_SECONDS:
            time.sleep(RETRY_OPEN_SECONDS)  # it does not stay: no hurry
        deadline = time.monotonic() + self.bounds.reopen
        while True:
            try:
                self._open()
                self.counters.reopened += 1
                return
            except LinkError as caught:
                if time.monotonic() >= deadline:
                    seconds = self.bounds.reopen
                    raise LinkError(
                        f"the device was lost and did not come back within {seconds:.0f} s: {caught.message}",
                        f"last heard: {self.last_heard}; check its cable, or start the emulator again: tinyml flash",
                    ) from caught
            time.sleep(RETRY_OPEN_SECONDS)

    def _open(self) -> Transport:
        if self._transport is None:
            self._transport = self.open_port()
            self._opened_at = time.monotonic()
        return self._transport

    def _silence(self, seconds: float) -> LinkError:
        if self.device is None and self.last_heard == "nothing":
            heard = f"{self.counters.bytes_down} bytes that make no sense" if self.counters.bytes_down else "nothing"
            return LinkError(
                f"the device does not answer: within {seconds:.0f} s {heard} came",
                "check port and baud rate, and that tinyml's firmware is on it: tinyml flash",
            )
        return LinkError(
            f"the device has been silent for {seconds:.0f} s; last heard: {self.last_heard}",
            "reset the board, or start the emulator again: tinyml flash; then tinyml verify --resume",
        )


def _lasting(hello: Hello) -> str:
    """What one build always says of itself."""
    return (
        f"{hello.board}, {hello.runtime}, ticks in {hello.tick_unit.name.lower()}, "
        f"{', '.join(map(str, hello.inputs))} in, {', '.join(map(str, hello.outputs))} out"
    )


def in_words(message: Message) -> str:
    """A message by its name, and what tells it from others."""
    try:
        name = MessageType(message.type).name
    except ValueError:
        name = f"type 0x{message.type:02X}"
    if message.type == MessageType.REFUSED and len(message.payload) == 1:
        try:
            return f"REFUSED ({Reason(message.payload[0]).name.lower().replace('_', ' ')})"
        except ValueError:
            return f"REFUSED (reason {message.payload[0]})"
    return f"{name} number {message.seq}"
