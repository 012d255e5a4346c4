"""Made-up inputs that reach a network's layers: many are tried on the host; those are kept that show most faults.

    pool      of every family of toolkit/data/made.py
    bred      where most of the pool gives the same answers: blends of those nearest to giving another one, which is
              told by what goes into the last layer, where a softmax or a sigmoid has not yet cut it off
    halved    between two inputs with different answers lies one where the answer changes: there it is not saturated
    chosen    faults are planted, and each input that shows one that no other showed before it is kept

Everything is seeded, and the work is bounded as it is for measuring.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit import compiler
from toolkit.compiler.changeable import Place
from toolkit.data import made
from toolkit.data.tensor import Tensor
from toolkit.errors import ModelError, ToolError
from toolkit.strength import apart
from toolkit.strength import library as libraries
from toolkit.strength.apart import Found
from toolkit.strength.faults import plan
from toolkit.strength.library import Bytes, Library, Rows
from toolkit.strength.rounds import Runner, costs
from toolkit.verify.tolerance import RELATIVE, SMALLEST

SEED = 707
WORK = 6e9
"""Multiply-accumulates for choosing among the candidates, and as many again at most for finding them."""
FAULTS_SEED = 14
"""Inputs are chosen by other faults than they are measured by: those would flatter them."""
_POOL, _LEAST = 400, 60
CANDIDATES_BYTES = 64 << 20
_STATES_BYTES = 32 << 20
_PARENTS, _CHILDREN, _GENERATIONS = 8, 4, 10
_PAIRS, HALVINGS = 40, 6
_SATURATING = ("SOFTMAX", "LOGISTIC")

Unit = made.Unit
Compute = Callable[[Bytes], tuple[Bytes, npt.NDArray[np.float64]]]
"""From rows of inputs to their outputs, and how far each is from another answer, 0 where nobody knows."""


class Candidates:
    """Inputs with what the network makes of them; grows."""

    def __init__(self, compute: Compute, tensors: tuple[Tensor, ...], sizes: tuple[int, int], step: int) -> None:
        """None yet.

        Args:
            sizes: bytes of all inputs, and of all outputs.
            step: how many are computed at once.
        """
        self._compute, self.tensors, self._step = compute, tensors, step
        self.values: list[Unit] = [np.zeros((0, *each.sample), np.float32) for each in tensors]
        self.rows = np.zeros((0, sizes[0]), np.uint8)
        self.outputs = np.zeros((0, sizes[1]), np.uint8)
        self.margins = np.zeros(0)

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, values: tuple[Unit, ...]) -> None:
        """Compute more."""
        parts = [
            np.ascontiguousarray(made.stored(tensor, each)).reshape(len(each), -1).view(np.uint8)
            for tensor, each in zip(self.tensors, values, strict=True)
        ]
        rows = np.ascontiguousarray(np.concatenate(parts, axis=1))
        computed = [self._compute(rows[at : at + self._step]) for at in range(0, len(rows), self._step)]
        outputs, margins = (np.concatenate(each) for each in zip(*computed, strict=True))
        self.values = [
            np.concatenate([old, new.reshape(len(new), *old.shape[1:])])
            for old, new in zip(self.values, values, strict=True)
        ]
        self.rows = np.concatenate([self.rows, rows])
        self.outputs = np.concatenate([self.outputs, outputs])
        self.margins = np.concatenate([self.margins, margins])

    def blend(self, first: Any, second: Any, share: npt.NDArray[np.float64]) -> tuple[Unit, ...]:
        """Between two candidates each."""
        return tuple(each[first] + (each[second] - each[first]) * _along(share, each) for each in self.values)


def look_for(tflite: bytes, tensors: tuple[Tensor, ...], count: int) -> Found | None:
    """`count` inputs for a network; None where neither compiled C nor the interpreter can be had for it here."""
    try:
        network = compiler.changeable(tflite)
        with libraries.built(network) as library:
            return reaching(library, tensors, count)
    except (ModelError, ToolError):
        return apart.look_for(tflite, count)


def reaching(library: Library, tensors: tuple[Tensor, ...], count: int, work: float = WORK) -> Found:
    """`count` inputs for a network with these input tensors."""
    each = float(costs(library).sum())
    sizes, step = (library.input_bytes, library.output_bytes), max(1, _STATES_BYTES // library.arena.size)
    candidates = Candidates(partial(_computed, library), tensors, sizes, step)
    size = 4 * sum(int(np.prod(tensor.sample)) for tensor in tensors)
    pool = min(_POOL, work / 4 / each, CANDIDATES_BYTES / size)
    candidates.add(made.made(tensors, int(max(_LEAST, count, pool)), SEED))
    random = np.random.default_rng(SEED)
    if distinct(candidates.outputs) < len(candidates) // 2:
        generations = int(min(_GENERATIONS, work / 4 / each / (_PARENTS * _CHILDREN)))
        if _saturating(library) is not None:
            _breed(candidates, generations, random)
        halve(candidates, int(min(_PAIRS, work / 2 / each / HALVINGS)), random)
    chosen = _chosen(library, candidates, count, work, in_order(candidates))
    values = tuple(made.stored(tensor, each[chosen]) for tensor, each in zip(tensors, candidates.values, strict=True))
    return Found(values, len(candidates))


def _saturating(library: Library) -> Place | None:
    """What goes into the last layer, where that cuts its values off."""
    last = library.network.layers[-1]
    return last.inputs[0] if last.operators[-1] in _SATURATING and last.inputs else None


def _computed(library: Library, rows: Bytes) -> tuple[Bytes, npt.NDArray[np.float64]]:
    """Outputs, and how far each input is from another answer, told by what goes into the last layer; else 0."""
    which = np.arange(len(rows), dtype=np.int32)
    states = library.begin(Rows(rows, rows, np.zeros((len(rows), 0))), which)
    last = len(library.network.layers) - 1
    for layer in range(last):
        library.advance(layer, states, states)
    place = _saturating(library)
    margins = np.zeros(len(rows))
    if place is not None:
        raw = np.ascontiguousarray(states[:, place.offset : place.offset + place.bytes])
        values = np.sort(raw.view(place.dtype).astype(np.float64), axis=1)
        margins = values[:, -1] - values[:, -2] if values.shape[1] > 1 else np.abs(values[:, 0] - place.zero)
    library.advance(last, states, states)
    return library.results(states), margins


def _along(numbers: npt.NDArray[np.float64], values: Unit) -> npt.NDArray[np.float32]:
    """One number for each sample, to be multiplied with its elements."""
    return numbers.astype(np.float32).reshape(-1, *[1] * (values.ndim - 1))


def distinct(outputs: Bytes) -> int:
    return len({row.tobytes() for row in outputs})


def _breed(candidates: Candidates, generations: int, random: np.random.Generator) -> None:
    """Blend those that are nearest to another answer with any others, again and again."""
    for _ in range(generations):
        parents = np.argsort(candidates.margins, kind="stable")[:_PARENTS].repeat(_CHILDREN)
        others = random.integers(0, len(candidates), len(parents))
        children = candidates.blend(parents, others, random.uniform(0, 0.7, len(parents)))
        noise = random.uniform(0, 0.1, len(parents))
        candidates.add(
            tuple(
                np.clip(each + random.normal(0, 1, each.shape) * _along(noise, each), -1, 1).astype(np.float32)
                for each in children
            )
        )


def halve(candidates: Candidates, pairs: int, random: np.random.Generator) -> None:
    """Between two inputs with different answers, go to where the answer changes."""
    groups: dict[bytes, list[int]] = {}
    for place, row in enumerate(candidates.outputs):
        groups.setdefault(row.tobytes(), []).append(place)
    if len(groups) < 2 or pairs < 1:
        return
    members = list(groups.values())
    first, second = [], []
    for _ in range(pairs):
        one, other = random.choice(len(members), 2, replace=False)
        first.append(int(random.choice(members[one])))
        second.append(int(random.choice(members[other])))
    low, high = np.zeros(pairs), np.ones(pairs)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        before = len(candidates)
        candidates.add(candidates.blend(first, second, middle))
        as_first = (candidates.outputs[before:] == candidates.outputs[first]).all(axis=1)
        low, high = np.where(as_first, middle, low), np.where(as_first, high, middle)


def in_order(candidates: Candidates) -> npt.NDArray[np.int32]:
    """One of each answer first, the most open ones before others; then the rest in the same way."""
    seen: dict[bytes, int] = {}
    turns: list[tuple[int, int, int]] = []
    for place in np.argsort(candidates.margins, kind="stable"):
        row = candidates.outputs[place].tobytes()
        turn = seen[row] = seen.get(row, -1) + 1
        turns.append((turn, len(turns), int(place)))
    return np.array([place for _, _, place in sorted(turns)], np.int32)


def _chosen(
    library: Library, candidates: Candidates, count: int, work: float, order: npt.NDArray[np.int32]
) -> npt.NDArray[np.int64]:
    """Those that show most faults first, each counted for the first that shows it; then in order."""
    sizes = _reals(library, candidates.outputs)
    rows = Rows(candidates.rows, candidates.outputs, np.maximum(RELATIVE * sizes, SMALLEST))
    faults = plan(library, int(min(500, max(50, 0.5 * work / costs(library).sum()))), FAULTS_SEED)
    return best_of(Runner(library, rows, nothing_more, work).run(faults, order).seen, order, count)


def best_of(seen_by: list[int | None], order: npt.NDArray[np.int32], count: int) -> npt.NDArray[np.int64]:
    """Those that show most faults, then the others in order.

    Args:
        seen_by: by fault, the candidate that showed it first.
    """
    shown: dict[int, int] = {}
    for seen in seen_by:
        if seen is not None:
            shown[seen] = shown.get(seen, 0) + 1
    best = sorted(shown, key=lambda place: (-shown[place], place))
    rest = [int(place) for place in order if int(place) not in shown]
    return np.array([*best, *rest][:count], np.int64)


def nothing_more(_: int) -> None:
    """Rounding is asked for when the proof is weighed; here the elements' own size will do."""


def _reals(library: Library, outputs: Bytes) -> npt.NDArray[np.float64]:
    parts, start = [np.zeros((len(outputs), 0))], 0
    for place in library.network.outputs:
        if place.dtype.kind == "f":
            part = np.ascontiguousarray(outputs[:, start : start + place.bytes])
            parts.append(np.abs(part.view("<f4").astype(np.float64)))
        start += place.bytes
    return np.ascontiguousarray(np.concatenate(parts, axis=1))
