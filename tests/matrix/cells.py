"""One cell of the matrix: a network, where it runs, what it is built for, and how its rows stream."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from tests.compiler import engine
from tests.matrix import on_qemu
from tests.matrix.networks import INPUTS, Network
from toolkit import api
from toolkit.artifacts import CompiledModel, DType, Verdict
from toolkit.compiler import compile_model
from toolkit.errors import DoesNotFitError, ModelError
from toolkit.selection import Selection

HOST, BOARD, FIRMWARE = "host", "mps2-an386", "firmware"
PLACES = (HOST, BOARD, FIRMWARE)
"""The kernels as C under sanitizers; their assembly in QEMU; and there the whole tool with its firmware, which takes
ten times as long."""

ISA = "armv7em"
STREAMS = ("off", "on", "rows")
TOLERANCE = 1e-5
"""Of the largest value of an output, for float32: as tests/differential has it."""


class Outcome(StrEnum):
    """What became of a cell."""

    EQUAL = "equal"
    SAME = "same code as another cell that is equal"
    NOT_BY_ROWS = "does not take its input row by row"
    REFUSED = "refused"
    DIFFERS = "differs"
    FAILED = "failed"

    @property
    def wrong(self) -> bool:
        """Whether somebody has to mend it."""
        return self in (Outcome.DIFFERS, Outcome.FAILED)


@dataclass(frozen=True)
class Cell:
    """See the module; `key` is its name."""

    network: Network
    place: str
    optimise: str
    stream: str

    @property
    def key(self) -> str:
        """Unique, and the same next time."""
        return f"{self.network.name} {self.place} {self.optimise} {self.stream}"


def compiled(cell: Cell) -> tuple[CompiledModel | None, Outcome, str]:
    """The network as the cell has it; where it cannot be had: what that is called, and why."""
    try:
        found = compile_model(cell.network.file, isa=ISA, fpu=True, optimise=cell.optimise, stream=cell.stream)
    except (ModelError, DoesNotFitError) as caught:
        by_row = cell.stream == "rows" and "row by row" in caught.message
        return None, Outcome.NOT_BY_ROWS if by_row else Outcome.REFUSED, caught.message
    return found, Outcome.EQUAL, ""


def digest(model: CompiledModel) -> str:
    """Of what decides every output."""
    return hashlib.sha256(repr((sorted(model.sources.items()), model.kernels)).encode()).hexdigest()[:20]


def in_a_program(cell: Cell, model: CompiledModel) -> tuple[Outcome, str]:
    """Under ASan and UBSan on the host, or on QEMU's Cortex-M4F."""
    try:
        expected = cell.network.outputs
        if cell.place == HOST:
            got = engine.run_rows(model, cell.network.inputs)
        else:
            got = on_qemu.outputs(model, cell.optimise, cell.network.inputs)
    except ModelError as caught:
        return Outcome.REFUSED, caught.message
    except AssertionError as caught:
        return Outcome.FAILED, str(caught)[-600:]
    if cell.network.dtype is DType.FLOAT32 and got.shape == expected.shape:
        one, other = (np.ascontiguousarray(each).view(np.float32) for each in (got, expected))
        largest = max(1.0, float(np.abs(other).max()))
        same = bool(np.allclose(one, other, rtol=0, atol=TOLERANCE * largest))
    else:
        same = got.shape == expected.shape and bool((got == expected).all())
    return (Outcome.EQUAL, "") if same else (Outcome.DIFFERS, f"{int((got != expected).sum())} bytes")


def by_the_tool(cell: Cell, workspace: Path) -> tuple[Outcome, str]:
    """Built, booted in QEMU and verified by the tool, each layer too."""
    try:
        built = api.build(
            BOARD,
            str(cell.network.path),
            dtype=cell.network.dtype,
            workspace=workspace,
            optimise=cell.optimise,
            stream=cell.stream,
        )
        with api.flash(built, workspace=workspace) as device:
            told = api.verify(device, Selection(INPUTS, trace=INPUTS), strength=False)
    except (ModelError, DoesNotFitError) as caught:
        return Outcome.REFUSED, caught.message
    # Equal but weak will do: a few inputs of a network that is sure of itself give few distinct outputs.
    if told.verdict in (Verdict.PROVEN, Verdict.WEAK):
        return Outcome.EQUAL, ""
    return Outcome.DIFFERS, f"{told.verdict}: {told.first_difference}"
