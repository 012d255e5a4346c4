"""int8 convolution and dense layers for Armv7E-M as a product of matrices: aot_gemm_dsp.h, weights as int8 or int16.

docs/compiler.md, "Weights stay bytes", proves what two channels in one word rest on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import c
from toolkit.compiler.lower.base import Call
from toolkit.compiler.lower.dsp import Scaled, following_table, scaled
from toolkit.compiler.lower.dsp_gemm_text import Form, function
from toolkit.compiler.lower.shapes import NO_POOL
from toolkit.compiler.lower.weighted import Weighted

_UNROLLED = 40
"""Pairs of taps: up to 2 KiB of code."""

_UNROLLED_FOR_SIZE = 4

# A patch of taps is gathered anew for each position, which few channels do not repay where there are several.
_LEAST_CHANNELS = 8

_FEW_WEIGHTS = 1024
"""Under a pool the tile takes up to 40 % fewer instructions, as it gathers no patch; so few weights are worth a byte
more each. Measured on examples/pictures: 43,803 -> 24,980 instructions."""

# strb has 12 bits of distance.
_MOST_CHANNELS = 4095


def wide(layer: Weighted) -> Call | None:
    """Weights as int16: an instruction fewer for sixteen multiply-accumulates, twice the flash."""
    return _call(layer, is_wide=True, generic=False)


def narrow(layer: Weighted) -> Call | None:
    """Weights as int8."""
    return _call(layer, is_wide=False, generic=False)


def compact(layer: Weighted) -> Call | None:
    """Weights as int8, one short loop for all layers."""
    return _call(layer, is_wide=False, generic=True)


def _order(run: int) -> NDArray[np.int64]:
    """The taps of a kernel row as the kernel gathers them, [pairs, 2]; -1: nothing."""
    fours = np.arange(run // 4 * 4).reshape(-1, 2, 2).swapaxes(1, 2).reshape(-1, 2)
    at = run // 4 * 4
    rest = {0: [], 1: [(at, -1)], 2: [(at, at + 1)], 3: [(at, at + 2), (at + 1, -1)]}[run % 4]
    return np.concatenate([fours, np.array(rest, np.int64).reshape(-1, 2)])


def _paired(weights: NDArray[np.int64], kernel_rows: int, steps: int) -> NDArray[np.int64]:
    """[channels, taps] -> [channels of whole groups of four, steps, 2], in the order of gathering, rests zero."""
    channels, taps = weights.shape
    order = _order(taps // kernel_rows)
    rows = np.concatenate(
        [weights.reshape(channels, kernel_rows, -1), np.zeros((channels, kernel_rows, 1), np.int64)], 2
    )
    found = rows[:, :, order].reshape(channels, -1, 2)
    return np.pad(found, ((0, -channels % 4), (0, steps - found.shape[1]), (0, 0)))


def _words(paired: NDArray[np.int64], is_wide: bool) -> NDArray[np.uint32] | None:
    """The weights as the kernel reads them, [groups, words]; None if two channels do not go into a word.

    That is a weight of -128 beside a negative one: 256 * -128 + c0 is no int16.
    """
    halves = paired if is_wide else paired[0::2] + 256 * paired[1::2]
    if halves.min() < -32_768 or halves.max() > 32_767:
        return None
    bits = halves.astype(np.int16).view(np.uint16).astype(np.uint32)
    words = bits[..., 0] | bits[..., 1] << 16
    by_group = words.reshape(-1, 4 if is_wide else 2, words.shape[1]).swapaxes(1, 2)
    return np.ascontiguousarray(by_group).reshape(len(by_group), -1)


def _stream(words: NDArray[np.uint32], k: Scaled, one_scale: bool) -> NDArray[np.uint32]:
    """Weights and constants by groups of four channels."""
    each = [k.bias] if one_scale else [k.bias, k.multiplier, k.offset]
    constants = np.stack(each, axis=1).astype(np.int32).view(np.uint32)
    shifts = np.pad(k.shift, (0, -len(k.shift) % 4)).astype(np.uint8).view("<u4")
    parts: list[NDArray[np.uint32]] = []
    for group, weights in enumerate(words):
        parts.append(weights)
        if not one_scale:
            parts.append(shifts[group : group + 1].astype(np.uint32))
        parts.append(constants[4 * group : 4 * group + 4].reshape(-1))
    return np.concatenate(parts)


def _steps(pairs: int, lanes: Sequence[int], generic: bool) -> tuple[int, int]:
    """How many pairs of taps are unrolled, and how often that runs; one lane takes two pairs at once."""
    turns = -(-pairs // (_UNROLLED_FOR_SIZE if generic else _UNROLLED))
    steps = _UNROLLED_FOR_SIZE if generic else -(-pairs // turns)
    return steps + (steps % 2 if 1 in lanes else 0), turns


def _exact(layer: Weighted, k: Scaled, is_wide: bool) -> bool:
    """Whether the assembly computes these constants: see "Weights stay bytes"."""
    if int(k.shift.min()) == 0 or int(k.shift.max()) > 31:
        return False
    if is_wide:
        return True
    q = layer.arithmetic
    odd = np.abs(q.weights[1::2].astype(np.int64)).sum(axis=1)
    return int(q.shift.max()) <= 0 and bool((odd < 1 << 16).all())


def _call(layer: Weighted, *, is_wide: bool, generic: bool) -> Call | None:
    context, shape, q = layer.context, layer.shape, layer.arithmetic
    pool, channels = shape.pool, shape.output[2]
    pooled = pool != NO_POOL
    least = 4 if shape.conv == (1, 1) else _LEAST_CHANNELS
    if layer.groups > 1 or not shape.tiles or not least <= channels <= _MOST_CHANNELS:
        return None
    if pooled and pool.kernel_w != 2:
        return None
    if pooled and not generic and (is_wide or q.weights.size <= _FEW_WEIGHTS):
        return None
    k = scaled(q)
    if k is None or not _exact(layer, k, is_wide):
        return None
    positions = 2 if pooled else shape.output[0] * shape.output[1]
    general = context.target.general
    lanes = [lane for lane, there in ((2, positions >= 2 or general), (1, positions % 2 == 1 or general)) if there]
    pairs = shape.window.kernel_h * len(_order(shape.run))
    steps, turns = _steps(pairs, lanes, generic)
    weights = k.weights if is_wide else q.weights.astype(np.int64)
    words = _words(_paired(weights, shape.window.kernel_h, steps * turns), is_wide)
    if words is None:
        return None
    one_scale = not general and all(len(np.unique(each)) == 1 for each in (k.multiplier, k.offset, k.shift))
    stream = context.constant("stream", _stream(words, k, one_scale))
    table = following_table(context, q)
    arrays = [stream] if table is None else [stream, context.constant("table", table)]
    form = Form(
        lanes=2,
        wide=is_wide,
        steps=steps,
        rolled=generic or turns > 1,
        pool_rows=pool.kernel_h if pooled else 0,
        shift=int(k.shift[0]) if one_scale else 0,
        table=table is not None,
        channels=0 if generic else channels,
    )
    forms = {lane: replace(form, lanes=lane) for lane in lanes}
    fields: dict[str, Any] = {
        "stream": stream.name,
        "end": f"{stream.name} + {stream.values.size}",
        "table": "0" if table is None else f"{arrays[1].name} + 128",
        "multiplier": k.multiplier[0] if one_scale else 0,
        "offset": k.offset[0] if one_scale else 0,
        "turns": turns,
        "channels": channels,
        "steps": steps,
        "shape": shape.fields(),
        "run": shape.run,
        "input_zero": context.input(0).zero_point,
        "shift": form.shift,
        "wide": int(is_wide),
    }
    tiles = ", ".join(forms[lane].name if lane in forms else "NULL" for lane in (2, 1))
    struct = f"{context.name}_layer"
    return Call(
        context.name,
        tuple(op.kind for op in context.layer.operators),
        context.layer.inputs[:1],
        context.layer.output,
        f"aot_gemm_dsp(&{struct}, {tiles}, $0, $scratch, $out);",
        ("aot_gemm_dsp.c",),
        ("aot_gemm_dsp.h",),
        tuple(arrays),
        (c.structure("aot_gemm_dsp_t", struct, fields), *map(function, forms.values())),
        scratch_bytes=4 * max(pool.kernel_h, 1) * lanes[0] * steps * turns,
        macs=layer.macs,
        in_twos=not pooled and shape.output[1] % 2 == 1,
    )
