"""A network as constants and a plan, and a firmware's kernels that compute whatever plan they are handed.

firmware/engine/slots.h has the format. A layer's C, as the compiler writes it for this network alone, is taken apart:
what is the same for every network of its kind is a kernel of the firmware; addresses, offsets in the arena and numbers
are its operands. Layers whose C is then alike have one kernel. Code that is written for one layer's shape (a tile in
assembly) stays with its kernel, and only serves layers of that shape; so the compiler aims at size, where there is
little of that.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from toolkit import resources
from toolkit.artifacts import sha256_of
from toolkit.compiler import c
from toolkit.compiler.compile import Anatomy, dissect
from toolkit.compiler.emit import C_TYPES
from toolkit.compiler.lower import Call
from toolkit.errors import UsageError
from toolkit.tflite import ends

_STRUCT = re.compile(r"^static const (\w+) (\w+) AOT_CONST = ")
_WORDS = re.compile(
    r"\$(?P<place>\w+)|(?P<address>&?)\b(?P<name>layer\d+_\w+)\b"
    r"|(?<![\w.])(?P<real>-?\d+\.\d*(?:e[+-]?\d+)?f|-?\d+e[+-]?\d+f)|(?<![\w.])(?P<number>-?\d+)(?P<unsigned>u?)\b"
)
_OWN = re.compile(r"\blayer\d+_")
_CALLED = re.compile(r"\b(aot_\w+)\(")
_KERNEL = "kernel@_"


@dataclass(frozen=True)
class Step:
    """One layer.

    Attributes:
        kernel: C of the kernel that computes it: what its functions need, and its body; `kernel@_` is a prefix of its
            own names.
        words: its operands, as C.
        call: the layer.
    """

    kernel: tuple[str, str]
    words: tuple[str, ...]
    call: Call

    @property
    def needs(self) -> str:
        """The kernel in words."""
        found = _CALLED.search(self.kernel[1])
        return found[1] if found else "code of its own"


@dataclass(frozen=True, eq=False)
class Slotted:
    """A network taken apart.

    Attributes:
        anatomy: as compiled.
        steps: its layers.
        sha256: of the .tflite.
    """

    anatomy: Anatomy
    steps: tuple[Step, ...]
    sha256: str

    @property
    def kernels(self) -> tuple[tuple[str, str], ...]:
        """Those that it needs, each once, in an order that its layers do not change."""
        return tuple(sorted({step.kernel for step in self.steps}))

    @property
    def files(self) -> tuple[str, ...]:
        """Kernel files that they need."""
        return self.anatomy.compiled.kernels

    @property
    def id(self) -> str:
        """16 hex digits over its kernels, their sources, and the format: what a firmware with it built in can run."""
        digest = hashlib.sha256((resources.firmware() / "engine" / "slots.h").read_bytes())
        for each in self.kernels:
            digest.update("\0".join(each).encode())
        for name in self.files:
            digest.update(name.encode() + resources.kernels()[name].read_bytes())
        return digest.hexdigest()[:16]


def take_apart(tflite: bytes, *, isa: str, fpu: bool) -> Slotted:
    """Compile a network to kernels and operands.

    Raises:
        ModelError: as `compile_model`.
    """
    anatomy = dissect(tflite, isa=isa, fpu=fpu, optimise="size", general=True)
    return Slotted(anatomy, tuple(_step(anatomy, call) for call in anatomy.calls), sha256_of(tflite))


def check_kernels(network: Slotted, kernels: Sequence[tuple[str, str]]) -> None:
    """Refuse a network that needs a kernel which a firmware has not.

    Raises:
        UsageError: it does; each layer's is named.
    """
    missing = [(place, step) for place, step in enumerate(network.steps) if step.kernel not in kernels]
    if not missing:
        return
    have = {Step(kernel, (), missing[0][1].call).needs for kernel in kernels}
    listed = ", ".join(
        f"layer {place} ({' + '.join(step.call.operators)}) {step.needs}"
        + (" for another shape" if step.needs in have else "")
        for place, step in missing[:4]
    )
    more = f" and {len(missing) - 4} more" if len(missing) > 4 else ""
    raise UsageError(
        f"the firmware on the board lacks kernels that this network needs: {listed}{more}",
        "nothing was sent; build and flash a firmware for it: tinyml build --slots, tinyml flash",
    )


def _step(anatomy: Anatomy, call: Call) -> Step:
    graph, offsets = anatomy.graph, anatomy.offsets
    arrays = {each.name: each.kind or c.TYPES[str(each.values.dtype)] for each in call.constants}
    structs = {found[2]: found[1] for each in call.definitions if (found := _STRUCT.match(each))}
    code = "".join(each for each in call.definitions if not _STRUCT.match(each))
    words: list[str] = []

    def word(text: str) -> str:
        words.append(text)
        return f"w[{len(words) - 1}]"

    def operand(found: re.Match[str]) -> str:
        if found["place"] is not None:
            return _placed(found["place"])
        if (name := found["name"]) is not None:
            if name in arrays:
                return f"((const {arrays[name]} *){word(f'(slot_word_t){name}')})"
            if name in structs:
                text = f"(const {structs[name]} *){word(f'(slot_word_t)&{name}')}"
                return text if found["address"] else f"(*{text})"
            return found["address"] + _OWN.sub(_KERNEL, name)
        if found["real"] is not None:
            bits = int(np.float32(found["real"].removesuffix("f")).view(np.uint32))
            return f"slot_real({word(f'0x{bits:08X}u')})"
        if found["unsigned"]:
            return f"(uint32_t){word(found['number'] + 'u')}"
        return "(int32_t)" + word("(slot_word_t)" + found["number"])

    def _placed(place: str) -> str:
        if place == "scratch":
            return f"(void *)(arena + {word(_offset(offsets['scratch', call.name]))})"
        if place == "out":
            return (
                f"({C_TYPES[str(graph.tensors[call.output].dtype)]} *)(arena + {word(_offset(offsets[call.output]))})"
            )
        tensor = graph.tensors[call.inputs[int(place)]]
        kind = C_TYPES[str(tensor.dtype)]
        if tensor.data is not None:
            return f"((const {kind} *){word(f'(slot_word_t){call.constant_input(int(place))}')})"
        return f"(const {kind} *)(arena + {word(_offset(offsets[call.inputs[int(place)]]))})"

    body = _WORDS.sub(operand, call.body)
    return Step((_OWN.sub(_KERNEL, code), body), tuple(words), call)


def _offset(value: object) -> str:
    return f"{value}u"


def kernels_c(kernels: Sequence[tuple[str, str]]) -> str:
    """The functions of these kernels, and `model_kernels`."""
    text = []
    for place, (code, body) in enumerate(kernels):
        own = f"kernel{place}_"
        lines = "\n".join(f"  {line}" for line in body.replace(_KERNEL, own).splitlines())
        text.append(
            f"{code.replace(_KERNEL, own)}\nstatic void kernel{place}(uint8_t *arena, const slot_word_t *w) {{\n"
            f"{lines}\n}}\n"
        )
    names = ", ".join(f"kernel{place}" for place in range(len(kernels)))
    return "\n".join(text) + f"\nslot_kernel_t *const model_kernels[MODEL_KERNELS] = {{{names}}};\n"


def plan_c(network: Slotted, kernels: Sequence[tuple[str, str]]) -> str:
    """Constants, operands, steps and `model_plan`, by the kernels' places in a firmware."""
    anatomy, compiled = network.anatomy, network.anatomy.compiled
    graph, offsets = anatomy.graph, anatomy.offsets
    text, steps = [], []
    for step in network.steps:
        call = step.call
        text += [*map(c.define, call.constants), *(each for each in call.definitions if _STRUCT.match(each))]
        text.append(f"static const slot_word_t {call.name}_words[] = {{{', '.join(step.words) or '0'}}};\n")
        output = f"{offsets[call.output]}u, {graph.tensors[call.output].bytes}u"
        steps.append(f"    {{{kernels.index(step.kernel)}u, {output}, {call.name}_words}},")
    places = ", ".join(_offset(offsets[anatomy.roots.get(end, end)]) for end in (*graph.inputs, *graph.outputs))
    sha256 = ", ".join(f"0x{each:02x}" for each in bytes.fromhex(network.sha256))
    listed = "\n".join(steps) or "    {0},"
    return (
        "\n".join(text)
        + f"\nstatic const slot_step_t steps[] = {{\n{listed}\n}};\n"
        + f"static const engine_end_t ends[] = {{{ends.as_c((*compiled.inputs, *compiled.outputs))}}};\n"
        + f"static const uint32_t places[] = {{{places}}};\n\n"
        + f"SLOT_PLAN const slot_plan_t model_plan = {{steps, ends, places, {compiled.arena_bytes}u, "
        + f"{len(steps)}u, {len(compiled.inputs)}u, {len(compiled.outputs)}u,\n  {{{sha256}}}}};\n"
    )


_SOURCE = """\
/* model.c: generated by tinyml from a .tflite. Kernels that compute whatever plan is handed to them, and the plan of
 * the network that was built in. */
#include "model.h"

{includes}

/* The kernels' parameters have types of their own. */
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif

static inline float slot_real(slot_word_t word) {{
  const uint32_t bits = (uint32_t)word;
  float real;
  memcpy(&real, &bits, sizeof real);
  return real;
}}

{kernels}
#define SLOT_PLAN
{plan}"""

_HEADER = """\
/* model.h: generated by tinyml: a firmware that takes networks over the link; slots.h has how. */
#ifndef MODEL_H
#define MODEL_H

#include "slots.h"

#define MODEL_SLOT_START {start:#x}u
#define MODEL_SLOT_BYTES {bytes}u
#define MODEL_SLOT_PAGE {page}u
#define MODEL_ARENA_BYTES {arena}u
#define MODEL_KERNELS {count}u

extern slot_kernel_t *const model_kernels[MODEL_KERNELS];
extern const slot_plan_t model_plan;

#endif
"""

_IMAGE = """\
/* image.c: generated by tinyml: a network's constants and plan, for a slot. */
#include "slots.h"

{includes}

#define SLOT_PLAN __attribute__((section(".slot_plan"), used))
{plan}
"""


def _includes(network: Slotted) -> str:
    headers = sorted({"aot_memory.h"} | {header for step in network.steps for header in step.call.headers})
    return "\n".join(f'#include "{name}"' for name in headers)


def firmware(network: Slotted, *, start: int, slot_bytes: int, page: int, arena_bytes: int) -> Mapping[str, str]:
    """model.h and model.c of a firmware that has this network built in.

    Args:
        start, slot_bytes, page: of the slots; arena_bytes: RAM for tensors and scratch of any network.
    """
    kernels = network.kernels
    header = _HEADER.format(start=start, bytes=slot_bytes, page=page, arena=arena_bytes, count=len(kernels))
    source = _SOURCE.format(
        includes=_includes(network),
        kernels=kernels_c(kernels),
        plan=plan_c(network, kernels),
    )
    return {"model.h": header, "model.c": source}


def image(network: Slotted, kernels: Sequence[tuple[str, str]]) -> str:
    """C text of a network for a slot of a firmware with these kernels: data alone."""
    return _IMAGE.format(includes=_includes(network), plan=plan_c(network, kernels))
