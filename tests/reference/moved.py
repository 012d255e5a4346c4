"""Networks of one operator that moves or picks elements; as in `single`."""

from __future__ import annotations

import numpy as np

from tests.reference.sketch import SAMPLES, Drawing, Drawn, Sketch


def _shape(sketch: Sketch, dtype: str) -> Drawn:
    source, to = dtype.split(" to ")
    shape = sketch.shape()
    x = sketch.given(shape, source)
    return sketch.done("SHAPE", [x], [sketch.made((len(shape),), to)], "ShapeOptions", outType=2)


def _reshaped(kind: str) -> Drawing:
    def draw(sketch: Sketch, dtype: str) -> Drawn:
        shape, scaled = sketch.shape(), sketch.quantisation(dtype)
        if kind == "EXPAND_DIMS":
            axis = sketch.size(0, len(shape))
            inputs = [sketch.given(shape, dtype, scaled), sketch.constant([axis])]
            to, options = (*shape[:axis], 1, *shape[axis:]), "ExpandDimsOptions"
            return sketch.done(kind, inputs, [sketch.made(to, dtype, scaled)], options)
        if kind == "SQUEEZE":
            inputs = [sketch.given((*shape, 1), dtype, scaled)]
            output = sketch.made(shape, dtype, scaled)
            return sketch.done(kind, inputs, [output], "SqueezeOptions", squeezeDims=[len(shape)])
        to = (int(np.prod(shape)),) if sketch.chance() else shape[::-1]
        inputs = [sketch.given(shape, dtype, scaled), sketch.constant(to)]
        return sketch.done(kind, inputs, [sketch.made(to, dtype, scaled)], "ReshapeOptions", newShape=list(to))

    return draw


def _transpose(sketch: Sketch, dtype: str) -> Drawn:
    shape, scaled = sketch.shape(most=5), sketch.quantisation(dtype)
    order = [int(axis) for axis in sketch.random.permutation(len(shape))]
    inputs = [sketch.given(shape, dtype, scaled), sketch.constant(order)]
    return sketch.done(
        "TRANSPOSE", inputs, [sketch.made([shape[at] for at in order], dtype, scaled)], "TransposeOptions"
    )


def _pad(kind: str) -> Drawing:
    def draw(sketch: Sketch, dtype: str) -> Drawn:
        shape, scaled = sketch.shape(), sketch.quantisation(dtype)
        widths = [[sketch.size(0, 2), sketch.size(0, 2)] for _ in shape]
        inputs = [sketch.given(shape, dtype, scaled), sketch.constant(widths)]
        if kind == "PADV2":
            inputs.append(sketch.constant(sketch.values((), dtype), dtype, scaled))
        output = sketch.made([a + size + b for size, (a, b) in zip(shape, widths, strict=True)], dtype, scaled)
        return sketch.done(kind, inputs, [output], "PadOptions" if kind == "PAD" else "PadV2Options")

    return draw


def _concatenation(sketch: Sketch, dtype: str) -> Drawn:
    shape, scaled = list(sketch.shape()), sketch.quantisation(dtype)
    axis, lengths = sketch.size(0, len(shape) - 1), [sketch.size(1, 4) for _ in range(sketch.size(2, 4))]
    shapes = [(*shape[:axis], length, *shape[axis + 1 :]) for length in lengths]
    inputs = [sketch.given(shapes[0], dtype, scaled), *(sketch.either(each, dtype, scaled) for each in shapes[1:])]
    output = sketch.made((*shape[:axis], sum(lengths), *shape[axis + 1 :]), dtype, scaled)
    stored = axis - len(shape) if sketch.chance() else axis
    return sketch.done("CONCATENATION", inputs, [output], "ConcatenationOptions", axis=stored)


def _pack(sketch: Sketch, dtype: str) -> Drawn:
    shape, scaled, count = sketch.shape(most=3), sketch.quantisation(dtype), sketch.size(2, 4)
    axis = sketch.size(0, len(shape))
    inputs = [sketch.given(shape, dtype, scaled), *(sketch.either(shape, dtype, scaled) for _ in range(count - 1))]
    output = sketch.made((*shape[:axis], count, *shape[axis:]), dtype, scaled)
    return sketch.done("PACK", inputs, [output], "PackOptions", valuesCount=count, axis=axis)


def _unpack(sketch: Sketch, dtype: str) -> Drawn:
    shape, scaled = sketch.shape(least=2), sketch.quantisation(dtype)
    axis = sketch.size(0, len(shape) - 1)
    left = (*shape[:axis], *shape[axis + 1 :])
    outputs = [sketch.made(left, dtype, scaled) for _ in range(shape[axis])]
    stored = axis - len(shape) if sketch.chance() else axis
    x = sketch.given(shape, dtype, scaled)
    return sketch.done("UNPACK", [x], outputs, "UnpackOptions", num=shape[axis], axis=stored)


def _split(sketch: Sketch, dtype: str) -> Drawn:
    dtype = dtype.split(" to ")[1]
    shape, scaled, count = list(sketch.shape()), sketch.quantisation(dtype), sketch.size(1, 3)
    axis = sketch.size(0, len(shape) - 1)
    part = tuple(shape)
    shape[axis] *= count
    outputs = [sketch.made(part, dtype, scaled) for _ in range(count)]
    inputs = [sketch.constant([axis]), sketch.given(tuple(shape), dtype, scaled)]
    return sketch.done("SPLIT", inputs, outputs, "SplitOptions", numSplits=count)


def _split_v(sketch: Sketch, dtype: str) -> Drawn:
    shape, scaled = list(sketch.shape()), sketch.quantisation(dtype)
    axis, lengths = sketch.size(0, len(shape) - 1), [sketch.size(1, 3) for _ in range(sketch.size(1, 3))]
    outputs = [sketch.made((*shape[:axis], length, *shape[axis + 1 :]), dtype, scaled) for length in lengths]
    shape[axis] = sum(lengths)
    inputs = [sketch.given(tuple(shape), dtype, scaled), sketch.constant(lengths), sketch.constant([axis])]
    return sketch.done("SPLIT_V", inputs, outputs, "SplitVOptions", numSplits=len(lengths))


def _strided_slice(sketch: Sketch, dtype: str) -> Drawn:
    shape, scaled = sketch.shape(), sketch.quantisation(dtype)
    begins, ends, strides, left, masks = [], [], [], [], [0, 0, 0]
    for axis, size in enumerate(shape):
        start, stride = sketch.size(0, size - 1), sketch.size(1, 2)
        stop = sketch.size(start + 1, size)
        if sketch.chance(0.3) and start > 0:  # backwards
            stop, stride = start - 1 - sketch.size(0, start - 1), -1
        if sketch.chance(0.25):
            masks[2] |= 1 << axis
            stop, stride = start + 1, 1
        elif sketch.chance(0.2) and stride > 0:
            masks[0], start = masks[0] | 1 << axis, 0
        elif sketch.chance(0.2) and stride > 0:
            masks[1], stop = masks[1] | 1 << axis, size
        if not masks[2] >> axis & 1:
            left.append(len(range(start, stop, stride)))
        begins.append(start - size if sketch.chance(0.3) and start else start)
        ends.append(stop if stride > 0 or stop >= 0 else stop - size)
        strides.append(stride)
    inputs = [sketch.given(shape, dtype, scaled), *(sketch.constant(each) for each in (begins, ends, strides))]
    names = ("beginMask", "endMask", "shrinkAxisMask")
    options = dict(zip(names, masks, strict=True))
    return sketch.done("STRIDED_SLICE", inputs, [sketch.made(left, dtype, scaled)], "StridedSliceOptions", **options)


def _gather(sketch: Sketch, dtype: str) -> Drawn:
    shape, scaled = sketch.shape(), sketch.quantisation(dtype)
    axis, places = sketch.size(0, len(shape) - 1), sketch.shape(most=2)
    data = sketch.random.integers(0, shape[axis], (SAMPLES, *places))
    x = sketch.given(shape, dtype, scaled)
    where = sketch.given(places, "int32", data=data) if sketch.chance() else sketch.constant(data[0])
    output = sketch.made((*shape[:axis], *places, *shape[axis + 1 :]), dtype, scaled)
    return sketch.done("GATHER", [x, where], [output], "GatherOptions", axis=axis, batchDims=0)


def _gather_nd(sketch: Sketch, dtype: str) -> Drawn:
    shape, scaled = sketch.shape(), sketch.quantisation(dtype)
    depth, places = sketch.size(1, len(shape)), sketch.shape(most=2)
    data = np.stack([sketch.random.integers(0, size, (SAMPLES, *places)) for size in shape[:depth]], axis=-1)
    x = sketch.given(shape, dtype, scaled)
    where = sketch.given((*places, depth), "int32", data=data) if sketch.chance() else sketch.constant(data[0])
    output = sketch.made((*places, *shape[depth:]), dtype, scaled)
    return sketch.done("GATHER_ND", [x, where], [output], "GatherNdOptions")


def _embedding_lookup(sketch: Sketch, dtype: str) -> Drawn:
    to = dtype.split(" to ")[1]
    stored = "int8" if to == "int8" or sketch.chance() else "float32"
    scaled = (sketch.scale(), 0) if stored == "int8" else (None, 0)
    shape, count = sketch.shape(least=2, most=3), sketch.size(1, 4)
    where = sketch.given((count,), "int32", data=sketch.random.integers(0, shape[0], (SAMPLES, count)))
    table = sketch.constant(sketch.values(shape, stored), stored, scaled)
    output = sketch.made((count, *shape[1:]), to, scaled if to == "int8" else (None, 0))
    return sketch.done("EMBEDDING_LOOKUP", [where, table], [output])


def _dynamic_update_slice(sketch: Sketch, dtype: str) -> Drawn:
    shape, scaled = sketch.shape(), sketch.quantisation(dtype)
    part = tuple(sketch.size(1, size) for size in shape)
    data = sketch.random.integers(-1, 6, (SAMPLES, len(shape)))
    kind = "int64" if sketch.chance(0.3) else "int32"
    inputs = [
        sketch.given(shape, dtype, scaled),
        sketch.either(part, dtype, scaled),
        sketch.given((len(shape),), kind, data=data) if sketch.chance() else sketch.constant(data[0], kind),
    ]
    output = sketch.made(shape, dtype, scaled)
    return sketch.done("DYNAMIC_UPDATE_SLICE", inputs, [output], "DynamicUpdateSliceOptions")


def _reverse(sketch: Sketch, dtype: str) -> Drawn:
    shape, scaled = sketch.shape(), sketch.quantisation(dtype)
    first = sketch.size(0, len(shape) - 1)
    axes = list(range(first, sketch.size(first, len(shape) - 1) + 1))
    if sketch.chance():
        axes = [axis - len(shape) for axis in axes[::-1]]
    inputs = [sketch.given(shape, dtype, scaled), sketch.constant(axes)]
    return sketch.done("REVERSE_V2", inputs, [sketch.made(shape, dtype, scaled)], "ReverseV2Options")


def _select(sketch: Sketch, dtype: str) -> Drawn:
    to = dtype.split(" to ")[1]
    shape, scaled = sketch.shape(), sketch.quantisation(to)
    a, b = sketch.broadcast(shape)
    inputs = [
        sketch.given(a if sketch.chance() else b, "bool"),
        sketch.either(a, to, scaled),
        sketch.either(b, to, scaled),
    ]
    shapes = [tuple(sketch.graph.graph.tensors[at].shape) for at in inputs]
    output = sketch.made(np.broadcast_shapes(*shapes), to, scaled)
    return sketch.done("SELECT_V2", inputs, [output], "SelectV2Options")


def _broadcast_to(sketch: Sketch, dtype: str) -> Drawn:
    shape, scaled = sketch.shape(most=5), sketch.quantisation(dtype)
    source = tuple(1 if sketch.chance() else size for size in shape)[sketch.size(0, len(shape) - 1) :]
    kind = "int64" if sketch.chance(0.3) else "int32"
    inputs = [sketch.given(source, dtype, scaled), sketch.constant(shape, kind)]
    return sketch.done("BROADCAST_TO", inputs, [sketch.made(shape, dtype, scaled)], "BroadcastToOptions")


def _fill(sketch: Sketch, dtype: str) -> Drawn:
    to = dtype.split(" to ")[1]
    shape, scaled = sketch.shape(), sketch.quantisation(to)
    inputs = [sketch.constant(shape), sketch.given((), to, scaled)]
    return sketch.done("FILL", inputs, [sketch.made(shape, to, scaled)], "FillOptions")


def _zeros_like(sketch: Sketch, dtype: str) -> Drawn:
    shape, scaled = sketch.shape(), sketch.quantisation(dtype)
    x = sketch.given(shape, dtype, scaled)
    return sketch.done("ZEROS_LIKE", [x], [sketch.made(shape, dtype, scaled)], "ZerosLikeOptions")


def _resize(kind: str) -> Drawing:
    def draw(sketch: Sketch, dtype: str) -> Drawn:
        scaled = sketch.quantisation(dtype)
        batch, height, width, depth = (sketch.size(1, most) for most in (2, 7, 7, 3))
        to = [sketch.size(1, 15), sketch.size(1, 15)]
        corners = sketch.chance()
        half = sketch.chance() and not (corners and kind == "RESIZE_BILINEAR")
        name = "ResizeBilinearOptions" if kind == "RESIZE_BILINEAR" else "ResizeNearestNeighborOptions"
        inputs = [sketch.given((batch, height, width, depth), dtype, scaled), sketch.constant(to)]
        output = sketch.made((batch, *to, depth), dtype, scaled)
        return sketch.done(kind, inputs, [output], name, alignCorners=corners, halfPixelCenters=half)

    return draw


_ALL = ("float32", "int16", "int32", "int8")
_BOTH = ("float32", "int8")

DRAWINGS: dict[str, tuple[Drawing, tuple[str, ...]]] = {
    "SHAPE": (_shape, tuple(f"{dtype} to int32" for dtype in ("float32", "int16", "int8"))),
    **{kind: (_reshaped(kind), ("float32", "int16", "int8")) for kind in ("RESHAPE", "SQUEEZE")},
    "EXPAND_DIMS": (_reshaped("EXPAND_DIMS"), ("float32", "int16", "int8")),
    "TRANSPOSE": (_transpose, ("float32", "int16", "int8")),
    "PAD": (_pad("PAD"), _ALL),
    "PADV2": (_pad("PADV2"), _ALL),
    "CONCATENATION": (_concatenation, ("bool", "int64", *_ALL)),
    "PACK": (_pack, _ALL),
    "UNPACK": (_unpack, _ALL),
    "SPLIT": (_split, tuple(f"int32 to {dtype}" for dtype in ("float32", "int16", "int8"))),
    "SPLIT_V": (_split_v, _ALL),
    "STRIDED_SLICE": (_strided_slice, ("bool", *_ALL)),
    "GATHER": (_gather, _BOTH),
    "GATHER_ND": (_gather_nd, _BOTH),
    "EMBEDDING_LOOKUP": (_embedding_lookup, tuple(f"int32 to {dtype}" for dtype in _BOTH)),
    "DYNAMIC_UPDATE_SLICE": (_dynamic_update_slice, _ALL),
    "REVERSE_V2": (_reverse, ("bool", "int64", "uint8", *_ALL)),
    "SELECT_V2": (_select, tuple(f"bool to {dtype}" for dtype in ("float32", "int16", "int8"))),
    "BROADCAST_TO": (_broadcast_to, ("bool", *_ALL)),
    "FILL": (_fill, tuple(f"int32 to {dtype}" for dtype in ("float32", "int8"))),
    "ZEROS_LIKE": (_zeros_like, ("float32", "int32", "int64", "int8")),
    "RESIZE_NEAREST_NEIGHBOR": (_resize("RESIZE_NEAREST_NEIGHBOR"), ("float32", "int16", "int8")),
    "RESIZE_BILINEAR": (_resize("RESIZE_BILINEAR"), _BOTH),
}
