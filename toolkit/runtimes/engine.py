"""What a runtime gives a project."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.artifacts import CompiledModel, TensorSpec, TracePoint
from toolkit.project import EngineFiles


@dataclass(frozen=True)
class Engine:
    """An engine for one model and board.

    Attributes:
        files: for the project.
        compiled: what the compiler knows of the network; None for the interpreter.
        arena_bytes: RAM for tensors and scratch; what is reserved for the interpreter.
        inputs, outputs: the network's ends, in its own order.
        points: the layers that it tells of when it is traced; empty where it cannot be.
        kernels: 16 hex digits over the kernels of a firmware that takes networks over the link; empty for others.
    """

    files: EngineFiles
    compiled: CompiledModel | None
    arena_bytes: int
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    points: tuple[TracePoint, ...] = ()
    kernels: str = ""
