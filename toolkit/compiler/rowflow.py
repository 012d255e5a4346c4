"""What happens when rows come one by one: how many each window holds, and when each is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolkit.compiler.rows import Stage


@dataclass(frozen=True)
class Flow:
    """What happens when rows come one by one.

    Attributes:
        capacity: by stage and window, rows that it holds at most; resting: while other stages compute than those from
            the one that writes it to the one that reads it.
        written: by tensor, for each of its rows how many rows of the input have come when it is written.
    """

    capacity: Mapping[tuple[int, int], int]
    resting: Mapping[tuple[int, int], int]
    written: Mapping[int, tuple[int, ...]]


class _Rows:
    """The windows as aot_rows.h fills them."""

    def __init__(self, found: Sequence[Stage], source: int) -> None:
        self.found, self.source, self.come = found, source, 0
        self.fill = {(at, place): 0 for at, stage in enumerate(found) for place, _ in enumerate(stage.windows)}
        self.capacity, self.resting = dict(self.fill), dict(self.fill)
        self.written: dict[int, list[int]] = {stage.call.output: [] for stage in found}
        self.writer = {source: -1} | {stage.call.output: at for at, stage in enumerate(found)}
        self.readers: dict[int, list[tuple[int, int]]] = {}
        for key in self.fill:
            self.readers.setdefault(self.tensor(key), []).append(key)

    def tensor(self, key: tuple[int, int]) -> int:
        return self.found[key[0]].windows[key[1]].tensor

    def given(self, keys: Sequence[tuple[int, int]]) -> None:
        for key in keys:
            self.fill[key] += 1
            self.capacity[key] = max(self.capacity[key], self.fill[key])

    def meanwhile(self, at: int) -> None:
        """Stage `at` computes; -1: a row of the input comes."""
        for key, rows in self.fill.items():
            if not self.writer[self.tensor(key)] <= at <= key[0]:
                self.resting[key] = max(self.resting[key], rows)

    def comes(self) -> None:
        """A row of the input."""
        self.meanwhile(-1)
        self.come += 1
        self.given(self.readers.get(self.source, ()))
        self.onwards(0)

    def ready(self, at: int) -> bool:
        return all(self.fill[at, place] >= window.height for place, window in enumerate(self.found[at].windows))

    def gives(self, at: int, count: int) -> None:
        """Rows of a stage's output."""
        self.meanwhile(at)
        output = self.found[at].call.output
        self.given([*self.readers.get(output, ())] * count)
        self.written[output] += [self.come] * count

    def onwards(self, first: int) -> None:
        """Each stage as often as it can: once, where none gives two rows."""
        for at in range(first, len(self.found)):
            while self.ready(at):
                self.gives(at, self.found[at].at_once)
                for place, window in enumerate(self.found[at].windows):
                    self.fill[at, place] -= window.step

    def ends(self, at: int) -> None:
        """A stage's rows of padding below, and its last row."""
        for place, window in enumerate(self.found[at].windows):
            for _ in range(window.bottom):
                self.given([(at, place)])
                self.onwards(at)
        if self.found[at].single is not None:
            self.gives(at, 1)
            self.fill |= {(at, place): 0 for place, _ in enumerate(self.found[at].windows)}
            self.onwards(at + 1)


def flow(found: Sequence[Stage], source: int, rows: int) -> Flow:
    """Follow every row through the stages, as aot_rows.h does.

    Args:
        source: the input's tensor; rows: how many it has.
    """
    state = _Rows(found, source)
    for at, stage in enumerate(found):
        for place, window in enumerate(stage.windows):
            state.given([(at, place)] * window.top)
    for _ in range(rows):
        state.comes()
    for at in range(len(found)):
        state.ends(at)
    return Flow(state.capacity, state.resting, {tensor: tuple(each) for tensor, each in state.written.items()})
