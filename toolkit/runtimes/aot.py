"""The `aot` runtime: our compiler's straight C."""

from __future__ import annotations

from toolkit import compiler
from toolkit.artifacts import CompiledModel
from toolkit.board import Board, Toolchain
from toolkit.errors import ModelError
from toolkit.project import EngineFiles
from toolkit.runtimes.engine import Engine
from toolkit.tflite import Obstacle

_RAM_SHARE = 4
"""An arena of more than this part of a board's RAM is made smaller by an input that comes row by row, if it can."""


def prepare(board: Board, toolchain: Toolchain, tflite: bytes, optimise: str, stream: str = "auto") -> Engine:  # noqa: ARG001 - any builder
    """Compile the model.

    Raises:
        ModelError: the compiler does not take it.
        DoesNotFitError: no core of this kind could hold it.
    """
    compiled = _compiled(board, tflite, optimise, stream)
    if stream == "auto" and compiled.arena_bytes > board.memory.ram.size // _RAM_SHARE:
        try:
            by_row = _compiled(board, tflite, optimise, "rows")
        except ModelError:
            pass
        else:
            compiled = min(compiled, by_row, key=lambda each: each.arena_bytes)
    files = EngineFiles(("aot_engine.c",), compiled.kernels, compiled.sources)
    return Engine(files, compiled, compiled.arena_bytes, compiled.inputs, compiled.outputs, compiled.points)


def _compiled(board: Board, tflite: bytes, optimise: str, stream: str) -> CompiledModel:
    return compiler.compile_model(tflite, isa=board.cpu.isa, fpu=board.cpu.fpu, optimise=optimise, stream=stream)


def check(board: Board, toolchain: Toolchain, tflite: bytes, optimise: str) -> None:
    """See `prepare`: whether the compiler takes a model is known when it has."""
    prepare(board, toolchain, tflite, optimise, "off")


def missing_operators(toolchain: Toolchain, tflite: bytes) -> tuple[Obstacle, ...]:  # noqa: ARG001 - any builder
    """Which operators of the model the compiler has not."""
    return compiler.missing_operators(tflite)
