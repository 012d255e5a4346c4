"""The `tflm` runtime as a build sees it; beside `toolkit/runtimes/aot.py`, and with the same three functions."""

from __future__ import annotations

import os

from toolkit.board import Board, Toolchain
from toolkit.project import EngineFiles
from toolkit.runtimes import tflm
from toolkit.runtimes.engine import Engine
from toolkit.runtimes.tflm import operators
from toolkit.tflite import Obstacle, UnsupportedError
from toolkit.tflite.ends import ends_of
from toolkit.tflite.points import points_of


def prepare(board: Board, toolchain: Toolchain, tflite: bytes, optimise: str, stream: str) -> Engine:  # noqa: ARG001 - aot's
    """Generate the interpreter's resolver, arena and model array.

    Raises:
        ModelError: the interpreter could not compute the model, or would compute it wrongly.
        ToolError: its library is not there.
    """
    prepared = tflm.for_toolchain(tflite, board, toolchain, os.environ)
    ends = ends_of(tflite)
    return Engine(
        EngineFiles(prepared.engine, (), prepared.generated),
        None,
        prepared.arena.size,
        ends.inputs,
        ends.outputs,
        points_of(tflite) if prepared.traced else (),
    )


def check(board: Board, toolchain: Toolchain, tflite: bytes, optimise: str) -> None:  # noqa: ARG001 - on any
    """Ask the interpreter whether it would take a model, without a library at hand.

    Raises:
        ModelError: it would not.
    """
    tflm.check(tflite, arduino=tflm.needs_per_tensor(toolchain))


def missing_operators(toolchain: Toolchain, tflite: bytes) -> tuple[Obstacle, ...]:
    """Which operators of the model the interpreter has not."""
    try:
        operators.check(operators.uses(tflite), arduino=tflm.needs_per_tensor(toolchain))
    except UnsupportedError as caught:
        return caught.obstacles
    return ()
