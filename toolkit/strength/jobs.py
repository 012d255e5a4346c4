"""What the process of apart.py does: measure a network's strength, or look for inputs, by the interpreter."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit import reference
from toolkit.artifacts import ElementType, Strength, TensorSpec, to_jsonable
from toolkit.artifacts.strength import INTERPRETER
from toolkit.data import made
from toolkit.strength import apart, search
from toolkit.strength.faults import SEED, Fault
from toolkit.strength.interpreted import FAULTS, LONGEST, WORK, Interpreted, count_once
from toolkit.strength.library import Bytes
from toolkit.strength.operators import Network
from toolkit.strength.rounds import Allow, Outcome, UnlikeError
from toolkit.strength.sums import summed
from toolkit.tflite import int8_tables
from toolkit.tflite.ends import ends_of, join, size_bytes, split
from toolkit.verify.tolerance import RELATIVE, SLACK, SMALLEST

MADE = 100
_LEAST_FAULTS = 30
_POOL, _LEAST_POOL = 300, 40
_PAIRS = 20


def do(folder_name: str) -> None:
    """Do what the folder's order says, and leave the answer in it."""
    folder = Path(folder_name)
    order = json.loads((folder / apart.ORDER).read_text(encoding="utf-8"))
    tflite = (folder / apart.MODEL).read_bytes()
    count_once(tflite)
    answer: dict[str, Any]
    if order["do"] == "measure":
        arrays = np.load(folder / apart.ARRAYS)
        try:
            strength = measured(
                tflite,
                arrays["inputs"],
                arrays["due"],
                moved=order["moved"],
                best_first=order["best_first"],
                traced=order["traced"],
            )
            answer = {"strength": to_jsonable(strength)}
        except UnlikeError as caught:
            answer = {"missing": f"the interpreter differs from the host at input {caught.args[0]}"}
    else:
        rows, tried = found(tflite, order["count"])
        np.save(folder / "found.npy", rows)
        answer = {"tried": tried}
    (folder / apart.ANSWER).write_text(json.dumps(answer), encoding="utf-8")


def measured(
    tflite: bytes,
    inputs: Bytes,
    due: Bytes,
    *,
    moved: bool,
    best_first: bool,
    traced: int = 0,
    faults: int = FAULTS,
    work: float = WORK,
) -> Strength:
    """As `measure.measured`.

    Args:
        moved: float32 elements may be as far off as rounding moves them.
        traced: of so many of the first inputs the layers are held against the host's, too.

    Raises:
        UnlikeError: the interpreter does not give what is due.
    """
    network = Network(_as_computed(tflite))
    specs = ends_of(tflite)
    if not network.layers:
        return Strength(missing="no operator computes anything that can be zeroed")
    allow = _allowance(tflite, inputs, due) if moved else search.nothing_more
    of = Interpreted(network, inputs, due, _allowed(specs.outputs, due))
    planted = of.plan(int(min(faults, max(_LEAST_FAULTS, 0.25 * work / of.cost))))
    order = np.arange(len(inputs), dtype=np.int32)
    if not best_first:
        np.random.default_rng(SEED).shuffle(order)
    outcome = of.run(planted, order, allow, work)
    of.trace(planted, outcome, min(traced, len(inputs)), 1.25 * work)
    planted, outcome = _possible(of, planted, outcome)
    strength = summed(network.layers, planted, outcome, len(inputs), INTERPRETER)
    dead = _dead(network, specs.inputs, specs.outputs, planted, outcome, work / 4)
    late = f"stopped after {LONGEST:.0f} s" if outcome.late else ""
    return dataclasses.replace(strength, dead=dead, not_tried=network.left_out + len(of.refused), missing=late)


def found(tflite: bytes, count: int, work: float = WORK) -> tuple[Bytes, int]:
    """As `search.reaching`: rows of inputs, and how many candidates there were."""
    network, specs = Network(_as_computed(tflite)), ends_of(tflite)
    nothing = np.zeros((0, size_bytes(specs.inputs)), np.uint8)
    of = Interpreted(network, nothing, nothing, np.zeros((0, 0)))
    whole = of.load(network.tflite)

    def computed(rows: Bytes) -> tuple[Bytes, npt.NDArray[np.float64]]:
        of.inputs = rows
        return np.stack([whole(of.sample(index)) for index in range(len(rows))]), np.zeros(len(rows))

    sizes = (size_bytes(specs.inputs), size_bytes(specs.outputs))
    candidates = search.Candidates(computed, specs.inputs, sizes, _POOL)
    room = search.CANDIDATES_BYTES / (4 * sum(int(np.prod(spec.sample)) for spec in specs.inputs))
    pool = int(max(_LEAST_POOL, count, min(_POOL, work / 4 / of.cost, room)))
    candidates.add(made.made(specs.inputs, pool, search.SEED))
    if search.distinct(candidates.outputs) < len(candidates) // 2:
        pairs = int(min(_PAIRS, work / 4 / of.cost / search.HALVINGS))
        search.halve(candidates, pairs, np.random.default_rng(search.SEED))
    due = candidates.outputs
    of = Interpreted(network, candidates.rows, due, _allowed(specs.outputs, due))
    planted = of.plan(int(min(FAULTS, max(_LEAST_FAULTS, 0.25 * work / of.cost))), search.FAULTS_SEED)
    order = search.in_order(candidates)
    chosen = search.best_of(of.run(planted, order, search.nothing_more, work).seen, order, count)
    return candidates.rows[chosen], len(candidates)


def _as_computed(tflite: bytes) -> bytes:
    """As `reference.runner` has it."""
    return int8_tables.with_tables(tflite) if reference.is_installed("ai_edge_litert") else tflite


def _reals(outputs: tuple[TensorSpec, ...]) -> npt.NDArray[np.bool_]:
    return np.concatenate([np.full(spec.elements, spec.dtype is ElementType.FLOAT32) for spec in outputs])


def _allowed(outputs: tuple[TensorSpec, ...], due: Bytes) -> npt.NDArray[np.float64]:
    parts = [
        np.abs(np.ascontiguousarray(part).view("<f4").astype(np.float64))
        for spec, part in zip(outputs, split(outputs, due), strict=True)
        if spec.dtype is ElementType.FLOAT32
    ]
    sizes = np.concatenate(parts, axis=1) if parts else np.zeros((len(due), 0))
    return np.maximum(RELATIVE * sizes, SMALLEST)


def _allowance(tflite: bytes, inputs: Bytes, due: Bytes) -> Allow:
    """The verdict's third rule, all of its draws."""
    rounding, specs = reference.rounding(tflite), ends_of(tflite)
    real = _reals(specs.outputs)

    def allow(index: int) -> npt.NDArray[np.float64] | None:
        row = [
            np.ascontiguousarray(part).view(spec.numpy).reshape(spec.shape)
            for spec, part in zip(specs.inputs, split(specs.inputs, inputs[index : index + 1]), strict=True)
        ]
        draws = [np.where(np.isfinite(draw), draw, 0.0)[real] for draw in rounding.moved(row, due[index])]
        return SLACK * np.max(draws, axis=0) if draws else None

    return allow


def _possible(of: Interpreted, planted: tuple[Fault, ...], outcome: Outcome) -> tuple[tuple[Fault, ...], Outcome]:
    """Without what the interpreter refused."""
    kept = [number for number, fault in enumerate(planted) if of.possible(fault)]
    return tuple(planted[n] for n in kept), dataclasses.replace(
        outcome,
        seen=[outcome.seen[n] for n in kept],
        tried=[outcome.tried[n] for n in kept],
        reached=[outcome.reached[n] for n in kept],
        shown=[outcome.shown[n] for n in kept],
    )


def _dead(
    network: Network,
    inputs: tuple[TensorSpec, ...],
    outputs: tuple[TensorSpec, ...],
    planted: tuple[Fault, ...],
    outcome: Outcome,
    work: float,
) -> int:
    """As in measure.py."""
    silent = [
        fault
        for fault, seen, reached in zip(planted, outcome.seen, outcome.reached, strict=True)
        if seen is None and not reached and fault.fill is None and fault.certain
    ]
    if not silent:
        return 0
    values = made.made(inputs, MADE, SEED)
    rows = join(inputs, [made.stored(tensor, units) for tensor, units in zip(inputs, values, strict=True)])
    of = Interpreted(network, rows, rows, np.zeros((0, 0)))
    whole = of.load(network.tflite)
    due = np.stack([whole(of.sample(index)) for index in range(MADE)])
    of = Interpreted(network, rows, due, _allowed(outputs, due))
    again = of.run(silent, np.arange(MADE, dtype=np.int32), search.nothing_more, work)
    return sum(
        seen is None and not reached and tried == MADE
        for seen, reached, tried in zip(again.seen, again.reached, again.tried, strict=True)
    )
