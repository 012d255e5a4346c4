"""The assembly of a 3x3 convolution on one channel with a 2x2 pool, for Armv7E-M, made for one layer.

firmware/kernels/dsp/aot_conv3x3c1_pool2_dsp.h says how it computes and has its twin in C. What the layer decides stands
in the text as a number: the image's width in the loads, each channel's shift in its SSAT, and as many pieces as there
are channels. r0 to r4 are scratch and one channel's weights, r7 walks through the channels, r12 is the maximum so far,
negated, and lr a position's sum. r5, r6 and r8 to r11 are what two positions, one above the other, read: the outer
pixels of four rows, and the middle ones as a pair of the inner rows and one of the outer rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

Line = tuple[str, str]
"""An instruction, and what it does where that is not said before."""

_SIDE = "{r5, r6, r8-r11}"
# On the stack: what the right positions read, what the left ones do, input, output, the input's end, the channels.
_LEFT, _INPUT, _OUTPUT, _END, _FRAME = 24, 48, 52, 56, 64


def _upper(first: bool = False) -> Iterator[Line]:
    """lr: the nine products of the upper position; unless it is the first one, less the maximum."""
    yield "smuad lr, r0, r5" if first else "smlad lr, r0, r5, r12", "upper"
    yield "smlad lr, r1, r6, lr", ""
    yield "smlad lr, r2, r8, lr", ""
    yield "smlad lr, r3, r10, lr", ""
    yield "smlabb lr, r4, r11, lr", ""


def _lower() -> Iterator[Line]:
    """lr: the nine products of the lower position, less the maximum."""
    yield "smlad lr, r0, r6, r12", "lower"
    yield "smlad lr, r1, r8, lr", ""
    yield "smlad lr, r2, r9, lr", ""
    yield "smlad lr, r4, r10, lr", ""
    yield "smlatt lr, r3, r11, lr", ""


def _larger() -> Iterator[Line]:
    """r12: the maximum with this position, negated."""
    yield "usat lr, #31, lr", "its lead, if it has one"
    yield "sub r12, r12, lr", ""


def _other_side(left: bool) -> Iterator[Line]:
    """What the positions on the other side read."""
    if left:
        yield f"add lr, sp, #{_LEFT}", ""
        yield f"ldm lr, {_SIDE}", "the left positions"
    else:
        yield f"ldm sp, {_SIDE}", "the right positions"


def _channel(place: int, shift: int, last: bool) -> Iterator[Line]:
    """From the patch to a channel's output byte. Odd channels begin on the right, where the one before has ended.

    r3 and r1 are left as the input and the output after the last one.
    """
    yield "ldm r7!, {r0-r4}", f"channel {place}: weights"
    yield from _upper(first=True)
    yield "rsb r12, lr, #0", "the maximum so far, negated"
    yield from _lower()
    yield from _larger()
    yield from _other_side(left=place % 2 == 1)
    yield from _upper()
    yield from _larger()
    yield from _lower()
    yield from _larger()
    yield "ldm r7!, {r0-r2, r4}", "bias, multiplier, offset, table"
    yield "sub r0, r0, r12", "the sum"
    yield "add r2, r2, r0, asr #31", ""
    yield "smmlar r0, r0, r1, r2", "scaled"
    yield f"ssat r0, #8, r0, asr #{shift}", ""
    yield "ldrsb r0, [r4, r0]", ""
    yield f"ldrd r3, r1, [sp, #{_INPUT}]" if last else f"ldr r1, [sp, #{_OUTPUT}]", ""
    yield f"strb r0, [r1, #{place}]", ""


def _patch(width: int, stays: bool) -> Iterator[Line]:
    """Four rows of four pixels, widened to pairs (0, 2) and (1, 3), and the middle ones of the rows to pairs.

    Args:
        stays: the left side is read again.
    """
    for row, register in enumerate(("r5", "r6", "r8", "r9")):
        yield f"ldr {register}, [r12, #{row * width}]", f"row {row} of the patch"
    for even, odd in (("r5", "r0"), ("r6", "r1"), ("r8", "r2"), ("r9", "r3")):
        yield f"sxtb16 {odd}, {even}, ror #8", ""
        yield f"sxtb16 {even}, {even}", ""
    yield "pkhbt r10, r1, r2, lsl #16", "left: the middle of rows 1 and 2"
    yield "pkhbt r11, r0, r3, lsl #16", "of rows 0 and 3"
    yield "pkhtb r4, r8, r6, asr #16", "right: the same"
    yield "pkhtb r12, r9, r5, asr #16", ""
    yield "stm sp, {r0-r4, r12}", "the right positions"
    if stays:
        yield f"add lr, sp, #{_LEFT}", ""
        yield f"stm lr, {_SIDE}", "the left positions"


def _row(width: int, shifts: Sequence[int]) -> Iterator[Line]:
    """One row of the output; r0 to r3 are the input, the output, the input's end and the channels."""
    channels = len(shifts)
    yield f"sub sp, sp, #{_FRAME}", ""
    yield f"strd r0, r1, [sp, #{_INPUT}]", ""
    yield f"strd r2, r3, [sp, #{_END}]", ""
    yield "mov r12, r0", ""
    yield "mov r7, r3", ""
    yield "1:", "a pool window"
    yield from _patch(width, channels > 1)
    for place, shift in enumerate(shifts):
        yield from _channel(place, shift, place == channels - 1)
    yield "add r12, r3, #2", ""
    yield f"add r1, r1, #{channels}", ""
    yield f"strd r12, r1, [sp, #{_INPUT}]", ""
    yield f"ldrd r3, r7, [sp, #{_END}]", ""
    yield "cmp r12, r3", ""
    yield "bne 1b", ""
    yield f"add sp, sp, #{_FRAME}", ""


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
    register int8_t *to __asm__("r1") = output;
    register const int8_t *end __asm__("r2") = input + 2 * l->out_w;
    register const aot_channel3x3_dsp_t *channels __asm__("r3") = l->channels;
    __asm__ volatile(
{lines}
        : "+r"(from), "+r"(to), "+r"(end), "+r"(channels)
        :
        : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
  }}
}}
#else
#define {name} aot_conv3x3c1_pool2_dsp
#endif
"""
