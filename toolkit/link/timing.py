"""How long to wait: bounds, and a silence that is measured against what this device has shown so far."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bounds:
    """The bound of every wait, in seconds.

    Attributes:
        contact: for the first HELLO; a board that resets when its port is opened needs about two.
        ask: between two requests for HELLO.
        silence_min, silence_first: nothing heard for so long, at least: ask for HELLO; the latter is used until the
            device's own pace is known.
        answer: nothing heard at all while an answer is due.
        stall: no answer that helps, whatever else is heard.
        reopen: for a port that vanished to come back.
        resets: in a row, without one answer between them.
    """

    contact: float = 10.0
    ask: float = 0.5
    silence_min: float = 0.4
    silence_first: float = 2.0
    answer: float = 60.0
    stall: float = 120.0
    reopen: float = 15.0
    resets: int = 8


class Pace:
    """The time between answers, smoothed as TCP does with its round trips (RFC 6298)."""

    def __init__(self, bounds: Bounds) -> None:
        """Nothing is known yet."""
        self._bounds = bounds
        self._mean: float | None = None
        self._deviation = 0.0

    def answered(self, seconds: float) -> None:
        """An answer came, so long after the one before it, or after its request if that was later."""
        if self._mean is None:
            self._mean, self._deviation = seconds, seconds / 2
        else:
            self._deviation += (abs(seconds - self._mean) - self._deviation) / 4
            self._mean += (seconds - self._mean) / 8

    @property
    def silence(self) -> float:
        """Nothing heard for so many seconds means that something was lost.

        It does not grow with each silence, as TCP's does: when HELLO's answer comes after one, the device is there, and
        had it only been slow, its answer would have come first.
        """
        if self._mean is None:
            return self._bounds.silence_first
        # Answers to larger images take longer: three times the mean, where TCP has one.
        return max(self._bounds.silence_min, 3 * self._mean + 4 * self._deviation)
