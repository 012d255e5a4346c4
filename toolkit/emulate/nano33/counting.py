"""Counts what the program runs: instructions and, by cycles.py, an estimate of their cycles, layer by layer.

It follows two functions of engine.h. A call of engine_invoke() is one stretch of instructions. A call of
engine_trace(watch) is as many as it calls `watch` times: each from the end of the call before to the start of the next;
what `watch` itself does is no layer's. A call is written down (../counts.py) when the function returns, so before its
answer leaves the board.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from toolkit.emulate import counts
from toolkit.emulate.counts import Call, Stretch
from toolkit.emulate.nano33.cycles import Cycles, refill, straight
from toolkit.emulate.nano33.shadow import Shadow
from toolkit.emulate.nano33.thumb import Instruction, listing

_Run = tuple[int, int]
"""Instructions that are run one after the other: their address, and their size in bytes."""
_Step = tuple[int, int, int]
"""Such a run, and where the program went on."""


class Weights:
    """What each step costs, from the program's listing."""

    def __init__(self, instructions: Mapping[int, Instruction]) -> None:
        self._all = instructions
        self._known: dict[_Step, tuple[int, Cycles]] = {}

    def of(self, step: _Step) -> tuple[int, Cycles]:
        """Instructions of a step, and their cycles.

        Raises:
            KeyError: the program runs what its listing does not have.
        """
        if step not in self._known:
            start, size, following = step
            run = []
            place = start
            while place < start + size:
                run.append(self._all[place])
                place += run[-1].size
            jumped = following != place
            cycles = straight(run) + (refill(run[-1], self._all.get(following)) if jumped else Cycles())
            self._known[step] = (len(run), cycles)
        return self._known[step]

    def sum(self, steps: Mapping[_Step, int], flash_reads: Mapping[_Run, int]) -> Stretch:
        """What all of these cost.

        Args:
            steps: how often each was made.
            flash_reads: of each run of instructions, whenever it is run.
        """
        count, total, reads = 0, Cycles(), 0
        for step, times in steps.items():
            number, cycles = self.of(step)
            count += number * times
            total += cycles * times
            reads += flash_reads[step[:2]] * times
        return Stretch(count, total.least, total.usual, total.most, reads)


class Counting:
    """Watches a run of the program in Unicorn.

    Args:
        text: of `objdump -d` on the program.
        to: the file that a line is added to for each call.
    """

    def __init__(self, text: str, to: Path) -> None:
        instructions, labels = listing(text)
        self._weights = Weights(instructions)
        self._to = to
        self._functions = {labels[name]: name for name in (counts.INVOKE, counts.TRACE) if name in labels}
        self._flash_reads: dict[_Run, int] = {}
        self._forget()

    def attach(self, uc: Any, shadow: Shadow) -> None:
        """Have a processor tell of all that it does, from its reset on.

        Args:
            uc: an instance of Unicorn.
            shadow: of it.
        """
        self._shadow = shadow
        self._forget()
        uc.hook_add(shadow.unicorn.UC_HOOK_BLOCK, self._ran)

    def _forget(self) -> None:
        """Until one of the functions is called."""
        self._marks: dict[int, Callable[[int], None]] = dict.fromkeys(self._functions, self._begin)
        self._function = ""
        self._stretches: list[Stretch] = []
        self._counts = False
        self._clear()

    def _clear(self) -> None:
        self._steps: Counter[_Step] = Counter()
        self._last: _Run = (0, 0)

    def _ran(self, _uc: object, address: int, size: int, _data: object) -> None:
        """A run of instructions begins; what was run before it has come to its end."""
        if self._counts and self._last[1]:
            self._steps[(*self._last, address)] += 1
        self._last = (address, size)
        if address in self._marks:
            self._marks[address](address)
        if self._counts and self._last not in self._flash_reads:
            self._flash_reads[self._last] = self._shadow.flash_reads(address, size)

    def _begin(self, address: int) -> None:
        self._function = self._functions[address]
        self._marks = {self._shadow.register("LR") & ~1: self._end}
        if self._function == counts.TRACE:
            self._marks[self._shadow.register("R0") & ~1] = self._interrupt
        self._go_on(address)

    def _go_on(self, address: int) -> None:
        """A stretch begins with the run of instructions at `address`."""
        size = self._last[1]
        self._clear()
        self._last = (address, size)
        self._counts = True

    def _stop(self) -> None:
        self._stretches.append(self._weights.sum(self._steps, self._flash_reads))
        self._counts = False

    def _interrupt(self, _address: int) -> None:
        """`watch` is called."""
        self._stop()
        self._stretches[-1] = dataclasses.replace(self._stretches[-1], layer=self._shadow.register("R0"))
        self._marks[self._shadow.register("LR") & ~1] = self._go_on

    def _end(self, _address: int) -> None:
        if self._function == counts.INVOKE:
            self._stop()
        counts.add(self._to, Call(self._function, tuple(self._stretches)))
        self._forget()
