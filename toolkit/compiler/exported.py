"""The compiled network as C for any core: one lowering for each instruction set whose compilers tell of themselves.

What the preprocessor tells (`InstructionSet.tells`, and whether there is floating point in hardware) chooses among them
when the sources are compiled. Lowerings that come out alike are one. The arena is the caller's: every layer is handed
its address. Layers that stream find it in a variable, and their windows' state behind the tensors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from toolkit import registry
from toolkit.artifacts.exported import CoreSet, Exported, Lowering
from toolkit.compiler import emit, emit_rows, plan
from toolkit.compiler.compile import LARGEST_ARRAY, Anatomy, dissect
from toolkit.compiler.isa.base import InstructionSet
from toolkit.errors import DoesNotFitError, ModelError

PORTABLE = "native"
"""The instruction set that stands for every core that has none of its own."""
ARENA = "ROWS_ARENA"
"""Where layers that stream find the arena."""


def exported(tflite: bytes, *, optimise: str = "balanced", stream: str = "off") -> Exported:
    """Compile a network for every kind of core.

    Args:
        optimise, stream: as `dissect` has them.

    Raises:
        ModelError: as `compile_model`, of the portable lowering.
    """
    plain = dissect(tflite, isa=PORTABLE, fpu=True, optimise=optimise, stream=stream)
    soft = dissect(tflite, isa=PORTABLE, fpu=False, optimise=optimise, stream=stream)
    with_and_without = (True, False) if _text(plain) != _text(soft) else (True,)
    found: dict[str, tuple[Anatomy, list[tuple[str, bool]]]] = {}
    refused: dict[str, str] = {}
    sets = tuple(_sets())
    for isa in sets:
        for fpu in with_and_without:
            try:
                anatomy = dissect(tflite, isa=isa.name, fpu=fpu, optimise=optimise, stream=stream)
            except (ModelError, DoesNotFitError) as caught:
                if isa.name == PORTABLE:
                    raise
                refused[isa.name] = caught.message
                continue
            if isa.constants_limit is not None and anatomy.compiled.arena_bytes > LARGEST_ARRAY:
                refused[isa.name] = (
                    f"its tensors take {anatomy.compiled.arena_bytes:,} bytes of RAM, and an array of {isa.title} has "
                    f"at most {LARGEST_ARRAY:,}"
                )
                continue
            cores = [(isa.name, each) for each in ((fpu,) if len(with_and_without) > 1 else (True, False))]
            found.setdefault(_text(anatomy), (anatomy, []))[1].extend(cores)
    return Exported(
        tuple(CoreSet(isa.name, isa.title, isa.tells) for isa in sets),
        tuple(_lowering(anatomy, tuple(cores)) for anatomy, cores in found.values()),
        refused,
        plain.compiled.inputs,
        plain.compiled.outputs,
        plain.compiled.points,
        plain.compiled.macs,
        plain.streamed.input_rows if plain.streamed and plain.streamed.by_row else 0,
    )


def _sets() -> Iterator[InstructionSet]:
    known = [registry.load(registry.ISAS, name).ISA for name in registry.names(registry.ISAS)]
    yield from sorted((isa for isa in known if isa.tells), key=lambda isa: (-len(isa.runs), isa.name))
    yield registry.load(registry.ISAS, PORTABLE).ISA


def _text(anatomy: Anatomy) -> str:
    return "".join(anatomy.compiled.sources.values())


def _lowering(anatomy: Anatomy, cores: tuple[tuple[str, bool], ...]) -> Lowering:
    graph, offsets, roots, streamed = anatomy.graph, anatomy.offsets, anatomy.roots, anatomy.streamed
    first = streamed.ordinary if streamed else 0
    ordinary = anatomy.calls[first:]
    layers = [emit.layer(graph, call, offsets, "arena", "uint8_t *arena") for call in ordinary]
    headers = {"aot_memory.h"} | {header for call in anatomy.calls for header in call.headers}
    arena_bytes, by_row = anatomy.compiled.arena_bytes, streamed is not None and streamed.by_row
    filled = come = _aligned(arena_bytes)
    if streamed:
        layers = [*emit.stages(streamed, anatomy.calls, offsets, ARENA), *layers]
        layers.append(emit_rows.tables(streamed, offsets, ARENA, f"(int16_t *)(void *)({ARENA} + {filled})"))
        headers.add(emit_rows.HEADER)
        come += 2 * len(streamed.kept)
        arena_bytes = _aligned(come + 2 * by_row)
    return Lowering(
        cores,
        "\n".join(layers),
        tuple(sorted(headers)),
        anatomy.compiled.kernels,
        first,
        tuple(call.name for call in ordinary),
        tuple((int(offsets[call.output]), graph.tensors[call.output].bytes) for call in ordinary),
        streamed.input_rows if streamed else 0,
        come,
        () if by_row else _ends(offsets, roots, graph.inputs),
        _ends(offsets, roots, graph.outputs),
        arena_bytes,
        anatomy.compiled.constants_bytes,
    )


def _aligned(size: int) -> int:
    return -(-size // plan.ALIGNMENT) * plan.ALIGNMENT


def _ends(offsets: Mapping[object, int], roots: Mapping[int, int], indices: Sequence[int]) -> tuple[int, ...]:
    return tuple(int(offsets[roots.get(index, index)]) for index in indices)
