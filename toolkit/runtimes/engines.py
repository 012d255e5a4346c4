"""Which runtime computes the network in a build, and the ways out where it refuses."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from toolkit.artifacts import DType, ModelFile, Runtime
from toolkit.errors import BoardError, DoesNotFitError, ModelError

if TYPE_CHECKING:
    from toolkit.board import Board, Toolchain
    from toolkit.runtimes.engine import Engine
    from toolkit.tflite import Obstacle

_OTHER = {Runtime.AOT: Runtime.TFLM, Runtime.TFLM: Runtime.AOT}


class _Runtime(Protocol):
    """What a runtime's module gives."""

    def prepare(self, board: Board, toolchain: Toolchain, tflite: bytes, optimise: str, stream: str) -> Engine:
        """Everything that a project needs of it; raises ModelError, ToolError."""

    def check(self, board: Board, toolchain: Toolchain, tflite: bytes, optimise: str) -> None:
        """Whether it takes the model, without a library at hand; raises ModelError, DoesNotFitError."""

    def missing_operators(self, toolchain: Toolchain, tflite: bytes) -> tuple[Obstacle, ...]:
        """Which operators of the model it has not."""


def _load(runtime: Runtime) -> _Runtime:
    if runtime is Runtime.AOT:
        from toolkit.runtimes import aot

        return aot
    from toolkit.runtimes.tflm import runtime as tflm

    return tflm


def resolve(toolchain: Toolchain, runtime: Runtime, name: str, dtype: DType, workspace: Path) -> ModelFile:
    """The model that is meant, in the form that this road needs; see `models.resolve`.

    Raises:
        UnsupportedError: what both runtimes refuse of it, and the operators that this one has not.
        ModelError: as `models.resolve`.
    """
    from toolkit import models
    from toolkit.tflite import UnsupportedError

    try:
        return models.resolve(name, dtype, workspace, per_tensor=needs_per_tensor(toolchain, runtime))
    except UnsupportedError as caught:
        more = () if caught.tflite is None else _load(runtime).missing_operators(toolchain, caught.tflite)
        raise UnsupportedError([*caught.obstacles, *more], caught.name) from caught


def needs_per_tensor(toolchain: Toolchain, runtime: Runtime) -> bool:
    """Whether dense layers need one scale each, as TFLM libraries before 2024 do."""
    from toolkit.runtimes import tflm

    return runtime is Runtime.TFLM and tflm.needs_per_tensor(toolchain)


def prepare(
    board: Board,
    toolchain: Toolchain,
    runtime: Runtime,
    model: ModelFile,
    optimise: str,
    stream: str,
    *,
    slots: bool = False,
) -> Engine:
    """Compile the model, or generate the interpreter's resolver, arena and model array.

    Args:
        slots: the firmware takes other networks over the link; see runtimes/slotted.py.

    Raises:
        ModelError: what the runtime does not support, all of it; the hint names the other one only if that takes it.
        ToolError: the interpreter's library is not there.
    """
    tflite = model.read()
    try:
        if slots:
            from toolkit.runtimes import slotted

            return slotted.prepare(board, toolchain, tflite)
        return _load(runtime).prepare(board, toolchain, tflite, optimise, stream)
    except ModelError as caught:
        from toolkit.tflite import UnsupportedError

        named = UnsupportedError(caught.obstacles, model.name) if isinstance(caught, UnsupportedError) else caught
        raise ModelError(named.message, _way_out(caught, board, runtime, tflite, optimise)) from caught


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
    try:
        _load(runtime).check(board, toolchain, tflite, optimise)
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
