"""Which network a build is of: found by its name, read, or converted first; and the float32 one that it was made of."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.artifacts import DType, FloatModel, ModelFile, Runtime, sha256_of
from toolkit.errors import ModelError, UsageError
from toolkit.listener import Listener

if TYPE_CHECKING:
    from toolkit.board import Toolchain
    from toolkit.steps.build import Request


def resolve(
    request: Request, toolchain: Toolchain, runtime: Runtime, listener: Listener
) -> tuple[ModelFile, FloatModel | None]:
    """The `.tflite` that is built, and its float32 network where that is at hand.

    Raises:
        UsageError: an option that cannot apply.
        TinymlError: it cannot be read, converted or supported.
    """
    from toolkit import models
    from toolkit.models import conversion
    from toolkit.runtimes import engines

    if not conversion.is_source(request.model, request.workspace):
        model = engines.resolve(toolchain, runtime, request.model, request.dtype, request.workspace)
        return model, _float(request, model, listener)
    if request.float_model is not None:
        raise UsageError(
            f"--float {request.float_model}: {request.model} is converted here, and is its own float32 network",
            "leave --float out",
        )
    made = conversion.converted(
        Path(request.model),
        request.dtype,
        request.calibrate,
        request.workspace,
        per_tensor=engines.needs_per_tensor(toolchain, runtime),
        listener=listener,
    )
    read = engines.resolve(toolchain, runtime, str(made.path), request.dtype, request.workspace)
    model = dataclasses.replace(
        read,
        name=models.readable(made.name),
        original=made.source.resolve(),
        original_sha256=made.source_sha256,
        changes=(*made.changes, *(each for each in read.changes if each not in made.changes)),
    )
    if request.dtype is DType.FLOAT32:
        return model, None
    return model, FloatModel(made.source.name, made.float32.resolve(), sha256_of(made.float32.read_bytes()))


def _float(request: Request, model: ModelFile, listener: Listener) -> FloatModel | None:
    """What `--float` names, or the file beside a trained model's int8 one."""
    from toolkit import models

    if request.float_model is not None:
        if request.dtype is DType.FLOAT32:
            raise UsageError("--float is for an int8 network; this one is float32 itself", "leave --float out")
        found = _named(request.float_model, request.workspace, listener)
        _same_ends(model, found)
        return found
    stored = models.find(request.model, request.workspace)
    if stored is None or request.dtype is DType.FLOAT32:
        return None
    file = stored.folder / models.file_name(stored.card.name, DType.FLOAT32)
    due = stored.card.files.get(file.name)
    return FloatModel(file.name, file.resolve(), due) if due is not None and file.is_file() else None


_PROBE = """
import pathlib, sys
import numpy as np
from toolkit import reference
from toolkit.tflite.ends import ends_of
tflite = pathlib.Path(sys.argv[1]).read_bytes()
inputs = [np.zeros((1, *spec.sample), spec.numpy) for spec in ends_of(tflite).inputs]
reference.expected_outputs(tflite, inputs, interpreter="ai_edge_litert")
"""
"""LiteRT computes it later in our own process; of some absurd files it dies."""


def _named(text: str, workspace: Path, listener: Listener) -> FloatModel:
    from toolkit import models, reference
    from toolkit.models import conversion
    from toolkit.selection import EVERYTHING

    path = Path(text)
    if conversion.is_source(text, workspace):
        made = conversion.converted(path, DType.FLOAT32, EVERYTHING, workspace, listener=listener)
        return FloatModel(path.name, made.path.resolve(), sha256_of(made.path.read_bytes()))
    read = models.resolve(text, DType.FLOAT32, workspace)
    reference.probe(read.path, _PROBE)
    return FloatModel(path.name, read.path, read.sha256)


def _same_ends(model: ModelFile, floats: FloatModel) -> None:
    """Raises ModelError where the two cannot be one network."""
    from toolkit.tflite.ends import ends_of

    mine, theirs = ends_of(model.read()), ends_of(floats.read())
    for what, one, other in (("takes", mine.inputs, theirs.inputs), ("gives", mine.outputs, theirs.outputs)):
        shapes = [[list(spec.sample) for spec in each] for each in (one, other)]
        if shapes[0] != shapes[1]:
            told = [" and ".join(map(str, each)) for each in shapes]
            raise ModelError(
                f"{floats.name} {what} {told[1]}, {model.name} {told[0]}: these are two networks",
                "--float names what the .tflite was made of",
            )
