"""Networks of one operator each, over the shapes and types that TensorFlow Lite Micro takes."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np

from tests.reference.sketch import SAMPLES, Drawn, Sketch

Drawing = Callable[[Sketch, str], Drawn]


def _comparison(kind: str) -> Drawing:
    def draw(sketch: Sketch, dtype: str) -> Drawn:
        shape = sketch.shape()
        a, b = sketch.broadcast(shape)
        first = sketch.quantisation(dtype)
        second = first if sketch.chance() else sketch.quantisation(dtype)
        inputs = [sketch.given(a, dtype, first), sketch.either(b, dtype, second)]
        options = "" if kind.startswith("LOGICAL") else f"{kind.title().replace('_', '')}Options"
        return sketch.done(kind, inputs, [sketch.made(shape, "bool")], options)

    return draw


def _extreme(kind: str) -> Drawing:
    def draw(sketch: Sketch, dtype: str) -> Drawn:
        shape = sketch.shape()
        a, b = sketch.broadcast(shape)
        scaled = sketch.quantisation(dtype)
        inputs = [sketch.given(a, dtype, scaled), sketch.either(b, dtype, scaled)]
        return sketch.done(kind, inputs, [sketch.made(shape, dtype, scaled)], "MaximumMinimumOptions")

    return draw


def _squared_difference(sketch: Sketch, dtype: str) -> Drawn:
    shape = sketch.shape()
    a, b = sketch.broadcast(shape)
    inputs = [sketch.given(a, dtype), sketch.either(b, dtype)]
    return sketch.done("SQUARED_DIFFERENCE", inputs, [sketch.made(shape, dtype)], "SquaredDifferenceOptions")


def _function(kind: str, positive: bool = False) -> Drawing:
    def draw(sketch: Sketch, dtype: str) -> Drawn:
        shape = sketch.shape(longest=12)
        data = sketch.values((SAMPLES, *shape), dtype)
        if positive:
            data = np.abs(data) + np.float32(1e-3)
        return sketch.done(kind, [sketch.given(shape, dtype, data=data)], [sketch.made(shape, dtype)])

    return draw


def _logical_not(sketch: Sketch, dtype: str) -> Drawn:
    shape = sketch.shape()
    return sketch.done("LOGICAL_NOT", [sketch.given(shape, dtype)], [sketch.made(shape, dtype)], "LogicalNotOptions")


def _cast(sketch: Sketch, dtype: str) -> Drawn:
    shape = sketch.shape()
    source, to = dtype.split(" to ") if " to " in dtype else (dtype, dtype)
    data = sketch.values((SAMPLES, *shape), source)
    if source == "float32" and sketch.chance():
        data = data * np.float32(10.0 ** sketch.size(1, 12))
    return sketch.done("CAST", [sketch.given(shape, source, data=data)], [sketch.made(shape, to)], "CastOptions")


def _place(kind: str) -> Drawing:
    def draw(sketch: Sketch, dtype: str) -> Drawn:
        shape = sketch.shape(least=2)
        axis = sketch.size(0, len(shape) - 1)
        stored = axis - len(shape) if sketch.chance() else axis
        output = sketch.made((*shape[:axis], *shape[axis + 1 :]), "int32")
        name = kind.title().replace("_", "") + "Options"
        return sketch.done(kind, [sketch.given(shape, dtype), sketch.constant([stored])], [output], name, outputType=2)

    return draw


def _reduced(kind: str) -> Drawing:
    def draw(sketch: Sketch, dtype: str) -> Drawn:
        shape, scaled = sketch.shape(least=2), sketch.quantisation(dtype)
        axes = [axis for axis in range(len(shape)) if sketch.chance()] or [0]
        keep = sketch.chance()
        left = [1 if axis in axes else size for axis, size in enumerate(shape) if keep or axis not in axes]
        inputs = [sketch.given(shape, dtype, scaled), sketch.constant(axes)]
        return sketch.done(kind, inputs, [sketch.made(left, dtype, scaled)], "ReducerOptions", keepDims=keep)

    return draw


def _slice(sketch: Sketch, dtype: str) -> Drawn:
    shape, scaled = sketch.shape(most=5), sketch.quantisation(dtype)
    starts = [sketch.size(0, size - 1) for size in shape]
    counts = [sketch.size(1, size - start) for size, start in zip(shape, starts, strict=True)]
    stored = [
        -1 if start + count == size and sketch.chance() else count
        for start, count, size in zip(starts, counts, shape, strict=True)
    ]
    kind = "int64" if sketch.chance(0.3) else "int32"
    inputs = [sketch.given(shape, dtype, scaled), sketch.constant(starts, kind), sketch.constant(stored, kind)]
    return sketch.done("SLICE", inputs, [sketch.made(counts, dtype, scaled)], "SliceOptions")


def _mirror_pad(sketch: Sketch, dtype: str) -> Drawn:
    shape, scaled, symmetric = sketch.shape(), sketch.quantisation(dtype), sketch.chance()
    widths = [[sketch.size(0, size if symmetric else size - 1) for _ in range(2)] for size in shape]
    output = sketch.made([a + size + b for size, (a, b) in zip(shape, widths, strict=True)], dtype, scaled)
    kind = "int64" if sketch.chance(0.3) else "int32"
    inputs = [sketch.given(shape, dtype, scaled), sketch.constant(widths, kind)]
    return sketch.done("MIRROR_PAD", inputs, [output], "MirrorPadOptions", mode=int(symmetric))


def _batch_to_space(sketch: Sketch, dtype: str) -> Drawn:
    scaled, count = sketch.quantisation(dtype), sketch.size(1, 2)
    block = [sketch.size(1, 3) for _ in range(count)]
    batch, depth = sketch.size(1, 2), sketch.size(1, 4)
    sizes = [sketch.size(2, 4) for _ in range(count)]
    crops = [[sketch.size(0, 1), sketch.size(0, 1) if b > 1 else 0] for b in block]
    out = [size * b - sum(crop) for size, b, crop in zip(sizes, block, crops, strict=True)]
    inputs = [
        sketch.given((batch * int(np.prod(block)), *sizes, depth), dtype, scaled),
        sketch.constant(block),
        sketch.constant(crops),
    ]
    output = sketch.made((batch, *out, depth), dtype, scaled)
    return sketch.done("BATCH_TO_SPACE_ND", inputs, [output], "BatchToSpaceNDOptions")


def _space_to_batch(sketch: Sketch, dtype: str) -> Drawn:
    scaled, count = sketch.quantisation(dtype), sketch.size(1, 2)
    block = [sketch.size(1, 3) for _ in range(count)]
    batch, depth = sketch.size(1, 2), sketch.size(1, 4)
    sizes = [sketch.size(1, 3) for _ in range(count)]
    shape = (batch, *(size * b for size, b in zip(sizes, block, strict=True)), depth)
    inputs = [sketch.given(shape, dtype, scaled), sketch.constant(block), sketch.constant([[0, 0]] * count)]
    output = sketch.made((batch * int(np.prod(block)), *sizes, depth), dtype, scaled)
    return sketch.done("SPACE_TO_BATCH_ND", inputs, [output], "SpaceToBatchNDOptions")


def _depth(kind: str) -> Drawing:
    def draw(sketch: Sketch, dtype: str) -> Drawn:
        scaled, b = sketch.quantisation(dtype), sketch.size(2, 3)
        batch, height, width, depth = sketch.size(1, 2), sketch.size(1, 3), sketch.size(1, 3), sketch.size(1, 3)
        wide, deep = (batch, height * b, width * b, depth), (batch, height, width, depth * b * b)
        source, output = (wide, deep) if kind == "SPACE_TO_DEPTH" else (deep, wide)
        name = "SpaceToDepthOptions" if kind == "SPACE_TO_DEPTH" else "DepthToSpaceOptions"
        return sketch.done(
            kind, [sketch.given(source, dtype, scaled)], [sketch.made(output, dtype, scaled)], name, blockSize=b
        )

    return draw


_ORDERED = ("float32", "int32", "int64", "int8")
_BOTH = ("float32", "int8")
_CASTS = ("int8", "int16", "int32", "float32")

DRAWINGS: dict[str, tuple[Drawing, tuple[str, ...]]] = {
    **{kind: (_comparison(kind), ("bool", *_ORDERED)) for kind in ("EQUAL", "NOT_EQUAL")},
    **{kind: (_comparison(kind), _ORDERED) for kind in ("LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL")},
    **{kind: (_comparison(kind), ("bool",)) for kind in ("LOGICAL_AND", "LOGICAL_OR")},
    "LOGICAL_NOT": (_logical_not, ("bool",)),
    **{kind: (_extreme(kind), (*_ORDERED, "int16")) for kind in ("MAXIMUM", "MINIMUM")},
    "SQUARED_DIFFERENCE": (_squared_difference, ("float32", "int32", "int8", "int16")),
    **{kind: (_function(kind), ("float32",)) for kind in ("SIN", "COS", "FLOOR", "CEIL", "ROUND")},
    "LOG": (_function("LOG", positive=True), ("float32",)),
    "CAST": (_cast, tuple(f"{a} to {b}" if a != b else a for a in (*_CASTS, "bool") for b in _CASTS)),
    **{kind: (_place(kind), _BOTH) for kind in ("ARG_MAX", "ARG_MIN")},
    **{kind: (_reduced(kind), _BOTH) for kind in ("REDUCE_MAX", "REDUCE_MIN")},
    "SLICE": (_slice, ("bool", "float32", "int16", "int32", "int8")),
    "MIRROR_PAD": (_mirror_pad, _BOTH),
    "BATCH_TO_SPACE_ND": (_batch_to_space, _BOTH),
    "SPACE_TO_BATCH_ND": (_space_to_batch, _BOTH),
    "SPACE_TO_DEPTH": (_depth("SPACE_TO_DEPTH"), _BOTH),
    "DEPTH_TO_SPACE": (_depth("DEPTH_TO_SPACE"), _BOTH),
}
"""By operator: what draws it, and the types in which it is drawn."""

EVERY = tuple(f"{kind} of {dtype}" for kind, (_, dtypes) in DRAWINGS.items() for dtype in dtypes)


def draw(name: str, seed: int) -> Drawn:
    """One of EVERY; the same network for ever."""
    kind, dtype = name.split(" of ")
    random = np.random.default_rng((zlib.crc32(name.encode()), seed))
    return DRAWINGS[kind][0](Sketch(random), dtype)
