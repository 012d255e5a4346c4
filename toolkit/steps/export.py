"""`tinyml export`: networks to a folder of sources for somebody else's program."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.artifacts import OPTIMISATIONS, DType
from toolkit.errors import TinymlError, UsageError
from toolkit.listener import SILENT, Listener
from toolkit.selection import EVERYTHING, Selection

if TYPE_CHECKING:
    from toolkit.artifacts import ModelFile
    from toolkit.export import Library, Network

MARKER = ".tinyml-export"


@dataclass(frozen=True)
class Request:
    """What is exported.

    Attributes:
        models: names or paths, as `tinyml build` takes them.
        names: the prefix of each one's symbols; none: made of the models' names.
        kind: a name of toolkit.export.kinds.
        out: the folder; it may be missing, empty, or an earlier export.
        library: its name; "": the first network's, or all of them with "_" between.
        stream: whether layers run row by row: off, auto, on; rows: the input comes row by row too.
        classes: what the last output's elements of the first network are called.
        shared_arena: all networks have one arena.
        calibrate: the set whose samples an int8 conversion takes its ranges from.
    """

    models: tuple[str, ...]
    kind: str
    out: Path
    names: tuple[str, ...] = ()
    library: str = ""
    dtype: DType = DType.INT8
    optimise: str = "balanced"
    stream: str = "auto"
    classes: tuple[str, ...] = ()
    shared_arena: bool = False
    calibrate: Selection = EVERYTHING
    workspace: Path = Path()


def export(request: Request, listener: Listener = SILENT) -> Library:
    """Write the library, all of it or nothing.

    Raises:
        UsageError: an option says nothing that can be, or the folder holds something else.
        ModelError: a network cannot be read or compiled.
    """
    from toolkit.export import files

    _check_folder(request.out)
    made = _library(request, listener)
    content = files(made, request.kind)
    listener.say(f"writing {len(content)} files to {request.out}")
    _write(request.out, content)
    return made


def _library(request: Request, listener: Listener) -> Library:
    from toolkit.compiler import STREAMING
    from toolkit.export import Library
    from toolkit.export.network import check_prefix, prefix

    if request.optimise not in OPTIMISATIONS:
        raise UsageError(f"--optimise is {request.optimise!r}", f"one of: {', '.join(OPTIMISATIONS)}")
    if request.stream not in STREAMING:
        raise UsageError(f"--stream is {request.stream!r}", f"one of: {', '.join(STREAMING)}")
    if request.names and len(request.names) != len(request.models):
        raise UsageError(
            f"{len(request.names)} --name for {len(request.models)} --model", "one for each, in the same order"
        )
    found = [_resolved(model, request, listener) for model in request.models]
    names = [check_prefix(name) for name in request.names] or [prefix(model.name) for model in found]
    if len(set(names)) < len(names):
        raise UsageError(
            f"two networks are called {max(names, key=names.count)}", "give each a name of its own: --name"
        )
    networks = tuple(
        _network(name, model, request, request.classes if place == 0 else (), listener)
        for place, (name, model) in enumerate(zip(names, found, strict=True))
    )
    return Library(
        check_prefix(request.library or "_".join(names)[:40].rstrip("_")),
        networks,
        shared_arena=request.shared_arena and len(networks) > 1,
    )


def _resolved(model: str, request: Request, listener: Listener) -> ModelFile:
    from toolkit import models
    from toolkit.models import conversion

    if not conversion.is_source(model, request.workspace):
        return models.resolve(model, request.dtype, request.workspace)
    made = conversion.converted(
        Path(model), request.dtype, request.calibrate, request.workspace, per_tensor=False, listener=listener
    )
    read = models.resolve(str(made.path), request.dtype, request.workspace)
    return dataclasses.replace(read, name=models.readable(made.name), original=made.source.resolve())


def _network(name: str, model: ModelFile, request: Request, classes: tuple[str, ...], listener: Listener) -> Network:
    from toolkit import compiler
    from toolkit.export import Network
    from toolkit.steps import selftest

    listener.say(f"compiling {model.name} for every kind of core")
    tflite = model.read()
    compiled = compiler.exported(tflite, optimise=request.optimise, stream=request.stream)
    elements = compiled.outputs[-1].elements
    if classes and len(classes) != elements:
        raise UsageError(f"{len(classes)} classes are named, and {name} has {elements} outputs", "name each, in order")
    listener.say(f"choosing inputs for {name}_selftest(), and asking the host what is due")
    test = selftest.of(tflite, compiled.points, compiled.macs)
    file = (model.original or model.path).name
    return Network(name, model.name, file, model.sha256, compiled, test, classes)


def _check_folder(out: Path) -> None:
    if not out.exists() or (out / MARKER).is_file():
        return
    if not out.is_dir() or any(out.iterdir()):
        raise UsageError(f"{out} holds something that no export made", "name a new folder: --out")


def _write(out: Path, content: dict[str, bytes]) -> None:
    """Made whole beside its place, then moved there."""
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        place = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as caught:
        raise TinymlError(f"{out.parent}: {caught.strerror}", "name another folder: --out") from caught
    try:
        place.chmod(0o755)
        for path, data in {**content, MARKER: b"Made by tinyml export; the next one replaces this folder.\n"}.items():
            target = place / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        if out.exists():
            shutil.rmtree(out)
        place.rename(out)
    finally:
        shutil.rmtree(place, ignore_errors=True)
