"""From a network and its inputs to the artifact."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit import compiler
from toolkit.artifacts import Strength, TensorSpec
from toolkit.artifacts.strength import COMPILED
from toolkit.data import made
from toolkit.errors import ModelError, ToolError
from toolkit.strength import apart
from toolkit.strength import library as libraries
from toolkit.strength.faults import SEED, Fault, plan
from toolkit.strength.library import Bytes, Library, Rows
from toolkit.strength.rounds import LONGEST, WORK, Outcome, Runner, UnlikeError, costs
from toolkit.strength.sums import summed
from toolkit.tflite.ends import ends_of, join
from toolkit.verify.tolerance import RELATIVE, SLACK, SMALLEST

FAULTS = 500
MADE = 100
"""Made-up inputs that tell a dead fault from one that the given inputs do not reach."""
NOT_ASKED = Strength(missing="it was not asked for (--no-strength)")

Moved = Callable[[int], Iterator[npt.NDArray[np.float64]]]
"""How far rounding moves the host's output elements for an input, draw by draw."""


@dataclass(frozen=True, eq=False)
class Asked:
    """What a device is asked for, all sets together.

    Attributes:
        inputs: uint8 [N, bytes of all input tensors].
        due: uint8 [N, bytes of all output tensors]: the host's.
        moved: float32 networks; None for others.
        traced: of so many of the first inputs the layers are held against the host's, too.
        best_first: the inputs are tried in their order; else in a seeded one, since data come sorted by class.
    """

    inputs: Bytes
    due: Bytes
    moved: Moved | None = None
    best_first: bool = False
    traced: int = 0


def measure(
    tflite: bytes,
    asked: Asked,
    *,
    told: Callable[[int, int], None] | None = None,
    faults: int = FAULTS,
    work: float = WORK,
) -> Strength:
    """Plant faults in the network, one at a time, and count those that these inputs show.

    Args:
        told: hears how many faults are decided, of how many.
        faults: how many are planted at most; zeroed outputs come on top where there are very many layers.
        work: multiply-accumulates that may be spent.

    Returns:
        `missing` says why where nothing was measured. Where the network cannot be compiled, the interpreter is asked
        (interpreted.py), with its own number of faults and its own bound on the work.
    """
    started = time.monotonic()
    try:
        network = compiler.changeable(tflite)
    except ModelError as caught:
        return _timed(
            apart.measure(tflite, asked, f"the compiler does not take this network ({caught.message})"), started
        )
    try:
        with libraries.built(network) as library:
            strength = measured(library, asked, ends_of(tflite).inputs, told=told, faults=faults, work=work)
    except ToolError as caught:
        why = f"the network could not be compiled on this computer ({caught.message})"
        return _timed(apart.measure(tflite, asked, why), started)
    except UnlikeError as caught:
        return Strength(
            missing=f"compiled on this computer, the network differs from the host at input {caught.args[0]}"
        )
    return _timed(strength, started)


def measured(
    library: Library,
    asked: Asked,
    tensors: tuple[TensorSpec, ...],
    *,
    told: Callable[[int, int], None] | None = None,
    faults: int = FAULTS,
    work: float = WORK,
) -> Strength:
    """The same, with the library at hand.

    Args:
        tensors: the network's inputs.

    Raises:
        UnlikeError: it does not give the host's outputs.
    """
    rows = rows_of(library, asked)
    planted = plan(library, affordable(library, faults, work))
    order = np.arange(len(rows.inputs), dtype=np.int32)
    if not asked.best_first:
        np.random.default_rng(SEED).shuffle(order)
    runner = Runner(library, rows, allowance(asked), work)
    outcome = runner.run(planted, order, told)
    runner.trace(planted, outcome, min(asked.traced, len(rows.inputs)))
    strength = summed(library.network.layers, planted, outcome, len(rows.inputs), COMPILED)
    strength = dataclasses.replace(strength, dead=_dead(library, planted, outcome, tensors, work / 4))
    return dataclasses.replace(strength, missing=f"stopped after {LONGEST:.0f} s") if outcome.late else strength


def _dead(
    library: Library, faults: Sequence[Fault], outcome: Outcome, tensors: tuple[TensorSpec, ...], work: float
) -> int:
    """How many of the unseen faults change nothing in their own layer, whatever the network is given."""
    silent = [
        fault
        for fault, seen, reached in zip(faults, outcome.seen, outcome.reached, strict=True)
        if seen is None and not reached and fault.fill is None
    ]
    if not silent:
        return 0
    values = made.made(tensors, MADE, SEED)
    inputs = join(tensors, [made.stored(tensor, units) for tensor, units in zip(tensors, values, strict=True)])
    due = library.outputs(inputs)
    rows = rows_of(library, Asked(inputs, due))
    again = Runner(library, rows, lambda _: None, work).run(silent, np.arange(MADE, dtype=np.int32))
    return sum(
        seen is None and not reached and tried == MADE
        for seen, reached, tried in zip(again.seen, again.reached, again.tried, strict=True)
    )


def affordable(library: Library, faults: int, work: float) -> int:
    """How many faults can be held against a few inputs each with half of the work."""
    return int(min(faults, max(50, 0.5 * work / costs(library).sum())))


def rows_of(library: Library, asked: Asked) -> Rows:
    """The rows with what an element's own size allows."""
    reals, start = [], 0
    for place in library.network.outputs:
        if place.dtype.kind == "f":
            part = np.ascontiguousarray(asked.due[:, start : start + place.bytes])
            reals.append(np.abs(part.view("<f4").astype(np.float64)))
        start += place.bytes
    sizes = np.concatenate(reals, axis=1) if reals else np.zeros((len(asked.due), 0))
    allowed = np.maximum(RELATIVE * sizes, SMALLEST)
    return Rows(np.ascontiguousarray(asked.inputs), np.ascontiguousarray(asked.due), np.ascontiguousarray(allowed))


def allowance(asked: Asked) -> Callable[[int], npt.NDArray[np.float64] | None]:
    """How far elements may be off by rounding: the verdict's own third rule, with all of its draws."""

    def allow(index: int) -> npt.NDArray[np.float64] | None:
        draws = [] if asked.moved is None else [np.where(np.isfinite(d), d, 0.0) for d in asked.moved(index)]
        return SLACK * np.max(draws, axis=0) if draws else None

    return allow


def _timed(strength: Strength, started: float) -> Strength:
    return dataclasses.replace(strength, seconds=round(time.monotonic() - started, 2))
