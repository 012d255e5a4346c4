"""What computes the network in a build: our compiler's C, or TensorFlow Lite Micro's interpreter; and ways out."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.artifacts import CompiledModel, DType, ModelFile, Runtime, TensorSpec
from toolkit.errors import BoardError, DoesNotFitError, ModelError
from toolkit.tflite.ends import ends_of

if TYPE_CHECKING:
    from toolkit.board import Board, Toolchain
    from toolkit.project import EngineFiles
    from toolkit.tflite import Obstacle

_OTHER = {Runtime.AOT: Runtime.TFLM, Runtime.TFLM: Runtime.AOT}


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


def resolve(toolchain: Toolchain, runtime: Runtime, name: str, dtype: DType, workspace: Path) -> ModelFile:
    """The model that is meant, in the form that this road needs; see `models.resolve`.

    Raises:
        UnsupportedError: what both runtimes refuse of it, and the operators that this one has not.
        ModelError: as `models.resolve`.
    """
    from toolkit import models
    from toolkit.runtimes import tflm
    from toolkit.tflite import UnsupportedError

    per_tensor = runtime is Runtime.TFLM and tflm.needs_per_tensor(toolchain)
    try:
        return models.resolve(name, dtype, workspace, per_tensor=per_tensor)
    except UnsupportedError as caught:
        more = () if caught.tflite is None else _missing_operators(runtime, caught.tflite, arduino=per_tensor)
        raise UnsupportedError([*caught.obstacles, *more], caught.name) from caught


def prepare(board: Board, toolchain: Toolchain, runtime: Runtime, model: ModelFile, optimise: str) -> Engine:
    """Compile the model, or generate the interpreter's resolver, arena and model array.

    Raises:
        ModelError: what the runtime does not support, all of it; the hint names the other one only if that takes it.
        ToolError: the interpreter's library is not there.
    """
    tflite = model.read()
    try:
        return _prepare(board, toolchain, runtime, tflite, optimise)
    except ModelError as caught:
        from toolkit.tflite import UnsupportedError

        named = UnsupportedError(caught.obstacles, model.name) if isinstance(caught, UnsupportedError) else caught
        raise ModelError(named.message, _way_out(caught, board, runtime, tflite, optimise)) from caught


def _prepare(board: Board, toolchain: Toolchain, runtime: Runtime, tflite: bytes, optimise: str) -> Engine:
    from toolkit.project import EngineFiles

    if runtime is Runtime.AOT:
        from toolkit.compiler import compile_model

        compiled = compile_model(tflite, isa=board.cpu.isa, fpu=board.cpu.fpu, optimise=optimise)
        files = EngineFiles(("aot_engine.c",), compiled.kernels, compiled.sources)
        return Engine(files, compiled, compiled.arena_bytes, compiled.input, compiled.output)
    from toolkit.runtimes import tflm

    prepared = tflm.for_toolchain(tflite, board, toolchain, os.environ)
    ends = ends_of(tflite)
    files = EngineFiles(prepared.engine, (), prepared.generated)
    return Engine(files, None, prepared.arena.size, ends.input, ends.output)


def _missing_operators(runtime: Runtime, tflite: bytes, *, arduino: bool) -> tuple[Obstacle, ...]:
    """Which operators of a model a runtime has not."""
    from toolkit import compiler
    from toolkit.runtimes.tflm import operators
    from toolkit.tflite import UnsupportedError

    if runtime is Runtime.AOT:
        return compiler.missing_operators(tflite)
    try:
        operators.check(operators.uses(tflite), arduino=arduino)
    except UnsupportedError as caught:
        return caught.obstacles
    return ()


def _way_out(caught: ModelError, board: Board, runtime: Runtime, tflite: bytes, optimise: str) -> str:
    """The hint for a model that a runtime refuses: the other one, if that takes it, and why not, if it does not."""
    from toolkit.tflite.obstacles import obstacles_of

    other = _OTHER[runtime]
    try:
        toolchain = board.toolchains(None, other)[0]
    except BoardError:
        return "; ".join(filter(None, (caught.hint, f"{board.name} has no --runtime {other}")))
    refused = _refusal(board, toolchain, other, tflite, optimise)
    if refused is None:
        needs = " (it needs TFLM_DIR: docs/tflm.md)" if other is Runtime.TFLM and toolchain.framework == "bare" else ""
        return f"build it with --runtime {other}, which takes it{needs}" + (
            f"; otherwise: {caught.hint}" if caught.hint else ""
        )
    known = {obstacle.what for obstacle in obstacles_of(caught)}
    why = "; ".join(dict.fromkeys(o.what for o in obstacles_of(refused) if o.what not in known))
    return "; ".join(
        filter(None, (caught.hint or "use another model", f"--runtime {other} refuses it too" + (why and f": {why}")))
    )


def _refusal(board: Board, toolchain: Toolchain, runtime: Runtime, tflite: bytes, optimise: str) -> ModelError | None:
    """Why a runtime does not take a model; None if it does."""
    from toolkit.runtimes import tflm

    try:
        if runtime is Runtime.TFLM:
            tflm.check(tflite, arduino=tflm.needs_per_tensor(toolchain))
        else:
            _prepare(board, toolchain, runtime, tflite, optimise)
    except ModelError as caught:
        return caught
    except DoesNotFitError as caught:
        return ModelError(caught.message, caught.hint)
    return None


@contextlib.contextmanager
def fitting(board: Board, runtime: Runtime, model: ModelFile, optimise: str) -> Iterator[None]:
    """Where a firmware proves too big inside, the hint says what is left to be tried."""
    try:
        yield
    except DoesNotFitError as caught:
        raise DoesNotFitError(caught.message, what_is_left(board, runtime, model, optimise)) from caught


def what_is_left(board: Board, runtime: Runtime, model: ModelFile, optimise: str) -> str:
    """The hint for a firmware that is too big: only what was not done yet, and what would work."""
    ways = []
    if model.dtype is DType.FLOAT32:
        ways.append("the network converted to int8" if _is_users(model) else "--dtype int8")
    if optimise != "size":
        ways.append("--optimise size")
    if runtime is Runtime.TFLM:
        try:
            toolchain = board.toolchains(None, Runtime.AOT)[0]
        except BoardError:
            pass
        else:
            if _refusal(board, toolchain, Runtime.AOT, model.read(), "size") is None:
                ways.append("--runtime aot, which has no interpreter")
    ways += ["a smaller model" + ("" if _is_users(model) else " (tinyml models)"), "a larger board (tinyml boards)"]
    return f"{', '.join(ways[:-1])} or {ways[-1]}"


def _is_users(model: ModelFile) -> bool:
    """Whether it is a file of the user's, which we did not train and cannot convert."""
    from toolkit.models import CARD

    return not (model.path.parent / CARD).is_file()
