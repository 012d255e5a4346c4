"""Runs planted faults over the inputs, in rounds of ever more inputs, until each was seen or the work is used up.

Work is counted in multiply-accumulates, not in seconds: the same network on the same inputs gives the same figures on
any computer. In each round the states of the arena before and behind a layer are kept for the round's inputs, so that a
fault costs no more than the layers behind it; and nothing beyond its own layer where that gives what it should.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.strength.faults import Fault
from toolkit.strength.library import Bytes, Library, Rows
from toolkit.verify.tolerance import OF_LAYER

WORK = 8e9
"""Multiply-accumulates, or as many other operations: some seconds of a computer of 2026."""
LONGEST = 180.0
"""Seconds after which no more is begun, however little was done: on a computer that is busy with other things."""
FOR_OUTPUTS = 0.25
"""The share of the work that is kept for zeroed outputs, which decide the verdict."""
_FIRST_ROUND, _GROWTH = 1, 4
_STATES_BYTES = 64 << 20

Allow = Callable[[int], npt.NDArray[np.float64] | None]
"""Float32: how far each output element of an input may be from the host's, rounding included; None: no further."""


class UnlikeError(Exception):
    """The unchanged library does not give what the host's interpreter gave; `args` has the input's place."""


@dataclass
class Outcome:
    """What came of the faults.

    Attributes:
        seen: by fault: the input that showed it first; None: none did.
        tried: by fault: how many inputs it was held against.
        reached: by fault: its layer gave another output for some input.
        shown: by fault that no output showed: the output of its own layer did, on an input that is traced.
        work: that was spent.
        late: the time ran out before the work did.
    """

    seen: list[int | None]
    tried: list[int]
    reached: list[bool]
    shown: list[bool]
    work: float = 0.0
    late: bool = False


def rounds(order: npt.NDArray[np.int32], most: int) -> Iterator[npt.NDArray[np.int32]]:
    """The inputs in rounds of ever more of them, `most` at once."""
    start, size = 0, _FIRST_ROUND
    while start < len(order):
        size = min(size, most)
        yield np.ascontiguousarray(order[start : start + size])
        start, size = start + size, size * _GROWTH


def costs(library: Library) -> npt.NDArray[np.float64]:
    """By layer: its work."""
    return np.array([1_000 + layer.macs + 4 * layer.output.bytes for layer in library.network.layers], np.float64)


class Runner:
    """Faults against inputs."""

    def __init__(self, library: Library, rows: Rows, allow: Allow, budget: float = WORK) -> None:
        """Nothing is computed yet.

        Args:
            rows: `allowed` is what an element's own size allows; it grows where rounding explains more.
            allow: asked where an element is further away than that.
        """
        self.library, self.rows, self.budget = library, rows, budget
        self._allow = allow
        self._end = time.monotonic() + LONGEST
        self._explained: set[int] = set()
        self._costs = costs(library)
        self._after = np.append(np.cumsum(self._costs[::-1])[::-1], 0.0)

    def run(
        self, faults: Sequence[Fault], order: npt.NDArray[np.int32], told: Callable[[int, int], None] | None = None
    ) -> Outcome:
        """Hold each fault against the inputs in this order until one shows it.

        Raises:
            UnlikeError: the unchanged library does not equal the host.
        """
        outcome = Outcome([None] * len(faults), [0] * len(faults), [False] * len(faults), [False] * len(faults))
        for which in rounds(order, max(1, _STATES_BYTES // (2 * self.library.arena.size))):
            left = [n for n, seen in enumerate(outcome.seen) if seen is None]
            if outcome.work >= self.budget * (1 - FOR_OUTPUTS):
                left = [n for n in left if faults[n].fill is not None]
            if not left or outcome.late or outcome.work >= self.budget:
                break
            self._round(faults, left, which, outcome, told)
        return outcome

    def _round(
        self,
        faults: Sequence[Fault],
        left: Sequence[int],
        which: npt.NDArray[np.int32],
        outcome: Outcome,
        told: Callable[[int, int], None] | None,
    ) -> None:
        self._check(which)
        outcome.work += 2 * len(which) * self._after[0]
        before = self.library.begin(self.rows, which)
        after = np.empty_like(before)
        for layer in range(len(self._costs)):
            self.library.advance(layer, before, after)
            for number in (n for n in left if faults[n].layer == layer):
                most = self.budget if faults[number].fill is not None else self.budget * (1 - FOR_OUTPUTS)
                outcome.late = outcome.late or time.monotonic() > self._end
                if outcome.work < most and not outcome.late:
                    self._hold(faults[number], number, which, before, after, outcome)
            before, after = after, before
            if told is not None:
                decided = sum(seen is not None for seen in outcome.seen)
                told(decided, len(faults))

    def _hold(
        self, fault: Fault, number: int, which: npt.NDArray[np.int32], before: Bytes, after: Bytes, outcome: Outcome
    ) -> None:
        """One fault against one round's inputs."""
        start = 0
        with self._planted(fault):
            while start < len(which):
                found, reached, went_on = self.library.first(
                    fault.layer, before[start:], after[start:], self.rows, which[start:], fault.fill
                )
                tried = len(which) - start if found < 0 else found + 1
                outcome.work += tried * self._costs[fault.layer] + went_on * self._after[fault.layer + 1]
                outcome.reached[number] |= reached
                if found < 0:
                    break
                start += found
                if not self._explain(int(which[start])):
                    outcome.seen[number] = int(which[start])
                    break
        outcome.tried[number] += len(which)

    @contextlib.contextmanager
    def _planted(self, fault: Fault) -> Iterator[None]:
        """With the fault in the library's constants, where it is one of these."""
        if fault.fill is not None:
            yield
            return
        values = next(c.values for c in self.library.network.layers[fault.layer].constants if c.place == fault.place)
        constants = self.library.constants(fault.place, values)
        constants[fault.index] = fault.value
        try:
            yield
        finally:
            constants[fault.index] = values[fault.index]

    def trace(self, faults: Sequence[Fault], outcome: Outcome, count: int) -> None:
        """Of the faults that no output showed, those that their own layer's output does, on the first inputs.

        Args:
            count: of the inputs whose layers are held against the host's.
        """
        left = [n for n, seen in enumerate(outcome.seen) if seen is None]
        step = max(1, _STATES_BYTES // (2 * self.library.arena.size))
        for start in range(0, count, step):
            which = np.arange(start, min(start + step, count), dtype=np.int32)
            before = self.library.begin(self.rows, which)
            after = np.empty_like(before)
            for layer in range(len(self._costs)):
                self.library.advance(layer, before, after)
                for number in (n for n in left if faults[n].layer == layer and not outcome.shown[n]):
                    with self._planted(faults[number]):
                        at = self.library.shown(layer, before, after, faults[number].fill, OF_LAYER)
                    outcome.shown[number] = at >= 0
                    outcome.reached[number] |= at >= 0
                before, after = after, before

    def _explain(self, index: int) -> bool:
        """Whether more may be forgiven at this input than was so far."""
        if not self.rows.allowed.shape[1] or index in self._explained:
            return False
        self._explained.add(index)
        more = self._allow(index)
        if more is None or not (more > self.rows.allowed[index]).any():
            return False
        self.rows.allowed[index] = np.maximum(self.rows.allowed[index], more)
        return True

    def _check(self, which: npt.NDArray[np.int32]) -> None:
        states = self.library.begin(self.rows, which)
        for layer in range(len(self._costs)):
            self.library.advance(layer, states, states)
        results = self.library.results(states)
        for got, index in zip(results, which, strict=True):
            if not np.array_equal(got, self.rows.due[index]) and not self._forgiven(got, int(index)):
                raise UnlikeError(int(index))

    def _forgiven(self, got: Bytes, index: int) -> bool:
        """Float32: whether rounding explains an output of the unchanged library."""
        if not self.rows.allowed.shape[1]:
            return False
        apart = _apart(self.library, got, self.rows.due[index])
        if (apart <= self.rows.allowed[index]).all():
            return True
        self._explain(index)
        return bool((apart <= self.rows.allowed[index]).all())


def _apart(library: Library, got: Bytes, due: Bytes) -> npt.NDArray[np.float64]:
    """[float32 elements of the outputs]: how far they are apart; infinite where another output's bytes differ."""
    parts, start = [], 0
    for place in library.network.outputs:
        a, b = (np.ascontiguousarray(row[start : start + place.bytes]) for row in (got, due))
        start += place.bytes
        if place.dtype.kind == "f":
            x, y = a.view("<f4").astype(np.float64), b.view("<f4").astype(np.float64)
            with np.errstate(invalid="ignore"):
                parts.append(np.where(x == y, 0.0, np.abs(x - y)))
        elif not np.array_equal(a, b):
            return np.full(1, np.inf)
    return np.concatenate(parts) if parts else np.zeros(0)
