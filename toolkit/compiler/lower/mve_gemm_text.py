"""The assembly of firmware/kernels/mve/aot_gemm_mve.h: all channels at a row of positions, made for a layer's form.

r1 and r3 walk through the inputs of two positions, r5 through the weights, r9 through what follows the sums, r7
through the output. Sums are in r0, r2, r4, r6 and r8, r10, r12, lr (VMLADAV wants even registers) and then in q0 and
q1; q2 is a vector of weights. Four sums at a time are scaled, narrowed to int16 and wait in q3 to q6, until those of
sixteen channels are narrowed to bytes and stored together: the channels of a tile are those whose places the narrowing
instructions give it. r11 counts the innermost loop. Layers of one form share the function: its name says the form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from toolkit.compiler.lower.mve_gemm_form import LANES, Form, groups
from toolkit.compiler.lower.mve_text import NEAR, VECTOR, add, bytes_of, constants, load, once, scaling

_FIRST = ("r0", "r2", "r4", "r6")
_SECOND = ("r8", "r10", "r12", "lr")
_COUNT, _TABLE, _WEIGHTS, _PAIRS, _GROUPS, _ROWS, _MIDDLE = 0, 4, 8, 16, 20, 24, 28
"""Places on the stack; weights and what follows the sums lie side by side."""


@dataclass(frozen=True)
class _Tile:
    """Some channels at two positions, or twice as many at one: q0 has the sums of one half, q1 those of the other."""

    form: Form
    lanes: int
    positions: int
    halves: int

    def _products(self, product: str) -> Iterator[str]:
        for lane in range(self.lanes):
            yield "vldrb.8 q2, [r5], #16"
            yield f"{product}.s8 {_FIRST[lane]}, q0, q2"
            if self.positions > 1:
                yield f"{product}.s8 {_SECOND[lane]}, q1, q2"
            elif self.halves > 1:
                yield "vldrb.8 q2, [r3], #16"
                yield f"{product}.s8 {_SECOND[lane]}, q0, q2"

    def _inputs(self, step: int | None, on: int) -> Iterator[str]:
        vectors = (("q0", "r1"), ("q1", "r3"))[: self.positions]
        for vector, pointer in vectors:
            if step is not None:
                yield f"vldrb.8 {vector}, [{pointer}, #{VECTOR * step}]"
            else:
                yield from load(vector, pointer, on)

    def _turn(self) -> int:
        """Steps in one turn of a loop: a divisor of all."""
        form = self.form
        return 1 if form.small else next(turn for turn in (7, 6, 5, 4, 3, 2, 1) if form.chunks % turn == 0)

    def _loops(self) -> Iterator[str]:
        form, turn = self.form, self._turn()
        skip = form.next_row - VECTOR * form.chunks
        used = _FIRST[: self.lanes] + (_SECOND[: self.lanes] if self.halves > 1 else ())
        nested = form.rows > 1 and form.chunks > turn
        if nested:
            yield from (f"mov r0, #{form.rows}", f"str r0, [sp, #{_ROWS}]")
        for register in used:
            yield f"mov {register}, #0"
        if nested:
            yield "3:"
        yield f"mov r11, #{form.chunks // turn if form.chunks > turn else form.rows}"
        yield "4:"
        for step in range(turn):
            ends = form.chunks == turn and step + 1 == turn and form.rows > 1
            yield from self._inputs(None, VECTOR + (skip if ends else 0))
            yield from self._products("vmladava")
        yield from ("subs r11, #1", "bne 4b")
        if nested:
            for pointer in ("r1", "r3")[: self.positions]:
                yield from add(pointer, skip, "r11")
            yield from (f"ldr r11, [sp, #{_ROWS}]", "subs r11, #1", f"str r11, [sp, #{_ROWS}]", "bne 3b")

    def sums(self) -> Iterator[str]:
        """To q0 and q1; the input's pointers are then where they were."""
        form = self.form
        if self.positions == 1 and self.halves > 1:
            yield from ("mov r3, r5", *add("r3", form.steps * self.lanes * VECTOR))
        moved = form.rows * form.next_row if form.rows > 1 else form.chunks * VECTOR
        if form.unrolled:
            for step in range(form.steps):
                ends = (step + 1) % form.chunks == 0 and form.rows > 1
                on = form.next_row - VECTOR * (form.chunks - 1) if ends else VECTOR
                yield from self._inputs(step if form.stays else None, on)
                yield from self._products("vmladava" if step else "vmladav")
        else:
            yield from self._loops()
        yield from ("vmov q0[2], q0[0], r0, r4", "vmov q0[3], q0[1], r2, r6")
        if self.halves > 1:
            yield from ("vmov q1[2], q1[0], r8, r12", "vmov q1[3], q1[1], r10, lr")
        if not form.stays:
            for pointer in ("r1", "r3")[: self.positions]:
                yield from add(pointer, -moved)
        if self.positions == 1 and self.halves > 1:
            yield "mov r5, r3"

    def scaled(self) -> Iterator[str]:
        """From sums to what is left of them before the zero point."""
        whole = ("q0", "q1")[: self.halves]
        # At two positions both halves are of the same channels.
        for each in (whole,) if self.positions > 1 else [(one,) for one in whole]:
            yield from scaling(each, "q2", "r9", signed=self.form.signed)


def _tiles(form: Form, count: int, lanes: int, positions: int, waits: tuple[str, str]) -> Iterator[str]:
    """One tile or two, to int16 in `waits`: of the first position, and of the second one."""
    halves = 2 if positions > 1 else count
    for tile in range(0, count, halves // positions):
        made = _Tile(form, lanes, positions, halves)
        yield from (*made.sums(), *made.scaled())
        for half in range(halves):
            to, part = (half, tile) if positions > 1 else (0, half)
            yield f"vqmovn{'bt'[part]}.s32 {waits[to]}, q{half}"


def _finish(form: Form, channels: int, width: int, positions: int, waits: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    """From int16 to bytes in memory; `waits`: by position, the vectors that have them."""
    yield from constants(form.zero, f"[sp, #{_MIDDLE}]", f"[sp, #{_TABLE}]" if form.table else "")
    for half in reversed(range(positions)):
        yield from bytes_of(waits[half][0], waits[half][-1], width, form.zero, table=form.table)
    store, then = f"vstrb.{width}", ""
    if channels < LANES:
        yield from (f"mov r4, #{channels}", "vctp.32 r4")
        store, then = "vstrbt.32", "vpst"
    if positions > 1:
        if form.channels > NEAR:
            yield from ("mov r6, r7", *add("r6", form.channels, "r4"))
        to = "[r6]" if form.channels > NEAR else f"[r7, #{form.channels}]"
        yield from filter(None, (then, f"{store} {waits[1][0]}, {to}"))
    yield from filter(None, (then, f"{store} {waits[0][0]}, [r7], #{channels}"))


def _group(form: Form, channels: int, tiles: int, positions: int) -> Iterator[str]:
    """Some channels at the positions, from their sums to their bytes."""
    if tiles == 1:
        yield from _tiles(form, 1, min(channels, LANES), positions, ("q0", "q1"))
        yield from _finish(form, channels, 32, positions, (("q0",), ("q1",)))
        return
    for waits in (("q3", "q4"), ("q5", "q6"))[: tiles // 2]:
        yield from _tiles(form, 2, LANES, positions, waits)
    both = (("q3", "q5"), ("q4", "q6")) if tiles > 2 else (("q3",), ("q4",))
    yield from _finish(form, channels, 4 * 8 // tiles, positions, both)


def _eights(form: Form, count: int, positions: int) -> Iterator[str]:
    """`count` times eight channels in one loop; every second turn stores sixteen, the last one of an odd count eight.

    The text of two tiles, not of all that a vector of bytes is made from: it is most of the function.
    """
    yield from _begin(form, count, _GROUPS, 5)
    yield from _tiles(form, 2, LANES, positions, ("q3", "q4"))
    counter = "r11" if _in_register(form, _GROUPS) else "r0"
    if counter == "r0":
        yield f"ldr r0, [sp, #{_GROUPS}]"
    yield from (f"tst {counter}, #1", f"b{'eq' if count % 2 else 'ne'} 9f")
    yield from ("vmov q5, q3", "vmov q6, q4")[:positions]
    yield from _next(form, _GROUPS, 5)
    if count % 2:
        yield from (*_finish(form, 8, 16, positions, (("q3",), ("q4",))), "b 6f")
    yield "9:"
    yield from _finish(form, 16, 8, positions, (("q5", "q3"), ("q6", "q4")))
    yield from _next(form, _GROUPS, 5)
    yield "6:"


def _position(form: Form, positions: int) -> Iterator[str]:
    """All channels at one position or two; on to the next ones."""
    if positions > 1:
        yield from ("mov r3, r1", *add("r3", form.apart))
    yield f"ldrd r5, r9, [sp, #{_WEIGHTS}]"
    left = list(groups(form.channels, small=form.small))
    if form.folded:
        yield from _eights(form, form.channels // 8, positions)
        left = [each for each in left if each[1] == 1]
    while left:
        group, times = left[0], left.count(left[0])
        if times > 1:
            yield from _begin(form, times, _GROUPS, 5)
        yield from _group(form, *group, positions)
        if times > 1:
            yield from _next(form, _GROUPS, 5)
        left = left[times:]
    if positions > 1:
        yield from add("r7", form.channels)
    yield from add("r1", form.apart * positions)


def _in_register(form: Form, place: int) -> bool:
    """Whether a loop's count is in r11: that of the groups' loop, or of positions where there is no other."""
    counted = groups(form.channels, small=form.small)
    inner = form.folded or len(counted) != len(set(counted))
    return form.unrolled and (place == _GROUPS or not inner)


def _begin(form: Form, times: int, place: int, label: int) -> Iterator[str]:
    yield f"mov {'r11' if _in_register(form, place) else 'r0'}, #{times}"
    if not _in_register(form, place):
        yield f"str r0, [sp, #{place}]"
    yield f"{label}:"


def _next(form: Form, place: int, label: int) -> Iterator[str]:
    if _in_register(form, place):
        yield from ("subs r11, #1", f"bne {label}b")
    else:
        yield from (f"ldr r0, [sp, #{place}]", "subs r0, #1", f"str r0, [sp, #{place}]", f"bne {label}b")


def _whole(form: Form) -> Iterator[str]:
    yield "ldrd r5, r9, [r0]"
    yield "ldr r4, [r0, #8]"
    yield "sub sp, sp, #16"
    yield "push {r3, r4, r5, r9}"
    if form.zero is None:
        yield from ("ldr r4, [r0, #12]", "add r4, r4, #128", f"str r4, [sp, #{_MIDDLE}]")
    yield "mov r7, r2"
    if form.single and not form.pairs and _in_register(form, _COUNT):
        yield "mov r11, r3"
    if form.pairs:
        yield "lsrs r11, r3, #1"
        yield "beq 2f"
        if not _in_register(form, _PAIRS):
            yield f"str r11, [sp, #{_PAIRS}]"
        yield "1:"
        yield from _position(form, 2)
        yield from _next(form, _PAIRS, 1)
        yield "2:"
    if form.single and form.pairs:
        yield f"ldr r0, [sp, #{_COUNT}]"
        yield "tst r0, #1"
        yield "beq 8f"
        yield from _position(form, 1)
    elif form.single:
        yield "7:"
        yield from _position(form, 1)
        yield from _next(form, _COUNT, 7)
    yield "8:"
    yield "add sp, sp, #32"


def function(form: Form) -> str:
    """The C of the function; NULL without its instructions."""
    return once(form.name, "const aot_gemm_mve_t *l, const int8_t *x, int8_t *out, uint32_t count", _whole(form))
