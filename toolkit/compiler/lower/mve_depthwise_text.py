"""The assembly of firmware/kernels/mve/aot_depthwise4x4_mve.h: some channels at a row or two, made for a layer's form.

A patch of four rows by four columns of one channel is one vector, gathered from columns that lie side by side; four
outputs are one VMLADAV each with the channel's weights, moved on by a row, a column or both. q7 has the addresses of
the patch, q3 to q6 the weights, q2 where eight outputs go; sums are in r0, r2, r4, r6, then in q0, and wait in q1. r3
walks through the output, r5 through the weights, r7 through the scales, which are in r8 to r10; r11 counts channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from toolkit.compiler.lower.mve_text import add, middle, once

_SUMS = ("r0", "r2", "r4", "r6")
_LANES = 8


@dataclass(frozen=True)
class Form:
    """What the text depends on.

    Attributes:
        rows: of the output, at once: 1 or 2; shared: columns of it that a patch gives: 1 or 2.
        step: bytes from one patch to the next; column: from one column to the next, 16, 32 or 64.
        width: columns of the output.
        channels: of the image, all of them.
        signed, zero, table: as in mve_gemm_form.Form.
    """

    rows: int
    shared: int
    step: int
    column: int
    width: int
    channels: int
    signed: bool
    zero: int | None
    table: bool

    @property
    def name(self) -> str:
        """Of the function."""
        flags = f"{int(self.signed)}{int(self.table)}"
        numbers = (self.rows, self.shared, self.step, self.column, self.width, self.channels)
        zero = "any" if self.zero is None else str(self.zero + 128)
        return f"aot_depthwise4x4_mve_{'_'.join(map(str, numbers))}_{zero}_{flags}"

    @property
    def across(self) -> int:
        """Columns of the output in a vector of four sums."""
        return 4 // self.rows

    @property
    def patches(self) -> int:
        """That a channel takes."""
        full, rest = divmod(self.width, 2 * self.across)
        return 2 * full * self.across // self.shared + -(-rest // self.shared)

    def lanes(self, out_width: int) -> list[int]:
        """Where the outputs of eight lanes go; the even ones are those of the first vector."""
        places = []
        for lane in range(_LANES):
            row, column = divmod(lane // 2, self.across)
            places.append((row * out_width + column + lane % 2 * self.across) * self.channels)
        return places


def _vector(form: Form, columns: int, half: str) -> Iterator[str]:
    """So many columns, from patches to int16 in one half of q1."""
    for first in range(0, columns, form.shared):
        yield f"vldrw.u32 q0, [q7, #{form.step}]!"
        for row in range(form.rows):
            for more in range(min(form.shared, columns - first)):
                yield f"vmladav.s8 {_SUMS[row * form.across + first + more]}, q0, q{3 + 2 * row + more}"
    yield "vmov q0[2], q0[0], r0, r4"
    if columns > 1:
        yield "vmov q0[3], q0[1], r2, r6"
    yield from ("vadd.i32 q0, q0, r8", "vqrdmulh.s32 q0, q0, r9")
    if form.signed:
        yield from ("vshr.s32 q2, q0, #31", "vadd.i32 q0, q0, q2")
    yield from ("vrshl.s32 q0, r10", f"vqmovn{half}.s32 q1, q0")


def _finish(form: Form) -> Iterator[str]:
    """From int16 to bytes, in q1."""
    if form.zero != -128:
        yield from (*middle(form.zero, "[sp, #16]"), "vqadd.s16 q1, q1, r0")
    yield "vqmovunb.s16 q1, q1"
    if form.table:
        yield from ("vmovlb.u8 q0, q1", "vldrb.u16 q1, [r12, q0]")
    else:
        yield "vadd.i8 q1, q1, r12"
    if form.signed:
        yield "vldrw.32 q2, [sp]"


def _columns(form: Form) -> Iterator[str]:
    """One channel."""
    full, rest = divmod(form.width, 2 * form.across)
    if full > 1:
        yield from (f"mov r0, #{full}", "dls lr, r0", "2:")
    if full:
        yield from (*_vector(form, form.across, "b"), *_vector(form, form.across, "t"), *_finish(form))
        yield "vstrb.16 q1, [r3, q2]"
        yield from add("r3", 2 * form.across * form.channels)
    if full > 1:
        yield "le lr, 2b"
    if rest:
        yield from _vector(form, min(rest, form.across), "b")
        if rest > form.across:
            yield from _vector(form, rest - form.across, "t")
        yield from _finish(form)
        yield from ("vpst", "vstrbt.16 q1, [r3, q2]")
    yield from add("r3", 1 - full * 2 * form.across * form.channels)


def _whole(form: Form) -> Iterator[str]:
    yield from ("ldrd r5, r7, [r0]", "ldrd r12, r4, [r0, #8]")
    yield from ("ldr r6, [r0, #16]", "vldrh.u16 q2, [r4]", "push {r6}", "sub sp, sp, #16", "vstrw.32 q2, [sp]")
    yield from ("mov r11, r3", "mov r3, r2")
    if not form.table:
        yield "mov r12, #128"
    yield from (f"subw r1, r1, #{form.step}", "mov r0, #0", "vidup.u32 q1, r0, #8")
    yield f"vshl.i32 q1, q1, #{(form.column // 8).bit_length() - 1}"
    yield "vadd.i32 q7, q1, r1"
    back = form.patches * form.step - 4
    yield from (f"movw r1, #{back & 0xFFFF}", "neg r1, r1")
    if rest := form.width % (2 * form.across):
        # The lanes that the last columns have.
        there = [lane // 2 % form.across + lane % 2 * form.across < rest for lane in range(_LANES)]
        yield from (f"movw r0, #{sum(3 << 2 * lane for lane in range(_LANES) if there[lane])}", "vmsr p0, r0")
    yield "1:"
    for row in reversed(range(form.rows)):
        for column in reversed(range(form.shared)):
            where = f"[r5, #-{row + 4 * column}]" if row + column else "[r5], #16"
            yield f"vldrb.8 q{3 + 2 * row + column}, {where}"
    yield "ldm r7!, {r8, r9, r10}"
    yield from _columns(form)
    yield from ("vadd.i32 q7, q7, r1", "subs r11, #1", "bne 1b")
    yield "add sp, sp, #20"


def function(form: Form) -> str:
    """The C of the function; NULL without its instructions."""
    declared = "const aot_channels_mve_t *l, const int8_t *x, int8_t *out, uint32_t count"
    return once(form.name, declared, _whole(form))
