"""The `aot` runtime: our compiler's straight C."""

from __future__ import annotations

from toolkit import compiler
from toolkit.board import Board, Toolchain
from toolkit.project import EngineFiles
from toolkit.runtimes.engine import Engine
from toolkit.tflite import Obstacle


def prepare(board: Board, toolchain: Toolchain, tflite: bytes, optimise: str) -> Engine:  # noqa: ARG001 - any builder
    """Compile the model.

    Raises:
        ModelError: the compiler does not take it.
        DoesNotFitError: no core of this kind could hold it.
    """
    compiled = compiler.compile_model(tflite, isa=board.cpu.isa, fpu=board.cpu.fpu, optimise=optimise)
    files = EngineFiles(("aot_engine.c",), compiled.kernels, compiled.sources)
    return Engine(files, compiled, compiled.arena_bytes, compiled.inputs, compiled.outputs, compiled.points)


def check(board: Board, toolchain: Toolchain, tflite: bytes, optimise: str) -> None:
    """See `prepare`: whether the compiler takes a model is known when it has."""
    prepare(board, toolchain, tflite, optimise)


def missing_operators(toolchain: Toolchain, tflite: bytes) -> tuple[Obstacle, ...]:  # noqa: ARG001 - any builder
    """Which operators of the model the compiler has not."""
    return compiler.missing_operators(tflite)
