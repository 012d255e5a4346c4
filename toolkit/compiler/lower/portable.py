"""Convolution and dense layers in portable C: the kernels of firmware/kernels/portable."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import c
from toolkit.compiler.lower import parameters
from toolkit.compiler.lower.base import Call, float_fields, window_fields
from toolkit.compiler.lower.weighted import Weighted

# Elements of a kernel row that are worth unrolling.
_LONGEST_RUN = 32
_TILE_CHANNELS = 4
_TILE_POSITIONS = 4


def conv_s8(layer: Weighted) -> Call:
    """aot_conv_s8.c: any int8 convolution."""
    return _conv_s8(layer, "aot_conv_s8", "aot_conv.h", ("aot_conv_s8.c",))


def conv_pool2_s8(layer: Weighted) -> Call | None:
    """aot_conv_pool2_s8.c: a pool of 2x2, one group, kernel rows that are runs inside the image."""
    if not _is_pool2(layer):
        return None
    return _conv_s8(layer, "aot_conv_pool2_s8", "aot_conv.h", ("aot_conv_pool2_s8.c",))


def conv_unpadded_s8(layer: Weighted) -> Call | None:
    """aot_conv_unpadded_s8.h: unrolled code for a small kernel that never leaves the image."""
    shape = layer.shape
    if layer.groups > 1 or not shape.tiles or shape.padded or shape.run > _LONGEST_RUN:
        return None
    return _conv_s8(layer, "aot_conv_unpadded_s8", "aot_conv_unpadded_s8.h", ())


def conv_f32(layer: Weighted) -> Call:
    """aot_conv_f32.c: any float32 convolution."""
    return _conv_f32(layer, "aot_conv_f32")


def conv_pool2_f32(layer: Weighted) -> Call | None:
    """aot_conv_pool2_f32.c: as conv_pool2_s8."""
    return _conv_f32(layer, "aot_conv_pool2_f32") if _is_pool2(layer) else None


def dense_s8(layer: Weighted) -> Call:
    """aot_dense_s8.c: any int8 dense layer."""
    q = layer.arithmetic
    return _dense(layer, "aot_dense_s8", *parameters.of_int8(layer.context, q, q.weights))


def dense_f32(layer: Weighted) -> Call:
    """aot_dense_f32.c: any float32 dense layer."""
    return _dense(layer, "aot_dense_f32", *parameters.of_float(layer.context, layer.rows, layer.bias))


def conv_tile_f32(layer: Weighted) -> Call | None:
    """aot_conv_tile_f32.h: a float32 convolution or dense layer in tiles whose sums stay in an FPU's registers."""
    context, shape = layer.context, layer.shape
    if not context.target.fpu or layer.groups > 1:
        return None
    if not shape.tiles or shape.pool.kernel_h * shape.pool.kernel_w > _TILE_POSITIONS:
        return None
    width = shape.input[1] * shape.input[2]
    pitch = max(shape.reach, shape.window.pad_left * shape.input[2] + width) if shape.padded else width
    if pitch > 65_535:
        return None
    weights = context.constant("weights", _by_tiles(layer.rows))
    biases = context.constant("bias", layer.bias)
    fields: dict[str, Any] = {
        "shape": shape.fields(),
        "pitch": pitch,
        "run": shape.run,
        "padded": "true" if shape.padded else "false",
        "weights": weights.name,
        "bias": biases.name,
    }
    fields |= float_fields(context.layer.activation)
    return Call(
        context.name,
        tuple(op.kind for op in context.layer.operators),
        context.layer.inputs[:1],
        context.layer.output,
        f"aot_conv_tile_f32(&{context.name}_layer, $0, {'$scratch' if shape.padded else 'NULL'}, $out);",
        (),
        ("aot_conv_tile_f32.h",),
        (weights, biases),
        (c.structure("aot_conv_tile_f32_t", f"{context.name}_layer", fields),),
        scratch_bytes=shape.rows * pitch * 4 if shape.padded else 0,
        macs=layer.macs,
    )


def _by_tiles(rows: NDArray[Any]) -> NDArray[np.float32]:
    """[channels, taps] -> by groups of four channels, the last one perhaps smaller: [tap][channel]."""
    groups = [rows[at : at + _TILE_CHANNELS] for at in range(0, len(rows), _TILE_CHANNELS)]
    return np.concatenate([np.asarray(group, np.float32).T.reshape(-1) for group in groups])


def _is_pool2(layer: Weighted) -> bool:
    shape = layer.shape
    pool = (shape.pool.kernel_h, shape.pool.kernel_w)
    return layer.groups == 1 and shape.tiles and not shape.padded and pool == (2, 2)


def _conv_s8(layer: Weighted, kernel: str, header: str, files: tuple[str, ...]) -> Call:
    context, q = layer.context, layer.arithmetic
    fields, constants = parameters.of_int8(context, q, q.weights)
    members = {"shape": _conv_shape(layer)} | fields | {"input_zero": context.input(0).zero_point}
    return context.call(kernel, ("aot_conv_s8_t", members), files, header, constants, layer.macs)


def _conv_f32(layer: Weighted, kernel: str) -> Call:
    fields, constants = parameters.of_float(layer.context, layer.rows, layer.bias)
    members = {"shape": _conv_shape(layer)} | fields
    return layer.context.call(
        kernel, ("aot_conv_f32_t", members), (f"{kernel}.c",), "aot_conv.h", constants, layer.macs
    )


def _conv_shape(layer: Weighted) -> dict[str, Any]:
    """`aot_conv_shape_t`."""
    shape = layer.shape
    return {
        **dict(zip(("in_h", "in_w", "in_c"), shape.input, strict=True)),
        **dict(zip(("conv_h", "conv_w"), shape.conv, strict=True)),
        **dict(zip(("out_h", "out_w", "out_c"), shape.output, strict=True)),
        "group_in": shape.input[2] // layer.groups,
        "group_out": shape.output[2] // layer.groups,
        "kernel": window_fields(shape.window),
        "pool": window_fields(shape.pool),
    }


def _dense(layer: Weighted, kernel: str, fields: dict[str, Any], constants: tuple[c.Constant, ...]) -> Call:
    (_, count, inputs), (_, _, outputs) = layer.shape.input, layer.shape.output
    shape = {"rows": count, "inputs": inputs, "outputs": outputs}
    return layer.context.call(
        kernel, (f"{kernel}_t", shape | fields), (f"{kernel}.c",), "aot_dense.h", constants, layer.macs
    )
