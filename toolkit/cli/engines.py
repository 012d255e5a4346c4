"""What computes the network in a build: our compiler's C, or TensorFlow Lite Micro's interpreter."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.artifacts import CompiledModel, ModelFile, Runtime

if TYPE_CHECKING:
    from toolkit.board import Board, Toolchain
    from toolkit.project import EngineFiles


@dataclass(frozen=True)
class Engine:
    """An engine for one model and board.

    Attributes:
        files: for the project.
        compiled: what the compiler knows of the network; None for the interpreter.
        arena_bytes: RAM for tensors and scratch; what is reserved for the interpreter.
    """

    files: EngineFiles
    compiled: CompiledModel | None
    arena_bytes: int


def prepare(board: Board, toolchain: Toolchain, runtime: Runtime, model: ModelFile, optimise: str) -> Engine:
    """Compile the model, or generate the interpreter's resolver, arena and model array.

    Raises:
        ModelError: an operator or type that the runtime does not support.
        ToolError: the interpreter's library is not there.
    """
    from toolkit.project import EngineFiles

    tflite = model.path.read_bytes()
    if runtime is Runtime.AOT:
        from toolkit.compiler import compile_model

        compiled = compile_model(tflite, isa=board.cpu.isa, fpu=board.cpu.fpu, optimise=optimise)
        files = EngineFiles(("aot_engine.c",), compiled.kernels, compiled.sources)
        return Engine(files, compiled, compiled.arena_bytes)
    from toolkit import tflm

    prepared = tflm.for_toolchain(tflite, board, toolchain, os.environ)
    return Engine(EngineFiles(prepared.engine, (), prepared.generated), None, prepared.arena.size)
