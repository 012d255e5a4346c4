"""Generates what firmware/engine/tflm_engine.cc is compiled with: the resolver, the arena's size, the model's array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from toolkit.artifacts import sha256_of
from toolkit.board import Board, Toolchain
from toolkit.runtimes.tflm import arena as arenas
from toolkit.runtimes.tflm import figures, operators
from toolkit.runtimes.tflm.library import Library, find_library
from toolkit.tflite import describe, ends
from toolkit.tflite.as_c_array import c_array
from toolkit.tflite.ends import Ends
from toolkit.tflite.points import places_of


@dataclass(frozen=True)
class Prepared:
    """What the tflm runtime adds to a project.

    Attributes:
        engine: file names in firmware/engine.
        generated: file name -> text.
        arena: its size, and how that was reached.
        methods: the resolver's methods, in the order in which they are called.
        traced: the library tells of its operators one by one.
    """

    engine: tuple[str, ...]
    generated: Mapping[str, str]
    arena: arenas.Arena
    methods: tuple[str, ...]
    traced: bool = False


def needs_per_tensor(toolchain: Toolchain) -> bool:
    """Whether this road's library predates per-channel dense layers: then the model must be its per-tensor export."""
    return toolchain.framework == "arduino"


def for_toolchain(tflite: bytes, board: Board, toolchain: Toolchain, environment: Mapping[str, str]) -> Prepared:
    """What a board's road needs for one model.

    Args:
        tflite: the model.
        board, toolchain: what it is built for, and how.
        environment: where TFLM_DIR is looked up, for bare-metal boards.

    Raises:
        ModelError: see `prepare`.
        ToolError: a bare-metal board, and TFLM_DIR does not lead to a library that fits it.
    """
    if toolchain.framework == "host":
        return _for_host(tflite)
    library = None if needs_per_tensor(toolchain) else find_library(environment, board)
    return prepare(tflite, library)


def prepare(tflite: bytes, library: Library | None) -> Prepared:
    """Everything that the engine needs for one model.

    Args:
        tflite: the model.
        library: the library of a bare-metal board; None for the Arduino libraries, which predate per-channel dense
            layers and bring their own DebugLog.

    Raises:
        ModelError: the interpreter on the device could not compute the model, or would compute it wrongly.
    """
    found = operators.uses(tflite)
    operators.check(found, arduino=library is None)
    io = ends.ends_of(tflite)
    vector = library is not None and library.vector
    arena = arenas.size(figures.measure(tflite), arenas.shape_of(tflite, vector=vector))
    methods = operators.methods(found)
    traced = library is not None and library.profiles
    header, source = c_array(tflite, "tflm_model")
    generated: dict[str, str] = {
        "tflm_config.h": _config(tflite, methods, arena, io, traced=traced),
        "tflm_model.h": header,
        "tflm_model.c": source,
    }
    engine: tuple[str, ...] = ("tflm_engine.cc",)
    if library is not None:
        engine += ("tflm_platform.c",)
        generated["tflm.mk"] = library.makefile()
    return Prepared(engine, generated, arena, methods, traced)


def _for_host(tflite: bytes) -> Prepared:
    """The engine that is called back: the interpreter runs beside the firmware, and its figure is its own."""
    found = operators.uses(tflite)
    operators.check(found, arduino=False)
    io = ends.ends_of(tflite)
    measured = figures.measure(tflite)
    used = measured.head + measured.tail
    header = f"""/* Generated for the model of {len(tflite)} bytes, SHA-256 {sha256_of(tflite)}. */
#ifndef TFLM_HOST_H_
#define TFLM_HOST_H_

#define TFLM_HOST_INPUTS {len(io.inputs)}
#define TFLM_HOST_OUTPUTS {len(io.outputs)}
#define TFLM_HOST_ENDS {ends.as_c((*io.inputs, *io.outputs))}
#define TFLM_HOST_LAYERS {len(places_of(tflite))}
/* Of all inputs together, and of all outputs. */
#define TFLM_HOST_INPUT_BYTES {ends.size_bytes(io.inputs)}
#define TFLM_HOST_OUTPUT_BYTES {ends.size_bytes(io.outputs)}
/* What the interpreter on this computer uses for this model, with 64-bit pointers. */
#define TFLM_HOST_ARENA_BYTES {used}

#endif
"""
    engine = ("tflm_host_engine.c", "tflm_host_engine.h")
    arena = arenas.Arena(size=used, need=used, margin=0, host=used)
    return Prepared(engine, {"tflm_host.h": header}, arena, operators.methods(found), True)


def _config(tflite: bytes, methods: tuple[str, ...], arena: arenas.Arena, io: Ends, *, traced: bool) -> str:
    places = places_of(tflite) if traced else ()
    listed = ", ".join(f"{{{operator}, {tensor}}}" for operator, tensor in places)
    table = f"""
// Of each layer of a trace: the operator, by its place, and the tensor that it leaves.
struct Layer {{
  uint16_t place, tensor;
}};
constexpr uint16_t kLayers = {len(places)};
constexpr Layer kTrace[kLayers] = {{{listed}}};
"""
    checks = " ||\n      ".join(f"resolver->{method}() != kTfLiteOk" for method in methods)
    return f"""// Generated for the model of {len(tflite)} bytes, SHA-256 {sha256_of(tflite)}.
#ifndef TFLM_CONFIG_H_
#define TFLM_CONFIG_H_

#include <stdint.h>

#include "engine.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

#define TFLM_TRACED {int(traced)}  // the library tells of its operators

namespace tflm_config {{

// Used at most: {arena.need}. Margin for optimised kernels: {arena.margin}. On a 64-bit host: {arena.host}.
constexpr uint32_t kArenaBytes = {arena.size};

constexpr uint8_t kInputs = {len(io.inputs)};
constexpr uint8_t kOutputs = {len(io.outputs)};
constexpr engine_end_t kEnds[kInputs + kOutputs] = {{{ends.as_c((*io.inputs, *io.outputs))}}};

constexpr bool kKeepsState = {str(describe(tflite).keeps_state).lower()};
{table if traced else ""}
// One slot for each operator of the model, and no more.
using Resolver = tflite::MicroMutableOpResolver<{len(methods)}>;

inline TfLiteStatus AddOperators(Resolver *resolver) {{
  if ({checks}) {{
    return kTfLiteError;
  }}
  return kTfLiteOk;
}}

}}  // namespace tflm_config

#endif  // TFLM_CONFIG_H_
"""
