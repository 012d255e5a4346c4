"""One request at a time whose answer may be several messages: TRACE and READ.

They are few, so nothing is sent ahead; what was lost, or came with a gap in it, is asked for again, whole.
"""

from __future__ import annotations

import time

from toolkit.errors import LinkError
from toolkit.link import framing, messages
from toolkit.link.messages import Message, MessageType, Reason
from toolkit.link.session import Session, in_words
from toolkit.link.timing import Bounds
from toolkit.link.transport import TransportClosedError
from toolkit.link.window import Window

ATTEMPTS = 5


class Exchange:
    """One request until its last message has come."""

    def __init__(self, session: Session, window: Window, bounds: Bounds) -> None:
        self._session = session
        self._window = window
        self._bounds = bounds
        self._seq = messages.SEQ_UNKNOWN
        self._heard: list[Message] = []
        self._refused: Message | None = None
        self._again = False

    def ask(self, kind: MessageType, payload: bytes, *last: MessageType) -> list[Message] | None:
        """Send a request once.

        Args:
            kind, payload: of the request.
            last: types of messages that end its answer.

        Returns:
            All messages of the answer in their order; None if something was lost on the way: ask again.

        Raises:
            LinkError: the device refuses it, or fell silent.
            StaleFirmwareError: it began to run another firmware.
        """
        self._heard, self._refused, self._again = [], None, False
        try:
            self._seq = self._window.take_seq()
            self._session.send([framing.encode(messages.body(kind, self._seq, payload))])
            heard_at = time.monotonic()
            while not self._done(last):
                found = self._session.receive(self._bounds.silence_first)
                for message in found:
                    self._take(message)
                if found:
                    heard_at = time.monotonic()
                elif time.monotonic() - heard_at >= self._bounds.silence_first:
                    self._session.counters.timeouts += 1
                    # The device works in order: when it says hello, everything asked before is answered or lost.
                    self._session.synchronise(self._bounds.answer, on_message=self._take)
                    break
        except TransportClosedError:
            self._session.reopen()
            self._session.synchronise(self._bounds.answer, on_message=lambda _: None)
            return None
        if self._refused is not None:
            raise LinkError(
                f"the device does not answer a {kind.name}: it says {in_words(self._refused)}",
                "build and flash again with this version of tinyml",
            )
        return self._heard if self._done(last) and not self._again else None

    def _done(self, last: tuple[MessageType, ...]) -> bool:
        return self._again or self._refused is not None or bool(self._heard and self._heard[-1].type in last)

    def _take(self, message: Message) -> None:
        if message.type == MessageType.HELLO:
            if self._session.learn(message.payload).unasked:
                self._again = True
        elif message.type == MessageType.REFUSED and message.seq in (self._seq, messages.SEQ_UNKNOWN):
            if message.seq == messages.SEQ_UNKNOWN or message.payload == bytes([Reason.ENGINE_FAILED]):
                self._again = True
            else:
                self._refused = message
        elif message.seq == self._seq:
            self._heard.append(message)
