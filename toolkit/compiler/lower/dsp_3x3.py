"""The assembly of a 3x3 convolution on one channel with a 2x2 pool, for Armv7E-M, made for one layer.

firmware/kernels/dsp/aot_conv3x3c1_pool2_dsp.h says how it computes and has its twin in C. What the layer decides stands
in the text as a number: the image's width in the loads, each channel's shift in its SSAT, and as many pieces as there
are channels. r0 to r4 are scratch and one channel's weights, r7 walks through the channels, r12 is the maximum so far,
negated, and lr a position's sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

Line = tuple[str, str]
"""An instruction, and what it does where that is not said before."""


class Position(NamedTuple):
    """One of the pool window's four: in words, and where its three rows are widened.

    `outer` are the registers whose pair is multiplied by (w0, w2), `middle` those that hold the middle pixel: in their
    low half ("b") or their high half ("t").
    """

    name: str
    outer: tuple[str, str, str]
    middle: tuple[str, str, str]
    half: str


def _both(name: str, even: tuple[str, str, str], odd: tuple[str, str, str]) -> tuple[Position, Position]:
    """The left and the right position of a row: `even` holds pixels 0 and 2 of each row, `odd` pixels 1 and 3."""
    return Position(f"{name} left", even, odd, "b"), Position(f"{name} right", odd, even, "t")


# Six registers hold three of the patch's four rows: r5 and r6 the first one or the last one.
_UPPER = _both("upper", ("r5", "r8", "r10"), ("r6", "r9", "r11"))
_LOWER = _both("lower", ("r8", "r10", "r5"), ("r9", "r11", "r6"))
# On the stack: 0 input, 4 its end, 8 output, 16 the patch's first row, 24 its last.
_FIRST_ROW, _LAST_ROW = 16, 24
_CHANNEL_BYTES = 36  # of aot_channel3x3_dsp_t


def _sum(position: Position, start: Line) -> Iterator[Line]:
    """lr: the nine products of a position; `start` makes the first two."""
    yield start
    yield f"smlad lr, r1, {position.outer[1]}, lr", ""
    yield f"smlad lr, r2, {position.outer[2]}, lr", ""
    yield f"smlab{position.half} lr, r3, {position.middle[0]}, lr", ""
    yield f"smlat{position.half} lr, r3, {position.middle[1]}, lr", ""
    yield f"smlab{position.half} lr, r4, {position.middle[2]}, lr", ""


def _first(position: Position) -> Iterator[Line]:
    yield from _sum(position, (f"smuad lr, r0, {position.outer[0]}", position.name))
    yield "rsb r12, lr, #0", "the maximum so far, negated"


def _next(position: Position) -> Iterator[Line]:
    yield from _sum(position, (f"smlad lr, r0, {position.outer[0]}, r12", f"{position.name}, less the maximum"))
    yield "usat lr, #31, lr", "its lead, if it has one"
    yield "sub r12, r12, lr", ""


def _channel(place: int, shift: int) -> Iterator[Line]:
    """From the patch to a channel's output byte. Odd channels begin below, where the one before has ended."""
    first, second = (_LOWER, _UPPER) if place % 2 else (_UPPER, _LOWER)
    yield "ldm r7!, {r0-r4}", f"channel {place}: weights"
    yield from _first(first[0])
    yield from _next(first[1])
    yield f"ldrd r5, r6, [sp, #{_FIRST_ROW if place % 2 else _LAST_ROW}]", "the fourth row"
    yield from _next(second[0])
    yield from _next(second[1])
    yield "ldm r7!, {r0-r3}", "bias, multiplier, offset, table"
    yield "sub r0, r0, r12", "the sum"
    yield "add r2, r2, r0, asr #31", ""
    yield "smmlar r0, r0, r1, r2", "scaled"
    yield f"ssat r0, #8, r0, asr #{shift}", ""
    yield "ldrsb r0, [r3, r0]", ""
    yield "ldr r1, [sp, #8]", ""
    yield f"strb r0, [r1, #{place}]", ""


def _patch(width: int) -> Iterator[Line]:
    """Four rows of four pixels, widened to pairs (0, 2) and (1, 3): two rows in r8 to r11, the others on the stack."""
    for row, register in enumerate(("r5", "r8", "r10", "r0")):
        yield f"ldr {register}, [r12, #{row * width}]", f"row {row} of the patch"
    for even, odd in (("r5", "r6"), ("r8", "r9"), ("r10", "r11"), ("r0", "r1")):
        yield f"sxtb16 {odd}, {even}, ror #8", ""
        yield f"sxtb16 {even}, {even}", ""
    yield f"strd r5, r6, [sp, #{_FIRST_ROW}]", ""
    yield f"strd r0, r1, [sp, #{_LAST_ROW}]", ""


def _row(width: int, shifts: Sequence[int]) -> Iterator[Line]:
    """One row of the output; r0 to r3 are the input, its end, the output and the channels."""
    channels = len(shifts)
    yield "sub sp, sp, #32", ""
    yield "strd r0, r1, [sp]", ""
    yield "mov r7, r3", ""
    yield "mov r12, r0", ""
    yield "1:", "a pool window"
    yield "str r2, [sp, #8]", ""
    yield from _patch(width)
    for place, shift in enumerate(shifts):
        yield from _channel(place, shift)
    yield "ldrd r12, r3, [sp]", "input and its end"
    yield f"sub r7, r7, #{_CHANNEL_BYTES * channels}", ""
    yield f"add r2, r1, #{channels}", ""
    yield "add r12, r12, #2", ""
    yield "str r12, [sp]", ""
    yield "cmp r12, r3", ""
    yield "bne 1b", ""
    yield "add sp, sp, #32", ""


def function(name: str, width: int, shifts: Sequence[int]) -> str:
    """The C of a function that computes the layer; without the instructions it is the kernel's own twin.

    Args:
        width: the image's, at most 1300.
        shifts: each channel's right shift after the multiplication.
    """
    lines = "\n".join(
        f'        "{text}\\n"' + (f"  /* {comment} */" if comment else "") for text, comment in _row(width, shifts)
    )
    return f"""\
#if AOT_HAS_DSP
AOT_INLINE void {name}(const aot_conv3x3c1_pool2_dsp_t *l, const int8_t *input, int8_t *output) {{
  for (uint32_t y = 0; y < l->out_h; ++y, input += 2 * l->in_w, output += (uint32_t)l->out_w * l->out_c) {{
    register const int8_t *from __asm__("r0") = input;
    register const int8_t *end __asm__("r1") = input + 2 * l->out_w;
    register int8_t *to __asm__("r2") = output;
    register const aot_channel3x3_dsp_t *channels __asm__("r3") = l->channels;
    __asm__ volatile(
{lines}
        : "+r"(from), "+r"(end), "+r"(to), "+r"(channels)
        :
        : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
  }}
}}
#else
#define {name} aot_conv3x3c1_pool2_dsp
#endif
"""
