"""The compiled network as C whose constants can be changed while it runs, one layer at a time: for planting faults.

It is the C of `compile_model` but for two things: constants are variables, and functions at its end run single layers
on states of the arena that are handed in. It is for this computer alone, to be loaded as a shared library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import structs
from toolkit.compiler.compile import dissect
from toolkit.compiler.ir import Graph, Tensor
from toolkit.compiler.lower import Call

_DRIVER = """
#include <math.h>
#include <string.h>

static void *const tinyml_constants[] = {{{constants}}};
static void (*const tinyml_layers[])(void) = {{{layers}}};
typedef struct {{ uint32_t at, bytes; int real; }} tinyml_place;
static const tinyml_place tinyml_outputs[] = {{{outputs}}};
static const tinyml_place tinyml_inputs[] = {{{inputs}}};
static const tinyml_place tinyml_results[] = {{{results}}};
#define COUNT(array) (sizeof array / sizeof array[0])

void *tinyml_constant(uint32_t place) {{ return tinyml_constants[place]; }}
uint8_t *tinyml_arena(void) {{ return arena.bytes; }}
void tinyml_layer(uint32_t layer) {{ tinyml_layers[layer](); }}

/* The arena with input `which[i]` in it, for i < count. */
void tinyml_begin(const uint8_t *rows, const int32_t *which, uint32_t count, uint8_t *states) {{
  for (uint32_t i = 0; i < count; i++) {{
    const uint8_t *row = rows + (size_t)which[i] * {input_bytes}u;
    for (size_t k = 0; k < COUNT(tinyml_inputs); k++) {{
      memcpy(arena.bytes + tinyml_inputs[k].at, row, tinyml_inputs[k].bytes);
      row += tinyml_inputs[k].bytes;
    }}
    memcpy(states + (size_t)i * sizeof arena, &arena, sizeof arena);
  }}
}}

/* One layer on each state: before -> after; the two may be the same. */
void tinyml_advance(uint32_t layer, uint32_t count, const uint8_t *before, uint8_t *after) {{
  for (uint32_t i = 0; i < count; i++) {{
    memcpy(&arena, before + (size_t)i * sizeof arena, sizeof arena);
    tinyml_layers[layer]();
    memcpy(after + (size_t)i * sizeof arena, &arena, sizeof arena);
  }}
}}

void tinyml_results_of(uint32_t count, const uint8_t *states, uint8_t *rows) {{
  for (uint32_t i = 0; i < count; i++)
    for (size_t k = 0; k < COUNT(tinyml_results); k++) {{
      memcpy(rows, states + (size_t)i * sizeof arena + tinyml_results[k].at, tinyml_results[k].bytes);
      rows += tinyml_results[k].bytes;
    }}
}}

/* Whether the results in the arena are not `row`; a float32 element may be `allowed` away from it. */
static int differs(const uint8_t *row, const double *allowed) {{
  for (size_t k = 0; k < COUNT(tinyml_results); k++) {{
    const tinyml_place *place = &tinyml_results[k];
    if (!place->real) {{
      if (memcmp(arena.bytes + place->at, row, place->bytes) != 0) return 1;
    }} else {{
      for (uint32_t e = 0; e < place->bytes; e += 4) {{
        float is, due;
        memcpy(&is, arena.bytes + place->at + e, 4);
        memcpy(&due, row + e, 4);
        if (is != due && !(fabs((double)is - (double)due) <= *allowed)) return 1;
        allowed++;
      }}
    }}
    row += place->bytes;
  }}
  return 0;
}}

/* Writes what a fault in `layer` leaves of a state to the arena: its output overwritten with `fill`, or computed anew
 * with the constants as they are now. Whether the output is another than it should be. */
static int spoilt(uint32_t layer, const uint8_t *before, const uint8_t *sound, const uint8_t *fill) {{
  const tinyml_place *out = &tinyml_outputs[layer];
  if (fill != NULL) {{
    memcpy(&arena, sound, sizeof arena);
    memcpy(arena.bytes + out->at, fill, out->bytes);
  }} else {{
    memcpy(&arena, before, sizeof arena);
    tinyml_layers[layer]();
  }}
  return memcmp(arena.bytes + out->at, sound + out->at, out->bytes) != 0;
}}

/* The place among `count` states of the first on which the layer's own output shows a fault, else -1: any byte of
 * integers, and float32 elements that are off by more than `share` of the largest. */
int32_t tinyml_shown(uint32_t layer, uint32_t count, const uint8_t *before, const uint8_t *after, const uint8_t *fill,
                     double share) {{
  const tinyml_place *out = &tinyml_outputs[layer];
  for (uint32_t i = 0; i < count; i++) {{
    const uint8_t *sound = after + (size_t)i * sizeof arena;
    if (!spoilt(layer, before + (size_t)i * sizeof arena, sound, fill)) continue;
    if (!out->real) return (int32_t)i;
    float is, due;
    double most = 0, apart = 0;
    for (uint32_t e = 0; e < out->bytes; e += 4) {{
      memcpy(&is, arena.bytes + out->at + e, 4);
      memcpy(&due, sound + out->at + e, 4);
      most = fmax(most, fabs((double)due));
      if (!(fabs((double)is - (double)due) <= apart)) apart = fabs((double)is - (double)due);
    }}
    if (!(apart <= share * most)) return (int32_t)i;
  }}
  return -1;
}}

/* The place among `count` states of the first whose results show what was done to `layer`, else -1.
 * before, after: the states around the layer as it should be; due, allowed: by `which`; fill: what the layer's output
 * is overwritten with, or NULL; *reached: 1 if any output of the layer was
 * another than it should be; *went_on: states on which the layers behind it were computed. */
int32_t tinyml_first(uint32_t layer, uint32_t count, const uint8_t *before, const uint8_t *after, const int32_t *which,
                     const uint8_t *due, const double *allowed, const uint8_t *fill,
                     int32_t *reached, int32_t *went_on) {{
  for (uint32_t i = 0; i < count; i++) {{
    if (!spoilt(layer, before + (size_t)i * sizeof arena, after + (size_t)i * sizeof arena, fill)) continue;
    *reached = 1;
    ++*went_on;
    for (size_t next = layer + 1; next < COUNT(tinyml_layers); next++) tinyml_layers[next]();
    if (differs(due + (size_t)which[i] * {output_bytes}u, allowed + (size_t)which[i] * {reals}u)) return (int32_t)i;
  }}
  return -1;
}}
"""

_STRUCT = re.compile(r"^static const (\w+) (\w+) ", re.MULTILINE)


@dataclass(frozen=True)
class Place:
    """A tensor in the arena.

    Attributes:
        offset, bytes: where it lies.
        dtype: of its elements.
        zero: the stored value of 0.
    """

    offset: int
    bytes: int
    dtype: np.dtype[Any]
    zero: int = 0


@dataclass(frozen=True, eq=False)
class Constants:
    """Constants of one kind, of one layer.

    Attributes:
        role: "weights", "bias" or "multiplier".
        place: the number by which the library knows the array.
        values: as compiled, in the kernel's own order.
    """

    role: str
    place: int
    values: NDArray[Any]


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer, after fusion.

    Attributes:
        name: of its function; operators: the .tflite's; tensor: the name of the one that it writes.
        macs: multiply-accumulates.
        inputs: the computed tensors that it reads; output: the one that it writes.
        constants: those that can be changed.
        step: int8, by channel: by how much a sum must grow for the output to grow by 1; empty where there are no sums.
    """

    name: str
    operators: tuple[str, ...]
    tensor: str
    macs: int
    inputs: tuple[Place, ...]
    output: Place
    constants: tuple[Constants, ...]
    step: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Changeable:
    """C for a shared library, and what is in it.

    Attributes:
        sources: file name -> C text.
        kernels: file names in firmware/kernels that they need.
        arena_bytes: of one state.
        inputs, outputs: the network's ends, in its own order.
        layers: in the order of computation.
    """

    sources: dict[str, str]
    kernels: tuple[str, ...]
    arena_bytes: int
    inputs: tuple[Place, ...]
    outputs: tuple[Place, ...]
    layers: tuple[Layer, ...]


def changeable(tflite: bytes) -> Changeable:
    """Compile a network so that its constants can be changed while it runs.

    Raises:
        ModelError: as `compile_model`.
    """
    # For size: unrolled kernels would take the host's compiler a minute.
    anatomy = dissect(tflite, isa="native", fpu=True, optimise="size", share=False)
    graph, roots = anatomy.graph, anatomy.roots

    def place(index: int) -> Place:
        return _place(graph.tensors[index], int(anatomy.offsets[roots.get(index, index)]))

    expressions: list[str] = []
    layers = tuple(_layer(graph, call, place, expressions) for call in anatomy.calls)
    inputs, outputs = tuple(map(place, graph.inputs)), tuple(map(place, graph.outputs))
    driver = _DRIVER.format(
        constants=", ".join(expressions) or "NULL",
        layers=", ".join(layer.name for layer in layers),
        outputs=", ".join(_entry(layer.output) for layer in layers),
        inputs=", ".join(map(_entry, inputs)),
        results=", ".join(map(_entry, outputs)),
        input_bytes=sum(each.bytes for each in inputs),
        output_bytes=sum(each.bytes for each in outputs),
        reals=sum(each.bytes // 4 for each in outputs if each.dtype.kind == "f"),
    )
    # Not static either: what another file might change the compiler takes for nothing that it knows.
    plain = re.sub(r"^static const ", "", anatomy.compiled.sources["model.c"], flags=re.MULTILINE)
    return Changeable(
        anatomy.compiled.sources | {"model.c": plain + driver},
        anatomy.compiled.kernels,
        anatomy.compiled.arena_bytes,
        inputs,
        outputs,
        layers,
    )


def _entry(place: Place) -> str:
    return f"{{{place.offset}u, {place.bytes}u, {int(place.dtype.kind == 'f')}}}"


def _place(tensor: Tensor, offset: int) -> Place:
    zero = tensor.zero_point if tensor.quantisation is not None else 0
    return Place(offset, tensor.bytes, np.dtype(str(tensor.dtype)), zero)


def _layer(graph: Graph, call: Call, place: Any, expressions: list[str]) -> Layer:
    constants = []
    for role, expression, values in _changeable(call):
        constants.append(Constants(role, len(expressions), values))
        expressions.append(expression)
    return Layer(
        call.name,
        call.operators,
        graph.tensors[call.output].name,
        call.macs,
        tuple(place(index) for index in call.inputs if graph.tensors[index].data is None),
        place(call.output),
        tuple(constants),
        _step(call),
    )


def _changeable(call: Call) -> Iterator[tuple[str, str, NDArray[Any]]]:
    """Role, address and values of each constant of a layer that is a weight, a bias or a multiplier."""
    for constant in call.constants:
        role = constant.name.removeprefix(call.name + "_")
        if role.startswith("input"):
            role = "weights"
        if role in ("weights", "bias", "multiplier") and not constant.kind and constant.values.size:
            yield role, f"(void *){constant.name}", constant.values.reshape(-1)
    for definition in call.definitions:
        for kind, name in _STRUCT.findall(definition):
            for member, ctype in structs.members().get(kind, {}).items():
                if member.endswith("multiplier") and ctype == "int32_t":
                    found = re.search(rf"\.{member} = (-?\d+)\b", definition)
                    if found:
                        yield "multiplier", f"&{name}.{member}", np.array([int(found[1])], np.int32)


def _step(call: Call) -> NDArray[np.float64]:
    by_role = {constant.name.removeprefix(call.name + "_"): constant.values for constant in call.constants}
    if not {"multiplier", "shift"} <= by_role.keys():
        return np.zeros(0)
    factor = by_role["multiplier"].astype(np.float64) * 2.0 ** (by_role["shift"].astype(np.float64) - 31)
    return np.asarray(1.0 / np.maximum(factor, 2.0**-31))
