"""Networks for somebody else's program: what `toolkit.api` gives beside building, flashing and verifying."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from toolkit.artifacts import DType
from toolkit.listener import SILENT, Listener
from toolkit.selection import EVERYTHING, Selection

if TYPE_CHECKING:
    from toolkit.export import Library
    from toolkit.gates import Gates
    from toolkit.steps.build import Choices
    from toolkit.steps.update import Updated


def export(
    models: tuple[str, ...],
    kind: str,
    out: Path,
    *,
    names: tuple[str, ...] = (),
    library: str = "",
    dtype: DType = DType.INT8,
    optimise: str = "balanced",
    stream: str = "auto",
    classes: tuple[str, ...] = (),
    shared_arena: bool = False,
    calibrate: Selection = EVERYTHING,
    workspace: Path = Path(),
    listener: Listener = SILENT,
) -> Library:
    """Write networks as a library with a self-test, all of it or nothing.

    Args:
        models: names, or paths to a `.tflite`, `.keras`, `.h5` or SavedModel.
        kind: folder, cmake, arduino, ...: the modules of toolkit.export.kinds.
        out: a folder that is missing, empty, or holds an earlier export.
        names: the prefix of each network's symbols; none: made of the models' names.
        library: what they are called together.
        stream: whether layers run row by row: off, auto, on; rows: the input comes row by row too.
        classes: names of the first network's outputs.
        shared_arena: all networks have one arena.
        calibrate: the set whose samples an int8 conversion takes its ranges from.

    Raises:
        UsageError: an option says nothing that can be, or the folder holds something else.
        ModelError, DatasetError: a network cannot be read or compiled.
    """
    from toolkit.steps import export as step

    return step.export(
        step.Request(
            models, kind, out, names, library, dtype, optimise, stream, classes, shared_arena, calibrate, workspace
        ),
        listener,
    )


def update(
    board: str | None,
    model: str,
    *,
    port: str | None = None,
    selection: Selection = EVERYTHING,
    gates: Gates | None = None,
    strength: bool = True,
    workspace: Path = Path(),
    listener: Listener = SILENT,
    **choices: Unpack[Choices],
) -> Updated:
    """Put a network on a board whose firmware was built with slots, prove it there, and only then keep it.

    Args:
        board: None takes that of the newest build.
        port: None takes the one that the last `flash` left.
        selection: the inputs with which it is proven.
        choices: dtype, calibrate and float_model, as of `api.build`.

    Raises:
        UsageError, ChangedFileError: it cannot run there; nothing was sent.
        NotProvenError, WeakProofError, UndecidedError, MissedGateError: it was not kept.
        LinkError: the device cannot be reached, or refuses.
    """
    from toolkit import workspace as workspaces
    from toolkit.steps import update as step
    from toolkit.steps.build import Request

    with workspaces.hold_newest(workspace, board, "verify") as (target, place, build):
        asked = Request(target.id, model, workspace=workspace, **choices)
        ports = (port,) if port else ()
        return step.update(
            target, place, build, asked, ports, selection, gates=gates, strength=strength, listener=listener
        )


def kinds() -> dict[str, str]:
    """Every kind of export, and what it is for."""
    from toolkit import registry

    return {name: registry.load(registry.EXPORTS, name).TITLE for name in registry.names(registry.EXPORTS)}
