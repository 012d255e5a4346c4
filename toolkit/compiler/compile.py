"""The compiler's way from the bytes of a .tflite to C."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from toolkit import registry
from toolkit.artifacts import OPTIMISATIONS, CompiledModel, LayerReport, TracePoint
from toolkit.compiler import c, emit, emit_rows, fuse, plan, reader, rowplan, rows
from toolkit.compiler.c import Constant
from toolkit.compiler.constant_channels import without_constant_channels
from toolkit.compiler.ir import Graph
from toolkit.compiler.isa.base import InstructionSet
from toolkit.compiler.lower import Call, Target, lower
from toolkit.errors import DoesNotFitError, ModelError
from toolkit.tflite import Obstacle, UnsupportedError, describe, ends, points
from toolkit.tflite.obstacles import obstacles_of

STREAMING = ("off", "auto", "on", "rows")
"""Whether layers run row by row: never; where that lowers the arena by an eighth; wherever they can; and the input
comes row by row, too."""
_WORTH = 7 / 8
# Kernels of less scratch take longer: where they lower the arena by a 64th.
_WORTH_TIME = 63 / 64


@dataclass(frozen=True, eq=False)
class Anatomy:
    """A compiled network with what it was made of.

    Attributes:
        compiled: the C and its figures.
        graph: as read.
        calls: the layers, in the order of computation.
        offsets: place in the arena of every computed tensor, by index.
        roots: for a tensor that is another name of one, that one.
        streamed: the first layers, where they stream.
    """

    compiled: CompiledModel
    graph: Graph
    calls: tuple[Call, ...]
    offsets: Mapping[object, int]
    roots: Mapping[int, int]
    streamed: rowplan.Streamed | None = None


def compile_model(
    tflite: bytes, *, isa: str, fpu: bool, optimise: str = "balanced", stream: str = "off"
) -> CompiledModel:
    """Compile a network to C; see `dissect`, whose arguments and errors these are."""
    return dissect(tflite, isa=isa, fpu=fpu, optimise=optimise, stream=stream).compiled


# A damaged file's scales overflow or divide by zero; what comes of it is refused where it is used.
@np.errstate(all="ignore")
def dissect(
    tflite: bytes,
    *,
    isa: str,
    fpu: bool,
    optimise: str = "balanced",
    share: bool = True,
    general: bool = False,
    stream: str = "off",
) -> Anatomy:
    """Compile a network to C.

    Args:
        tflite: the file's bytes; docs/compiler.md has what is supported.
        isa: the kernels' instruction set: a name of toolkit.compiler.isa.
        fpu: the core has single-precision floating point in hardware.
        optimise: "balanced", "speed" or "size".
        share: layers whose constants are equal have one copy of them.
        general: no code is made for one layer's constants.
        stream: one of STREAMING.

    Returns:
        Sources, the kernels they need, the figures of every layer, and what they were made of.

    Raises:
        DoesNotFitError: the instruction set could not address the constants.
        ModelError: the file is broken, or holds an operator, type or shape that is not supported; it is named.
        TinymlError: there is no such instruction set.
        ValueError: `optimise` or `stream` is none of theirs.
    """
    if optimise not in OPTIMISATIONS or stream not in STREAMING:
        raise ValueError(f"optimise {optimise!r} of {OPTIMISATIONS}, stream {stream!r} of {STREAMING}")
    graph = reader.read(tflite)
    _check_ends(graph)
    pruned = without_constant_channels(graph)
    graph = pruned.graph
    io = ends.ends_of(tflite)
    layers, roots = fuse.fuse(graph)
    target = Target(registry.load(registry.ISAS, isa).ISA, fpu, optimise, general)
    calls = _lowered(graph, layers, target)
    choice = _choice(graph, layers, calls, roots, target, stream)
    calls, offsets, arena_bytes, streamed = choice.calls, choice.offsets, choice.arena_bytes, choice.streamed
    if share:
        calls = _sharing(calls)
    reports = tuple(
        LayerReport(
            call.name,
            call.operators,
            sum(k.bytes for k in call.constants),
            call.macs,
            call.kernels,
            sum(int(k.values.nbytes) for k in call.constants if k.same_as),
        )
        for call in calls
    )
    constants_bytes = sum(report.constants_bytes for report in reports)
    _check_constants(target.isa, constants_bytes, calls)
    compiled = CompiledModel(
        sources=emit.emit(graph, io, calls, offsets, arena_bytes, roots, streamed),
        kernels=c.with_headers(
            {file for call in calls for file in (*call.kernels, *call.headers, "aot_memory.h")}
            | ({emit_rows.HEADER} if streamed else set())
        ),
        inputs=io.inputs,
        outputs=io.outputs,
        arena_bytes=arena_bytes,
        constants_bytes=sum(report.constants_bytes for report in reports),
        macs=sum(report.macs for report in reports),
        layers=reports,
        plan=plan.picture(choice.buffers.listed, offsets),
        points=_points(tflite, calls, pruned.kept),
        streamed=len(streamed.stages) if streamed else 0,
        row_bytes=streamed.input_row_bytes if streamed and streamed.by_row else 0,
    )
    return Anatomy(compiled, graph, calls, offsets, roots, streamed)


def _choice(
    graph: Graph,
    layers: Sequence[fuse.Layer],
    calls: tuple[Call, ...],
    roots: Mapping[int, int],
    target: Target,
    stream: str,
) -> rowplan.Choice:
    """The memory plan, and which layers stream.

    Raises:
        ModelError: the input is to come row by row, and cannot.
    """
    whole = None if stream in ("on", "rows") else rowplan.whole(graph, calls, roots)
    if whole is not None and stream == "off":
        return whole
    streaming = _streaming(graph, layers, calls, roots, target, by_row=stream == "rows")
    if streaming is None and stream == "rows":
        raise ModelError(
            "this network cannot take its input row by row: it has several, or its first layer needs all of it",
            "--stream auto",
        )
    if streaming is None:
        return whole or rowplan.whole(graph, calls, roots)
    if whole is not None and streaming.arena_bytes > _WORTH * whole.arena_bytes:
        return whole
    return streaming


def _streaming(
    graph: Graph,
    layers: Sequence[fuse.Layer],
    calls: tuple[Call, ...],
    roots: Mapping[int, int],
    target: Target,
    *,
    by_row: bool,
) -> rowplan.Choice | None:
    """The lowest plan in which layers stream, with kernels of less scratch where that makes it lower still."""
    found = rows.stages(graph, layers, target)
    usual = rowplan.by_rows(graph, calls, roots, found, by_row=by_row)
    if usual is None:
        return None
    least = dataclasses.replace(target, least_scratch=True)
    others, lean = _lowered(graph, layers, least), rows.stages(graph, layers, least)
    if [call.scratch_bytes for call in (*others, *(stage.call for stage in lean))] == [
        call.scratch_bytes for call in (*calls, *(stage.call for stage in found))
    ]:
        return usual
    lower = rowplan.by_rows(graph, others, roots, lean, by_row=by_row)
    return lower if lower is not None and lower.arena_bytes < _WORTH_TIME * usual.arena_bytes else usual


def _points(tflite: bytes, calls: Sequence[Call], kept: Mapping[int, tuple[int, ...]]) -> tuple[TracePoint, ...]:
    tensors = describe(tflite).main.tensors

    def point(place: int, call: Call) -> TracePoint:
        spec, channels = points.spec_of(tensors[call.output]), kept.get(call.output, ())
        if channels:
            spec = dataclasses.replace(spec, shape=(*spec.shape[:-1], len(channels)))
        return TracePoint(f"layer {place}", call.operators, call.output, spec, channels)

    return tuple(point(place, call) for place, call in enumerate(calls))


def _lowered(graph: Graph, layers: Sequence[fuse.Layer], target: Target) -> tuple[Call, ...]:
    """Every layer's call.

    Raises:
        UnsupportedError: of all layers that cannot be lowered, where there are several.
        ModelError: of the one that cannot.
    """
    calls, refused = [], []
    for place, layer in enumerate(layers):
        try:
            calls.append(_with_constants(graph, lower(graph, layer, f"layer{place}", target), target))
        except ModelError as caught:
            refused.append(caught)
    if len({caught.message for caught in refused}) > 1:
        raise UnsupportedError([obstacle for caught in refused for obstacle in obstacles_of(caught)])
    if refused:
        raise refused[0]
    return tuple(calls)


def _sharing(calls: Sequence[Call]) -> tuple[Call, ...]:
    """The calls, each constant that equals an earlier one, text for text, as another name of it.

    Kernels read constants and never write them, so that a layer cannot tell whether others have the same.
    """
    first: dict[str, str] = {}

    def shared(constant: Constant) -> Constant:
        text = c.define(dataclasses.replace(constant, name="constant"))
        name = first.setdefault(text, constant.name)
        return constant if name == constant.name else dataclasses.replace(constant, same_as=name)

    return tuple(dataclasses.replace(call, constants=tuple(map(shared, call.constants))) for call in calls)


LARGEST_ARRAY = 32_767
"""Bytes of an array where a size has 16 bits, and a difference one of them for its sign."""


def _check_constants(isa: InstructionSet, constants_bytes: int, calls: Sequence[Call]) -> None:
    """Refuse a network whose constants would be read at wrong addresses, without a word.

    Raises:
        DoesNotFitError: they are too many.
    """
    if isa.constants_limit is not None and constants_bytes > isa.constants_limit:
        raise DoesNotFitError(
            f"the network's constants take {constants_bytes:,} bytes, and {isa.title} reaches {isa.constants_limit:,} "
            "of its flash as constants",
            "try a smaller model (tinyml models), or another board (tinyml boards)",
        )
    largest = max((constant.bytes for call in calls for constant in call.constants), default=0)
    if isa.constants_limit is not None and largest > LARGEST_ARRAY:
        raise DoesNotFitError(
            f"one layer's weights take {largest:,} bytes, and an array of {isa.title} has at most {LARGEST_ARRAY:,}",
            "try a smaller model (tinyml models), or another board (tinyml boards)",
        )


def _check_ends(graph: Graph) -> None:
    """Refuse ends of a type that is not known here.

    Raises:
        UnsupportedError: there is one.
    """
    for what, indices in (("input", graph.inputs), ("output", graph.outputs)):
        for index in indices:
            if graph.tensors[index].dtype is None:
                raise UnsupportedError(
                    [Obstacle(f"{what} {graph.tensors[index].name} is of a type that aot has not", "")]
                )


def _with_constants(graph: Graph, call: Call, target: Target) -> Call:
    """The call with the constants among its inputs as arrays of its own.

    Raises:
        ModelError: where such layers' kernels read their operands from RAM, and constants lie elsewhere.
    """
    arrays = tuple(
        Constant(call.constant_input(place), graph.tensors[index].constant)
        for place, index in enumerate(call.inputs)
        if graph.tensors[index].data is not None
    )
    if arrays and not target.isa.constants_are_data:
        raise ModelError(
            f"{' + '.join(call.operators)} with a constant operand is not supported on {target.isa.title}",
            "build for another board: tinyml boards",
        )
    return dataclasses.replace(call, constants=(*call.constants, *arrays))
