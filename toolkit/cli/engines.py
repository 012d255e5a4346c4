"""What computes the network in a build: our compiler's C, or TensorFlow Lite Micro's interpreter."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.artifacts import CompiledModel, DType, ModelFile, Runtime, TensorSpec

if TYPE_CHECKING:
    from toolkit.board import Board, Toolchain
    from toolkit.project import EngineFiles
    from toolkit.reference import Tensor


@dataclass(frozen=True)
class Engine:
    """An engine for one model and board.

    Attributes:
        files: for the project.
        compiled: what the compiler knows of the network; None for the interpreter.
        arena_bytes: RAM for tensors and scratch; what is reserved for the interpreter.
        input, output: the network's two ends.
    """

    files: EngineFiles
    compiled: CompiledModel | None
    arena_bytes: int
    input: TensorSpec
    output: TensorSpec


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
        return Engine(files, compiled, compiled.arena_bytes, compiled.input, compiled.output)
    from toolkit import reference, tflm

    prepared = tflm.for_toolchain(tflite, board, toolchain, os.environ)
    ends = reference.model_io(tflite)
    files = EngineFiles(prepared.engine, (), prepared.generated)
    return Engine(files, None, prepared.arena.size, _spec(ends.input), _spec(ends.output))


def _spec(tensor: Tensor) -> TensorSpec:
    scale = tensor.scale if tensor.dtype is DType.INT8 else 0.0
    return TensorSpec(tensor.name, tensor.shape, tensor.dtype, scale, tensor.zero_point)
