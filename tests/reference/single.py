"""Networks of one operator each, over the shapes and types that TensorFlow Lite Micro takes."""

from __future__ import annotations

import zlib

import numpy as np

from tests.compiler.graphs import activation, out_size, padding
from tests.reference import moved, scaled, stateful
from tests.reference.sketch import SAMPLES, Drawing, Drawn, Sketch


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
        to = sketch.quantisation(dtype) if kind in ("MEAN", "SUM") else scaled
        axes = [axis for axis in range(len(shape)) if sketch.chance()] or [0]
        keep = sketch.chance()
        left = [1 if axis in axes else size for axis, size in enumerate(shape) if keep or axis not in axes]
        inputs = [sketch.given(shape, dtype, scaled), sketch.constant(axes)]
        return sketch.done(kind, inputs, [sketch.made(left, dtype, to)], "ReducerOptions", keepDims=keep)

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


def _add_n(sketch: Sketch, dtype: str) -> Drawn:
    shape, scaled = sketch.shape(), sketch.quantisation(dtype)
    inputs = [sketch.given(shape, dtype, scaled)]
    inputs += [sketch.either(shape, dtype, scaled) for _ in range(sketch.size(1, 4))]
    return sketch.done("ADD_N", inputs, [sketch.made(shape, dtype)], "AddNOptions")


def _cumsum(sketch: Sketch, dtype: str) -> Drawn:
    shape = sketch.shape()
    axis = sketch.size(-len(shape), len(shape) - 1)
    inputs = [sketch.given(shape, dtype), sketch.constant([axis])]
    flags = {"exclusive": sketch.chance(), "reverse": sketch.chance()}
    return sketch.done("CUMSUM", inputs, [sketch.made(shape, dtype)], "CumsumOptions", **flags)


def _quotient(kind: str) -> Drawing:
    def draw(sketch: Sketch, dtype: str) -> Drawn:
        shape = sketch.shape()
        a, b = sketch.broadcast(shape)
        below = sketch.values((SAMPLES, *b), dtype)
        below[below == 0] = 0.75
        inputs = [sketch.given(a, dtype), sketch.given(b, dtype, data=below)]
        name = "FloorDivOptions" if kind == "FLOOR_DIV" else "FloorModOptions"
        return sketch.done(kind, inputs, [sketch.made(shape, dtype)], name)

    return draw


def _l2_normalization(sketch: Sketch, dtype: str) -> Drawn:
    shape = sketch.shape(longest=12)
    output = sketch.made(shape, dtype, (1 / 128, 0) if dtype == "int8" else (None, 0))
    return sketch.done("L2_NORMALIZATION", [sketch.given(shape, dtype)], [output], "L2NormOptions")


def _pool(kind: str) -> Drawing:
    def draw(sketch: Sketch, dtype: str) -> Drawn:
        batch, height, width, depth = (sketch.size(1, most) for most in (2, 7, 7, 4))
        rows, columns, stride, same = sketch.size(1, height), sketch.size(1, width), sketch.size(1, 3), sketch.chance()
        scaled = sketch.quantisation(dtype)
        out = [out_size(size, tap, stride, 1, same) for size, tap in ((height, rows), (width, columns))]
        return sketch.done(
            kind,
            [sketch.given((batch, height, width, depth), dtype, scaled)],
            [sketch.made((batch, *out, depth), dtype, scaled)],
            "Pool2DOptions",
            padding=padding(same),
            strideH=stride,
            strideW=stride,
            filterHeight=rows,
            filterWidth=columns,
            fusedActivationFunction=activation(str(sketch.random.choice(["NONE", "RELU", "RELU6"]))),
        )

    return draw


def _prelu(sketch: Sketch, dtype: str) -> Drawn:
    shape = sketch.shape()
    alpha = tuple(1 if sketch.chance() else size for size in shape)[-sketch.size(1, len(shape)) :]
    slopes = sketch.constant(sketch.values(alpha, dtype), dtype, sketch.quantisation(dtype))
    return sketch.done("PRELU", [sketch.given(shape, dtype), slopes], [sketch.made(shape, dtype)])


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
    "ADD_N": (_add_n, _BOTH),
    "CUMSUM": (_cumsum, _BOTH),
    "FLOOR_DIV": (_quotient("FLOOR_DIV"), ("float32",)),
    "FLOOR_MOD": (_quotient("FLOOR_MOD"), ("float32",)),
    "L2_NORMALIZATION": (_l2_normalization, _BOTH),
    "L2_POOL_2D": (_pool("L2_POOL_2D"), ("float32",)),
    "MAX_POOL_2D": (_pool("MAX_POOL_2D"), ("float32", "int16", "int8")),
    "AVERAGE_POOL_2D": (_pool("AVERAGE_POOL_2D"), ("float32", "int16", "int8")),
    "MEAN": (_reduced("MEAN"), ("float32", "int16", "int8")),
    "SUM": (_reduced("SUM"), ("float32", "int16", "int8")),
    "REDUCE_ALL": (_reduced("REDUCE_ALL"), ("bool",)),
    "ELU": (_function("ELU"), ("float32",)),
    "ABS": (_function("ABS"), ("float32", "int16", "int8")),
    "LOG_SOFTMAX": (_function("LOG_SOFTMAX"), ("float32",)),
    "PRELU": (_prelu, _BOTH),
    **moved.DRAWINGS,
    **scaled.DRAWINGS,
    **stateful.DRAWINGS,
}
"""By operator: what draws it, and the types in which it is drawn."""

EVERY = tuple(f"{kind} of {dtype}" for kind, (_, dtypes) in DRAWINGS.items() for dtype in dtypes)


def draw(name: str, seed: int) -> Drawn:
    """One of EVERY; the same network for ever."""
    kind, dtype = name.split(" of ")
    random = np.random.default_rng((zlib.crc32(name.encode()), seed))
    return DRAWINGS[kind][0](Sketch(random), dtype)
