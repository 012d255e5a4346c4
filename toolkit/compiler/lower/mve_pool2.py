"""int8 convolutions of short kernel rows with a 2x2 max-pool on Armv8.1-M vectors: weights stay in registers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from toolkit.compiler import ir
from toolkit.compiler.lower import mve
from toolkit.compiler.lower.base import Call
from toolkit.compiler.lower.mve_text import NEAR, VECTOR, add, once
from toolkit.compiler.lower.weighted import Weighted

_MOST_ROWS = 3
_ROWS = ("r3", "r5", "r7", "r9")
_SUMS = (("r0", "r2", "r4", "r6"), ("r8", "r10", "r12", "lr"))
_PASS, _OUT, _COUNT, _WEIGHTS, _TABLE, _LEFT, _ZERO = 48, 56, 60, 64, 72, 76, 80
"""Places on the stack, behind what follows the sums."""


@dataclass(frozen=True)
class Form:
    """What the text depends on.

    Attributes:
        rows: of the kernel; pitch: bytes from one row of the input to the next; step: bytes of a pixel.
        width: of the output; channels: of it; passes: pairs of them.
        signed, zero: as in mve_gemm_form.Form; table: "long", "short" or "none".
    """

    rows: int
    pitch: int
    step: int
    width: int
    channels: int
    passes: int
    signed: bool
    zero: int | None
    table: str

    @property
    def name(self) -> str:
        """Of the function."""
        numbers = (self.rows, self.pitch, self.step, self.width, self.channels, int(self.signed))
        zero = "any" if self.zero is None else str(self.zero + 128)
        return f"aot_conv_pool2_mve_{'_'.join(map(str, numbers))}_{zero}_{self.table}"


def conv_pool2(layer: Weighted) -> Call | None:
    """aot_conv_pool2_mve.h: kernels of up to three rows of sixteen bytes, stride 1."""
    context, shape, q = layer.context, layer.shape, layer.arithmetic
    w, channels, out_c = shape.window, shape.input[2], len(q.bias)
    plain = shape.pool == ir.Window(2, 2, 2, 2) and (w.stride_h, w.stride_w, w.dilation_h) == (1, 1, 1)
    if layer.groups > 1 or not plain or not shape.tiles or not mve.suits(context, q):
        return None
    if shape.run > VECTOR or w.kernel_h > _MOST_ROWS or out_c > NEAR:
        return None
    pitch = shape.input[1] * channels
    if shape.padded:
        pitch = max(w.pad_left * channels + pitch, shape.reach)
    # A pair is two channels of four that are not neighbours: see the store.
    pairs = [(first, first + 2) for at in range(0, out_c, 4) for first in (at, at + 1) if first < out_c]
    weights = np.zeros((len(pairs), 2, w.kernel_h, VECTOR), np.int8)
    for place, pair in enumerate(pairs):
        for half, channel in enumerate(pair):
            if channel < min(out_c, pair[0] // 4 * 4 + 4):
                weights[place, half, :, : shape.run] = q.weights[channel].reshape(w.kernel_h, shape.run)
    lanes = [[first, out_c, second if second < out_c else out_c, out_c] for first, second in pairs]
    arrays = [context.constant("weights", weights), mve.quads(context, q, lanes)]
    general = context.target.general
    longest = None if general else mve.long_table(context, q)
    table = mve.table(context, q)
    form = Form(
        rows=w.kernel_h,
        pitch=pitch,
        step=channels,
        width=shape.output[1],
        channels=out_c,
        passes=len(pairs),
        signed=mve.halves_matter(context, q),
        zero=None if general else 0 if longest else q.output_zero,
        table="long" if longest else "none" if table is None else "short",
    )
    fields: dict[str, Any] = {
        "shape": shape.fields(),
        "padded": int(shape.padded),
        "is_long": int(longest is not None),
        "pitch": pitch,
        "run": shape.run,
        "input_zero": context.input(0).zero_point,
        "output_zero": q.output_zero,
    }
    if longest is not None or table is not None:
        arrays.append(context.constant("table", table if longest is None else longest[0]))
    fields |= {constant.name.removeprefix(context.name + "_"): constant.name for constant in arrays}
    if "table" in fields:
        fields["table"] += f" + {128 if longest is None else longest[1]}"
    name = "aot_conv_pool2_mve"
    call = context.call(name, (f"{name}_t", fields), (), "aot_conv_pool2_mve.h", tuple(arrays), layer.macs)
    rows = shape.rows * pitch + VECTOR - 1 if shape.padded else 0
    body = f"{name}(&{context.name}_layer, {form.name}, $0, {'$scratch' if rows else 'NULL'}, $out);"
    declared = f"const {name}_t *l, const int8_t *x, int8_t *out, uint32_t count"
    definitions = (*call.definitions, once(form.name, declared, _whole(form)))
    return replace(
        call,
        body=body,
        definitions=definitions,
        scratch_bytes=rows,
        reads_past=VECTOR - 1,
        channel_by_channel=not shape.padded,
    )


def _products(form: Form) -> Iterator[str]:
    """Two channels at the four positions of a pool window: four rows of two columns, which they share."""
    for row in range(form.rows + 1):
        pointer = _ROWS[row]
        yield from (f"vldrb.8 q1, [{pointer}, #{form.step}]", f"vldrb.8 q0, [{pointer}], #{2 * form.step}")
        for channel in (0, 1):
            for lower in (0, 1):
                tap = row - lower
                if not 0 <= tap < form.rows:
                    continue
                weights = f"q{2 + channel * form.rows + tap}"
                for column in (0, 1):
                    product = "vmladava" if tap else "vmladav"
                    yield f"{product}.s8 {_SUMS[channel][2 * lower + column]}, q{column}, {weights}"


def _values(form: Form) -> Iterator[str]:
    """From the sums to what is stored, the one channel's in lane 0 of q1, the other's in lane 2."""
    yield from ("vmov q0[2], q0[0], r0, r8", "vmov q0[3], q0[1], r2, r10")
    yield from ("vmov q1[2], q1[0], r4, r12", "vmov q1[3], q1[1], r6, lr")
    yield from ("vmax.s32 q0, q0, q1", "vrev64.32 q1, q0", "vmax.s32 q0, q0, q1")
    yield from ("vldrw.32 q1, [sp]", "vadd.i32 q0, q0, q1", "vldrw.32 q1, [sp, #16]", "vqrdmulh.s32 q0, q0, q1")
    if form.signed:
        yield from ("vshr.s32 q1, q0, #31", "vadd.i32 q0, q0, q1")
    yield from ("vldrw.32 q1, [sp, #32]", "vrshl.s32 q0, q0, q1")
    if form.table != "long":
        if form.zero is None:
            yield f"ldr r0, [sp, #{_ZERO}]"
        else:
            yield f"mvn r0, #{-form.zero - 1}" if form.zero < 0 else f"mov r0, #{form.zero}"
        yield from ("vadd.i32 q0, q0, r0", "vqshl.s32 q0, q0, #24", "vshr.s32 q1, q0, #24")
    if form.table == "short":
        yield "vmov q0, q1"
    if form.table != "none":
        yield from (f"ldr r0, [sp, #{_TABLE}]", "vldrb.s32 q1, [r0, q0]")


def _whole(form: Form) -> Iterator[str]:
    yield from ("ldrd r6, r7, [r0, #8]", "push {r6, r7}", "ldrd r4, r5, [r0]", "mov r0, #0", "push {r0-r6}")
    yield "sub sp, sp, #48"
    yield "1:"
    yield f"ldrd r5, r9, [sp, #{_WEIGHTS}]"
    for place in range(2 * form.rows):
        yield f"vldrb.8 q{2 + place}, [r5], #16"
    for place in range(3):
        yield from (f"vldrw.32 q0, [r9], #{VECTOR}", f"vstrw.32 q0, [sp, #{VECTOR * place}]")
        if place == 1:
            # The lanes that are stored: they have a multiplier.
            yield "vcmp.i32 ne, q0, zr"
    yield f"strd r5, r9, [sp, #{_WEIGHTS}]"
    yield from (f"ldr r0, [sp, #{_COUNT}]", f"str r0, [sp, #{_LEFT}]", f"ldrd r3, r1, [sp, #{_OUT - 4}]")
    for row in range(form.rows):
        yield from (f"mov {_ROWS[row + 1]}, {_ROWS[row]}", *add(_ROWS[row + 1], form.pitch))
    yield from ("3:", f"mov r11, #{form.width}", "2:")
    yield from (*_products(form), *_values(form))
    yield from ("vpst", f"vstrbt.32 q1, [r1], #{form.channels}", "subs r11, #1", "bne 2b")
    for pointer in _ROWS[: form.rows + 1]:
        yield from add(pointer, 2 * (form.pitch - form.step * form.width))
    yield from (f"ldr r0, [sp, #{_LEFT}]", "subs r0, #1", f"str r0, [sp, #{_LEFT}]", "bne 3b")
    # Next to the channel of this pass, or behind the four.
    yield from (f"ldr r0, [sp, #{_PASS}]", f"ldr r2, [sp, #{_OUT}]", "ands r4, r0, #1", "add r4, r4, r4")
    yield from ("add r2, r2, r4", "add r2, #1", f"str r2, [sp, #{_OUT}]")
    yield from ("add r0, #1", f"str r0, [sp, #{_PASS}]", f"cmp r0, #{form.passes}", "bne 1b")
    yield "add sp, sp, #84"
