"""The compiled network as C for any core: one lowering for each instruction set whose compilers tell of themselves.

What the preprocessor tells (`InstructionSet.tells`, and whether there is floating point in hardware) chooses among them
when the sources are compiled. Lowerings that come out alike are one. The arena is the caller's: every layer is handed
its address.
"""

from __future__ import annotations

from collections.abc import Iterator

from toolkit import registry
from toolkit.artifacts.exported import CoreSet, Exported, Lowering
from toolkit.compiler import emit
from toolkit.compiler.compile import Anatomy, dissect
from toolkit.compiler.isa.base import InstructionSet
from toolkit.errors import DoesNotFitError, ModelError

PORTABLE = "native"
"""The instruction set that stands for every core that has none of its own."""


def exported(tflite: bytes, *, optimise: str = "balanced") -> Exported:
    """Compile a network for every kind of core.

    Raises:
        ModelError: as `compile_model`, of the portable lowering.
    """
    plain = dissect(tflite, isa=PORTABLE, fpu=True, optimise=optimise)
    soft = dissect(tflite, isa=PORTABLE, fpu=False, optimise=optimise)
    with_and_without = (True, False) if _text(plain) != _text(soft) else (True,)
    found: dict[str, tuple[Anatomy, list[tuple[str, bool]]]] = {}
    refused: dict[str, str] = {}
    sets = tuple(_sets())
    for isa in sets:
        for fpu in with_and_without:
            try:
                anatomy = dissect(tflite, isa=isa.name, fpu=fpu, optimise=optimise)
            except (ModelError, DoesNotFitError) as caught:
                if isa.name == PORTABLE:
                    raise
                refused[isa.name] = caught.message
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
    )


def _sets() -> Iterator[InstructionSet]:
    known = [registry.load(registry.ISAS, name).ISA for name in registry.names(registry.ISAS)]
    yield from sorted((isa for isa in known if isa.tells), key=lambda isa: (-len(isa.runs), isa.name))
    yield registry.load(registry.ISAS, PORTABLE).ISA


def _text(anatomy: Anatomy) -> str:
    return "".join(anatomy.compiled.sources.values())


def _lowering(anatomy: Anatomy, cores: tuple[tuple[str, bool], ...]) -> Lowering:
    graph, offsets, roots = anatomy.graph, anatomy.offsets, anatomy.roots
    ends = [tuple(int(offsets[roots.get(end, end)]) for end in each) for each in (graph.inputs, graph.outputs)]
    return Lowering(
        cores,
        "\n".join(emit.layer(graph, call, offsets, "arena", "uint8_t *arena") for call in anatomy.calls),
        tuple(sorted({"aot_memory.h"} | {header for call in anatomy.calls for header in call.headers})),
        anatomy.compiled.kernels,
        tuple(call.name for call in anatomy.calls),
        tuple((int(offsets[call.output]), graph.tensors[call.output].bytes) for call in anatomy.calls),
        ends[0],
        ends[1],
        anatomy.compiled.arena_bytes,
        anatomy.compiled.constants_bytes,
    )
