"""What is on the way: which requests, in which order, and how many bytes the device still has to hold.

    oldest                            newest
    [ seq 7 ][ seq 8 ][ seq 9 ][ seq 10 ]        every transmission has a number of its own, resent ones too
    `------ at most rx_buffer bytes ------'      or one frame alone, whatever its size

The oldest counts too: when an answer arrives, the device may not have begun to read the next request from its buffer.

The device works strictly in order. So an answer to 9 tells that 7 and 8 were lost on the way, and a refusal that names
no request can only mean the oldest.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from toolkit.link.messages import SEQ_COUNT

REMEMBERED = 4096
"""Transmissions given up whose late answers are still recognised; far fewer than there are sequence numbers."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One transmission: its number, the place of its request in the run, its bytes on the wire."""

    seq: int
    place: int
    size: int


class Window:
    """The transmissions on the way."""

    def __init__(self, rx_buffer: int, first_seq: int) -> None:
        """Start with nothing on the way.

        Args:
            rx_buffer: bytes that the device holds while it computes.
            first_seq: at random, so that answers to an earlier run are recognised.
        """
        self.rx_buffer = rx_buffer
        self._next_seq = first_seq % SEQ_COUNT
        self._on_the_way: deque[Sent] = deque()
        self._bytes = 0
        self._places: dict[int, int] = {}
        self._order: deque[int] = deque()

    def begin(self, rx_buffer: int) -> None:
        """A new run: what an earlier one sent means nothing any more; the numbers go on."""
        self.rx_buffer = rx_buffer
        self.clear()
        self._places.clear()
        self._order.clear()

    def __len__(self) -> int:
        """Transmissions on the way."""
        return len(self._on_the_way)

    def has_room(self, size: int) -> bool:
        """Whether a frame of this size may be sent now; one frame always may."""
        return not self._on_the_way or self._bytes + size <= self.rx_buffer

    @property
    def next_seq(self) -> int:
        """The number that the next frame is to carry."""
        return self._next_seq

    def take_seq(self) -> int:
        """A number for a frame."""
        seq = self._next_seq
        self._next_seq = (seq + 1) % SEQ_COUNT
        return seq

    def sent(self, place: int, size: int) -> None:
        """A request is being sent, with the number `next_seq`."""
        seq = self.take_seq()
        self._on_the_way.append(Sent(seq, place, size))
        self._bytes += size
        self._places[seq] = place
        self._order.append(seq)
        if len(self._order) > REMEMBERED:
            self._places.pop(self._order.popleft(), None)

    def answered(self, seq: int) -> tuple[int | None, list[int]]:
        """An answer has come.

        Returns:
            The place of its request, None if it is none of ours; and the places of the requests that were on the
            way before it, which are lost.
        """
        place = self._places.get(seq)
        lost: list[int] = []
        if any(sent.seq == seq for sent in self._on_the_way):
            while (sent := self._pop()).seq != seq:
                lost.append(sent.place)
        return place, lost

    def refused(self) -> list[int]:
        """The device could not read a frame: the place of the oldest request, if there is one."""
        return [self._pop().place] if self._on_the_way else []

    def clear(self) -> list[int]:
        """All are lost; returns their places in order."""
        places = [sent.place for sent in self._on_the_way]
        self._on_the_way.clear()
        self._bytes = 0
        return places

    def _pop(self) -> Sent:
        sent = self._on_the_way.popleft()
        self._bytes -= sent.size
        return sent
