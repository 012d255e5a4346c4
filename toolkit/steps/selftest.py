"""The self-test of an exported network: which seed, what the host's interpreter gives for it, and what it notices."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit import reference
from toolkit.artifacts import ElementType, TensorSpec, TracePoint
from toolkit.errors import ModelError, ToolError
from toolkit.export import SelfTest, rows
from toolkit.reference import layers
from toolkit.tflite.ends import ends_of, split
from toolkit.verify.tolerance import RELATIVE, SLACK, SMALLEST

SMALL, MIDDLE = 1_000_000, 10_000_000
"""Multiply-accumulates of networks that are given eight inputs, and four; larger ones get two: it runs at start-up."""
WINDOWS, WORK = 16, 4e9
"""Seeds that are tried at most, and the work that may be spent on all of them."""
FINEST, COARSEST = 16, 0
"""Float32: cells per 1.0 of the grids that are tried, as powers of two; then coarser ones by the outputs' size."""
LARGEST_CELL = 1 << 20

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Window:
    seed: int
    seen: int


def of(tflite: bytes, points: Sequence[TracePoint], macs: int) -> SelfTest:
    """Choose a seed, and ask the interpreter what is due.

    Args:
        points: the compiled network's layers.
        macs: of one inference.

    Raises:
        ModelError: nothing here can compute the network.
    """
    io = ends_of(tflite)
    count = 8 if macs < SMALL else 4 if macs < MIDDLE else 2
    windows, missing = _windows(tflite, io.inputs, count, macs)
    real = any(spec.dtype is ElementType.FLOAT32 for spec in io.outputs)
    seed, grids, due = _settled(tflite, [each.seed for each in windows], count, real=real)
    crc = 0
    for row in due:
        for grid, part in zip(grids, split(io.outputs, row[None]), strict=True):
            crc = zlib.crc32(_cells(_real(part), grid).tobytes() if grid else part.tobytes(), crc)
    inputs = rows(io.inputs, seed, count)
    crcs = () if real else _layers(tflite, io.inputs, inputs, points)
    planted, seen, in_layers, missing = _noticed(tflite, inputs, due, grids, missing, layers=bool(crcs))
    return SelfTest(seed, count, crc, grids, crcs, planted, seen, in_layers, reference.describe(tflite), missing)


def _windows(tflite: bytes, inputs: tuple[TensorSpec, ...], count: int, macs: int) -> tuple[list[_Window], str]:
    """Seeds, those first whose inputs show most planted faults; and why that could not be told."""
    from toolkit import compiler
    from toolkit.strength import library as libraries
    from toolkit.strength.faults import plan
    from toolkit.strength.measure import Asked, affordable, rows_of
    from toolkit.strength.rounds import Runner
    from toolkit.strength.search import FAULTS_SEED, nothing_more

    tried = int(max(2, min(WINDOWS, WORK / 50 / max(1, macs * count))))
    seeds = [1 + count * place for place in range(tried)]
    try:
        with libraries.built(compiler.changeable(tflite)) as library:
            planted = plan(library, affordable(library, 300, WORK / tried), FAULTS_SEED)
            found = []
            for seed in seeds:
                made = rows(inputs, seed, count)
                held = rows_of(library, Asked(made, library.outputs(made)))
                outcome = Runner(library, held, nothing_more, WORK / tried).run(
                    planted, np.arange(count, dtype=np.int32)
                )
                found.append(_Window(seed, sum(each is not None for each in outcome.seen)))
            return sorted(found, key=lambda each: (-each.seen, each.seed)), ""
    except (ModelError, ToolError) as caught:
        return [_Window(seed, 0) for seed in seeds], caught.message


def _settled(tflite: bytes, seeds: Sequence[int], count: int, *, real: bool) -> tuple[int, tuple[float, ...], Bytes]:
    """The seed that is taken, its grids, and the interpreter's outputs; float32: the finest grid of the first four."""
    io = ends_of(tflite)
    if not real:
        return seeds[0], tuple(0.0 for _ in io.outputs), _due(tflite, rows(io.inputs, seeds[0], count))
    best: tuple[float, int, tuple[float, ...], Bytes] | None = None
    for seed in seeds[:4]:
        made = rows(io.inputs, seed, count)
        due = _due(tflite, made)
        grids = _grids(tflite, made, due)
        fineness = min((grid for grid in grids if grid), default=0.0)
        if grids and (best is None or fineness > best[0]):
            best = (fineness, seed, grids, due)
    if best is None:
        raise ModelError(
            "no self-test can be made: every grid has an output near an edge, or outputs are not finite",
            "export the int8 network, whose outputs are exact",
        )
    return best[1:]


def _due(tflite: bytes, made: Bytes) -> Bytes:
    io = ends_of(tflite)
    parts = split(io.inputs, made)
    return reference.expected_outputs(tflite, [spec.stored(part) for spec, part in zip(io.inputs, parts, strict=True)])


def _grids(tflite: bytes, made: Bytes, due: Bytes) -> tuple[float, ...]:
    """By output: the finest grid on which no element can cross an edge by rounding; 0 where it is not float32.

    Empty where there is none.
    """
    io = ends_of(tflite)
    rounding = reference.rounding(tflite)
    samples = layers.samples_of(io.inputs, made)
    moved = [
        np.max([*rounding.moved(each, row)] or [np.zeros(1)], axis=0) for each, row in zip(samples, due, strict=True)
    ]
    grids, start = [], 0
    for spec, part in zip(io.outputs, split(io.outputs, due), strict=True):
        if spec.dtype is not ElementType.FLOAT32:
            grids.append(0.0)
            start += spec.elements
            continue
        values = _real(part).astype(np.float64)
        slack = np.stack(
            [each[start : start + spec.elements] if each.size > 1 else np.zeros(spec.elements) for each in moved]
        ).astype(np.float64)
        start += spec.elements
        allowed = np.maximum(np.maximum(RELATIVE * np.abs(values), SMALLEST), SLACK * np.nan_to_num(slack))
        grid = _finest(values, allowed)
        if grid is None:
            return ()
        grids.append(grid)
    return tuple(grids)


def _finest(values: Floats, allowed: Floats) -> float | None:
    if not np.isfinite(values).all():
        return None
    most = float(np.abs(values).max(initial=0.0)) or 1.0
    top = min(FINEST, int(np.floor(np.log2(LARGEST_CELL / most))))
    for power in range(top, min(COARSEST, int(-np.ceil(np.log2(most)))) - 1, -1):
        scaled = values * 2.0**power + 0.5
        if (np.floor(scaled - 2 * allowed * 2.0**power) == np.floor(scaled + 2 * allowed * 2.0**power)).all():
            return 2.0**power
    return None


def _real(part: Bytes) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(part).view("<f4")


def _cells(values: npt.NDArray[np.float32], grid: float) -> npt.NDArray[np.int32]:
    """As templates/export/selftest.c.j2."""
    return np.asarray(np.floor(values * np.float32(grid) + np.float32(0.5)), "<i4")


def _layers(
    tflite: bytes, inputs: tuple[TensorSpec, ...], made: Bytes, points: Sequence[TracePoint]
) -> tuple[int, ...]:
    """By layer, CRC-32 over its output for all inputs; empty where the interpreter does not tell, or has floats."""
    if any(point.output.dtype is ElementType.FLOAT32 for point in points):
        return ()
    wanted = [point.tensor for point in points]
    try:
        tensors = layers.tensors_of(tflite, sorted(set(wanted)))
        crcs = [0] * len(points)
        for sample in layers.samples_of(inputs, made):
            found = tensors(sample)
            crcs = [zlib.crc32(p.of_host(found[p.tensor]), crc) for p, crc in zip(points, crcs, strict=True)]
    except ModelError:
        return ()
    return tuple(crcs)


def _noticed(
    tflite: bytes, made: Bytes, due: Bytes, grids: tuple[float, ...], missing: str, *, layers: bool
) -> tuple[int, int, int, str]:
    """How many faults are planted, how many the outputs show, how many the layers do; and why it is not known.

    Faults are others than the seed was chosen by. A float32 element counts as changed where it is off by a whole cell:
    less may be noticed too.
    """
    from toolkit import compiler
    from toolkit.strength import library as libraries
    from toolkit.strength.faults import plan
    from toolkit.strength.library import Rows
    from toolkit.strength.measure import FAULTS, affordable
    from toolkit.strength.rounds import Runner, UnlikeError
    from toolkit.strength.search import nothing_more

    if missing:
        return 0, 0, 0, missing
    io = ends_of(tflite)
    cells = [
        np.full((len(made), spec.elements), 1.0 / grid)
        for spec, grid in zip(io.outputs, grids, strict=True)
        if spec.dtype is ElementType.FLOAT32
    ]
    allowed = np.ascontiguousarray(np.concatenate([np.zeros((len(made), 0)), *cells], axis=1))
    try:
        with libraries.built(compiler.changeable(tflite)) as library:
            planted = plan(library, affordable(library, FAULTS, WORK))
            runner = Runner(library, Rows(made, due, allowed), nothing_more, WORK)
            outcome = runner.run(planted, np.arange(len(made), dtype=np.int32))
            if layers:
                runner.trace(planted, outcome, len(made))
    except UnlikeError as caught:
        raise ModelError(
            f"compiled on this computer, the network differs from the host's interpreter at input {caught.args[0]}",
            "tinyml run --board host says where; please report it",
        ) from caught
    counted = [
        (seen is not None, seen is not None or shown)
        for fault, seen, shown, reached in zip(planted, outcome.seen, outcome.shown, outcome.reached, strict=True)
        if fault.certain or reached
    ]
    return len(counted), sum(seen for seen, _ in counted), sum(shown for _, shown in counted), ""
