"""Convert, generate the project, compile it, hold its size against the board."""

from __future__ import annotations

import contextlib
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from toolkit import __version__, workspace
from toolkit.artifacts import OPTIMISATIONS, Build, BuildSlots, DType, Runtime, sha256_of
from toolkit.listener import SILENT, Listener
from toolkit.selection import EVERYTHING, Selection

if TYPE_CHECKING:
    from toolkit.artifacts import FloatModel, ModelFile, SizeReport
    from toolkit.board import Board, Toolchain
    from toolkit.build.base import Built
    from toolkit.errors import ToolError
    from toolkit.project import Project
    from toolkit.runtimes.engine import Engine


class Choices(TypedDict, total=False):
    """How a network is built, where it is not left to `Request` to say."""

    dtype: DType
    runtime: Runtime | None
    toolchain: str | None
    optimise: str
    stream: str
    calibrate: Selection
    float_model: str | None
    slots: bool
    upright: bool


@dataclass(frozen=True)
class Request:
    """What is to be built.

    Attributes:
        board: an id, an alias or a board file.
        model: a name, or a path to a `.tflite` or to what is converted first: `.keras`, `.h5`, a SavedModel.
        dtype: of two files of a network of the zoo, which.
        runtime, toolchain: None takes the board's first.
        optimise: "balanced", "speed" or "size".
        stream: whether layers, and the input, run row by row: of compiler.STREAMING.
        calibrate: the set whose samples an int8 conversion takes its ranges from.
        float_model: the same network in float32, beside a `.tflite` that was made of it: a path, as for `model`.
        slots: the firmware takes other networks over the link; see toolkit/steps/update.py.
        upright: the engine sets the picture upright before the network reads it: see toolkit/data/straighten.py.
    """

    board: str
    model: str = "proposed"
    dtype: DType = DType.INT8
    runtime: Runtime | None = None
    toolchain: str | None = None
    optimise: str = "balanced"
    stream: str = "auto"
    calibrate: Selection = EVERYTHING
    float_model: str | None = None
    slots: bool = False
    upright: bool = False
    workspace: Path = Path()


def _gcc_option(toolchain: Toolchain, optimise: str) -> str:
    return "-Os" if optimise == "size" else toolchain.optimise


def _not_built(caught: ToolError, board: Board, candidates: tuple[Toolchain, ...], project: Path) -> ToolError:
    """What to install, for a project that is complete but for its compiler: every road that was open."""
    from toolkit import build as builders
    from toolkit import process
    from toolkit.errors import ToolError

    missing = {tool: None for each in candidates for tool in builders.load(each.builder).tools()}
    names = [tool for tool in missing if process.find(tool) is None]
    if len(candidates) == 1 or not names:
        said, hint = caught.message, caught.hint
    else:
        said = f"{board.name} can be built with any of these, and none is installed: {', '.join(names)}"
        hint = "; or ".join(process.install_hint(name) for name in names)
    return ToolError(f"{said}; the project is complete in {project}", hint)


def build(request: Request, board: Board | None = None, listener: Listener = SILENT) -> Build:
    """Everything from a model's name to an image that fits; writes its `build.json`.

    Where no compiler is installed the project is generated all the same. A verdict on another build is set aside.

    Args:
        board: that of the request, where the caller has loaded it already.
        listener: is warned of a model that TensorFlow Lite Micro computes otherwise than LiteRT.

    Raises:
        DoesNotFitError: it was built, and is too big for the board.
        TinymlError: any other step failed, and says which.
    """
    from toolkit import board as boards
    from toolkit import build as builders
    from toolkit.errors import DoesNotFitError, TinymlError
    from toolkit.runtimes import engines
    from toolkit.steps import sources

    if request.optimise not in OPTIMISATIONS:
        raise TinymlError(f"--optimise is {request.optimise!r}", f"one of: {', '.join(OPTIMISATIONS)}")
    if request.stream not in ("auto", "off", "on", "rows"):
        raise TinymlError(f"--stream is {request.stream!r}", "one of: auto, off, on, rows")
    board = board or boards.load(request.board, request.workspace)
    candidates = board.toolchains(request.toolchain, request.runtime)
    toolchain = builders.choose(candidates)
    runtime = request.runtime or toolchain.runtimes[0]
    if request.slots:
        board = board.with_slots
        if runtime is not Runtime.AOT:
            raise TinymlError(f"--slots is for --runtime aot, not {runtime}", "the interpreter has no plan to replace")
    if (runtime is Runtime.TFLM or request.slots) and request.stream in ("on", "rows"):
        what = "an interpreter's layers" if runtime is Runtime.TFLM else "networks that come over the link"
        raise TinymlError(f"{what} do not run row by row", "leave --stream out")
    if request.upright:
        request = _with_whole_pictures(request, runtime)
    model, floats = sources.resolve(request, toolchain, runtime, listener)
    with engines.fitting(board, runtime, model, request.optimise):
        try:
            return _build(request, board, candidates, toolchain, runtime, model, floats, listener)
        except DoesNotFitError as caught:
            if request.stream != "auto" or runtime is Runtime.TFLM or request.slots:
                raise
            # The code that moves rows takes more flash than it may have, where RAM is not what is short.
            whole = dataclasses.replace(request, stream="off")
            with contextlib.suppress(DoesNotFitError):
                made = _build(whole, board, candidates, toolchain, runtime, model, floats, listener)
                listener.say("whole images: the code for rows would not fit")
                return made
            raise caught


def _with_whole_pictures(request: Request, runtime: Runtime) -> Request:
    """The request for a picture that is set upright, for which all of it has to be there.

    Raises:
        TinymlError: that cannot be with the other options.
    """
    from toolkit.errors import TinymlError

    if runtime is not Runtime.AOT or request.slots or request.stream == "rows":
        raise TinymlError(
            "upright pictures are for --runtime aot, whole pictures and no slots", "leave the other options out"
        )
    return dataclasses.replace(request, stream="off") if request.stream == "auto" else request


def _upright(engine: Engine) -> Engine:
    """The engine with what sets pictures upright.

    Raises:
        ModelError: the network takes something else.
    """
    from toolkit.data import straighten
    from toolkit.errors import ModelError

    first = engine.inputs[0]
    if len(engine.inputs) != 1 or not straighten.takes(first):
        raise ModelError(
            f"upright pictures are int8 {straighten.SIDE} x {straighten.SIDE}, zero point -128; {first.name} is not",
            "build it without",
        )
    files = engine.files
    generated = {**files.generated, "model.h": files.generated["model.h"] + straighten.DEFINE}
    files = dataclasses.replace(files, engine=(*files.engine, *straighten.FILES), generated=generated)
    return dataclasses.replace(engine, files=files)


def _slots(board: Board, model: ModelFile, engine: Engine) -> BuildSlots | None:
    told = board.slots
    if told is None:
        return None
    return BuildSlots(model.sha256, engine.kernels, told.memory.start, told.each, engine.arena_bytes)


def describe(
    board: Board,
    model: ModelFile,
    runtime: Runtime,
    toolchain: Toolchain,
    made: Project,
    built: Built,
    report: SizeReport,
) -> Build:
    """What is known of any image that was compiled and linked from a project: where it lies, its size, its hashes."""
    return Build(
        board=board.id,
        model=model.name,
        dtype=model.dtype,
        runtime=runtime,
        toolchain=toolchain.builder,
        project=made.path.resolve(),
        image=built.image.resolve(),
        model_path=(made.path / "model" / f"{model.name}.tflite").resolve(),
        model_bytes=model.size_bytes,
        flash_bytes=report.flash_bytes,
        flash_limit=report.flash_limit,
        ram_bytes=report.ram_bytes,
        ram_limit=report.ram_limit,
        build_id=made.build_id,
        model_sha256=model.sha256,
        size=report,
        image_sha256=sha256_of(built.image.read_bytes()),
    )


def _build(
    request: Request,
    board: Board,
    candidates: tuple[Toolchain, ...],
    toolchain: Toolchain,
    runtime: Runtime,
    model: ModelFile,
    floats: FloatModel | None,
    listener: Listener,
) -> Build:
    from toolkit import build as builders
    from toolkit import models, project, verdicts
    from toolkit.build import size
    from toolkit.errors import ToolError
    from toolkit.runtimes import engines
    from toolkit.steps import agreement

    builder = builders.load(toolchain.builder)
    engine = engines.prepare(board, toolchain, runtime, model, request.optimise, request.stream, slots=request.slots)
    engine = _upright(engine) if request.upright else engine
    stored = models.find(request.model, request.workspace)
    place = workspace.folder(request.workspace, board).named(model.name, model.dtype, runtime)
    place.build.unlink(missing_ok=True)
    missing: ToolError | None = None
    try:
        version = builder.version()
    except ToolError as caught:
        version, missing = "not installed", caught
    made = project.generate(
        board=board,
        toolchain=toolchain,
        runtime=runtime,
        model=model,
        files=engine.files,
        optimise=_gcc_option(toolchain, request.optimise),
        tool_version=version,
        out=place.project,
    )
    if missing is not None:
        raise _not_built(missing, board, candidates, made.path)
    compared = agreement.begin(model.path, model.dtype, known=stored is not None, floats=floats)
    built = builder.build(made.path, board, toolchain)
    size.check(size.measure(built.elf or built.image, built.map_file, board), board)
    made = project.seal(made, built.image.read_bytes())
    builders.forget(made.path, built)
    built = builder.build(made.path, board, toolchain)
    report = size.measure(built.elf or built.image, built.map_file, board)
    compiled = engine.compiled
    result = dataclasses.replace(
        describe(board, model, runtime, toolchain, made, built, report),
        board_name=board.name,
        board_file=board.path.resolve(),
        mcu=board.mcu.part,
        standing=board.standing,
        clock_hz=board.mcu.clock_hz,
        optimise=_gcc_option(toolchain, request.optimise),
        tools={"tinyml": __version__, toolchain.builder: version},
        inputs=engine.inputs,
        outputs=engine.outputs,
        macs=compiled.macs if compiled else None,
        arena_bytes=engine.arena_bytes,
        layers=compiled.layers if compiled else (),
        plan=compiled.plan if compiled else (),
        points=engine.points,
        streamed=compiled.streamed if compiled else 0,
        row_bytes=compiled.row_bytes if compiled else 0,
        elf=built.elf.resolve() if built.elf else None,
        card=stored.card if stored else None,
        original=model.original,
        original_sha256=model.original_sha256,
        changes=model.changes,
        agreement=compared(),
        floats=floats,
        slots=_slots(board, model, engine) if request.slots else None,
        upright=request.upright,
    ).sealed()
    if result.agreement is not None and not result.agreement.agrees:
        listener.warn(result.agreement.in_words)
    verdicts.set_aside(place, other_than=result)
    result.save(place.build)
    return result
