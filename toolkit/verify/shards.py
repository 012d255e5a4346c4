"""Many boards of one build: each takes the next few requests that nobody has; what a dead one leaves goes to the rest.

One thread per board does nothing but talk to it; the caller's thread alone sees the answers, so that the journal needs
no lock.
"""

from __future__ import annotations

import dataclasses
import logging
import queue
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from toolkit.artifacts import DeviceShare, LinkStats
from toolkit.errors import LinkError, StaleFirmwareError, TinymlError
from toolkit.link.client import Answer, Client, Request
from toolkit.link.messages import Hello

log = logging.getLogger(__name__)

CHUNK = 64
"""Requests that a board takes at a time: each time costs a question of who is there, about one round trip."""
JOIN_SECONDS = 2.0


@dataclass
class _Board:
    client: Client
    answered: int = 0
    lost: str | None = None


@dataclass
class _Work:
    """What nobody has been asked for yet, and how much is being asked for; guarded by `changed`."""

    waiting: deque[Request]
    taken: int = 0
    stopped: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, boards: int) -> list[Request]:
        """The next few; waits while another board may still leave some, and is empty when there will be none."""
        with self.changed:
            while not self.waiting and self.taken and not self.stopped:
                self.changed.wait()
            if self.stopped:
                return []
            # Smaller at the end, so that all boards come to it at about the same time.
            count = min(CHUNK, -(-len(self.waiting) // boards))
            chunk = [self.waiting.popleft() for _ in range(count)]
            self.taken += len(chunk)
            return chunk

    def done(self, count: int, left: Sequence[Request]) -> None:
        """`count` that were taken are over; `left` of them were not answered, and go to others first."""
        with self.changed:
            self.taken -= count
            self.waiting.extendleft(reversed(left))
            self.changed.notify_all()

    def stop(self) -> None:
        """Nothing is given out any more."""
        with self.changed:
            self.stopped = True
            self.changed.notify_all()


_Event = tuple[_Board, Answer | TinymlError | BaseException | None]
"""An answer; an error that ended the board's work; None: it is through."""


class Shards:
    """The boards of one run."""

    def __init__(self, clients: Mapping[str, Client]) -> None:
        """Nothing is asked yet.

        Args:
            clients: by the name of the board's port.
        """
        self._boards = {port: _Board(client) for port, client in clients.items()}

    @property
    def shares(self) -> tuple[DeviceShare, ...]:
        """What each board did."""
        return tuple(
            DeviceShare(port, board.answered, board.lost, board.client.stats) for port, board in self._boards.items()
        )

    @property
    def alive(self) -> tuple[Client, ...]:
        """The boards that are still there."""
        return tuple(board.client for board in self._boards.values() if board.lost is None)

    @property
    def stats(self) -> LinkStats:
        """All links together."""
        return total(board.client.stats for board in self._boards.values())

    def farewell(self) -> Hello:
        """What the board with the deepest stack says of itself at the end: only now is the high-water mark known.

        A board that left after its last answer has answered all the same. Where none is left to be asked, it is what
        one said before, and its stack is not known.

        Raises:
            StaleFirmwareError: one of them runs something else than at first.
        """
        told: list[Hello] = []
        before: list[Hello] = []
        for board in self._boards.values():
            if board.client.device is not None:
                before.append(dataclasses.replace(board.client.device, stack_bytes=0))
            if board.lost is not None:
                continue
            try:
                told.append(board.client.hello())
            except StaleFirmwareError:
                raise
            except LinkError as caught:
                log.warning("%s; it had answered everything before", caught.message)
        return max(told or before, key=lambda hello: hello.stack_bytes)

    def stream(self, requests: Sequence[Request]) -> Iterator[Answer]:
        """Yield an answer for every request, in whatever order they come.

        Raises:
            LinkError: no board is left.
            StaleFirmwareError: one of them runs something else than at first.
        """
        if len(self._boards) == 1:
            (board,) = self._boards.values()
            for answer in board.client.stream(requests):
                board.answered += 1
                yield answer
            return
        work = _Work(deque(requests))
        events: queue.SimpleQueue[_Event] = queue.SimpleQueue()
        threads = [
            threading.Thread(target=self._serve, args=(board, work, events), name=f"verify {port}", daemon=True)
            for port, board in self._boards.items()
        ]
        for thread in threads:
            thread.start()
        try:
            yield from self._collect(len(requests), events)
        finally:
            work.stop()
            for thread in threads:
                thread.join(JOIN_SECONDS)

    def _collect(self, wanted: int, events: queue.SimpleQueue[_Event]) -> Iterator[Answer]:
        names = {id(board): port for port, board in self._boards.items()}
        while wanted:
            # Every wait of a board's client has a bound, so that an event comes sooner or later.
            board, event = events.get()
            if isinstance(event, Answer):
                board.answered += 1
                wanted -= 1
                yield event
            elif isinstance(event, StaleFirmwareError):
                raise StaleFirmwareError(f"{names[id(board)]}: {event.message}", event.hint)
            elif isinstance(event, LinkError):
                board.lost = event.message
                if not self.alive:
                    raise LinkError(f"no board is left; {names[id(board)]}: {event.message}", event.hint)
            elif event is not None:
                raise event

    def _serve(self, board: _Board, work: _Work, events: queue.SimpleQueue[_Event]) -> None:
        """A board's thread: the only one that touches its client."""
        while chunk := work.take(len(self._boards)):
            left = {request.key: request for request in chunk}
            try:
                for answer in board.client.stream(chunk):
                    del left[answer.key]
                    events.put((board, answer))
                    if work.stopped:
                        return
            except BaseException as caught:
                events.put((board, caught))
                return
            finally:
                work.done(len(chunk), list(left.values()))


def total(stats: Iterator[LinkStats]) -> LinkStats:
    """The sum of what several links went through."""
    sums = LinkStats()
    for each in stats:
        sums = LinkStats(**{name: value + getattr(sums, name) for name, value in vars(each).items()})
    return sums
