"""The assembly of a convolution on few channels with a 2x2 pool, for Armv7E-M, made for one layer.

firmware/kernels/dsp/aot_conv_pool2_dsp.h says how it computes and has its twin in C. What the layer decides stands in
the text: the distance of rows, and which positions have taps in a column. r0 walks through the stream of constants and
r1 through the columns; r2 and r3 are the sums of the left positions, r4 and r5 those of the right ones; r6 to r9 are a
column's rows, r10 to r12 a kernel's weights there, and lr the bias.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Line = tuple[str, str]
"""An instruction, and what it does where that is not said before."""

_MOST_ROWS = 3
_MOST_PRODUCTS = 300
"""Dual multiplications of one channel: up to 2 KiB of code."""
_MOST_UNROLLED = 1000
"""Instructions of all channels for which there is no loop: up to 4 KiB of code."""
_FARTHEST = 4095
# On the stack.
_TABLE, _OUTPUT, _END, _INPUT, _COLUMNS, _STREAM, _FRAME = 0, 4, 8, 12, 16, 20, 24


@dataclass(frozen=True)
class Form:
    """What the text depends on.

    Attributes:
        pitch: bytes of an input row.
        in_c, kernel_h, kernel_w: of the convolution.
        out_w: columns of the output.
        table: a table follows the requantisation.
        shifts: of all channels, whose code then stands one after the other; empty: it is a loop.
        least_scratch: no taps are paired across rows.
    """

    pitch: int
    in_c: int
    kernel_h: int
    kernel_w: int
    out_w: int
    table: bool
    shifts: tuple[int, ...] = ()
    least_scratch: bool = False

    @property
    def count(self) -> int:
        """How many columns there are."""
        return (self.kernel_w + 1) * self.in_c // 2

    @property
    def columns(self) -> tuple[tuple[int, ...], ...]:
        """The sides, 0 for left and 1 for right, that have taps in each column; but for those of `alone`."""
        return tuple(
            tuple(side for side in (0, 1) if any(self.taps(column, side)) and (column, side) not in self.alone)
            for column in range(self.count)
        )

    @property
    def alone(self) -> tuple[tuple[int, int], ...]:
        """Column and side of the taps that are the only ones of their side there, which are paired with those above or
        below instead; the right one comes first. Empty where there are not two of them, or not three kernel rows."""
        if self.least_scratch or self.kernel_h != 3:
            return ()
        single = [
            (column, side) for column in range(self.count) for side in (0, 1) if self.taps(column, side).count(0) == 1
        ]
        return tuple(single) if [side for _, side in single] == [1, 0] else ()

    @property
    def scratch_words(self) -> int:
        """Of the columns, and of those that are alone."""
        return self.count * (self.kernel_h + 1) + 2 * len(self.alone)

    def taps(self, column: int, side: int) -> tuple[int, ...]:
        """For the two bytes of a column 1 + the tap of a kernel row that a position on that side has there, or 0."""
        byte = column // 2 * 4 + column % 2 - side * self.in_c
        return tuple(1 + at if 0 <= at < self.kernel_w * self.in_c else 0 for at in (byte, byte + 2))

    @property
    def fits(self) -> bool:
        """True if it can be written."""
        products = 2 * self.kernel_h * sum(map(len, self.columns))
        far = self.kernel_h * self.pitch + (self.kernel_w + 1) * self.in_c
        whole = (self.kernel_w + 1) * self.in_c % 4 == 0
        return whole and self.kernel_h <= _MOST_ROWS and products <= _MOST_PRODUCTS and far <= _FARTHEST

    def unrolls(self, channels: int) -> bool:
        """True if so many channels may stand one after the other."""
        return channels * len(list(_sums(self))) <= _MOST_UNROLLED


def _columns(form: Form) -> Iterator[Line]:
    """What a pool window reads, widened."""
    rows = range(form.kernel_h + 1)
    even, odd = ([f"r{first + row}" for row in rows] for first in (2, 6))
    for byte in range(0, (form.kernel_w + 1) * form.in_c, 4):
        for row in rows:
            yield f"ldr {even[row]}, [r0, #{row * form.pitch + byte}]", "four bytes of each row" if row == 0 else ""
        for row in rows:
            yield f"sxtb16 {odd[row]}, {even[row]}, ror #8", ""
            yield f"sxtb16 {even[row]}, {even[row]}", ""
        yield f"stm r1!, {{{', '.join([*even, *odd])}}}", "two columns"
        for pair, (column, side) in zip((("r10", "r11"), ("r12", "lr")), form.alone, strict=False):
            if column // 2 != byte // 4:
                continue
            single = odd if column % 2 else even
            for to, (above, below) in zip(pair, (single[:2], single[2:]), strict=True):
                if form.taps(column, side)[0]:
                    yield f"pkhbt {to}, {above}, {below}, lsl #16", "a tap that is alone, of two rows"
                else:
                    yield f"pkhtb {to}, {below}, {above}, asr #16", "a tap that is alone, of two rows"
    if form.alone:
        yield "stm r1!, {r10-r12, lr}", ""


def _sums(form: Form) -> Iterator[Line]:
    """r2 to r5: the sums, bias included."""
    rows = range(form.kernel_h)
    weights = [f"r{10 + row}" for row in rows]
    begun: set[int] = set()
    for column, sides in enumerate(form.columns):
        yield f"ldm r1!, {{{', '.join(f'r{6 + row}' for row in range(form.kernel_h + 1))}}}", f"column {column}"
        for side in sides:
            loaded = weights if begun else [*weights, "lr"]
            yield (
                f"ldm r0!, {{{', '.join(loaded)}}}" if len(loaded) > 1 else f"ldr {loaded[0]}, [r0], #4",
                "right" if side else "left",
            )
            for row in rows:
                for total, data in ((2 + 2 * side, 6 + row), (3 + 2 * side, 7 + row)):
                    start = f"r{total}" if total in begun else "lr"
                    yield f"smlad r{total}, {weights[row]}, r{data}, {start}", ""
                    begun.add(total)
    if form.alone:
        yield "ldm r1!, {r6-r9}", "right and left: rows 0 and 1, rows 2 and 3"
        yield "ldm r0!, {r10-r12, lr}", "their taps 0 and 1, 1 and 2"
        for total, rows_01, rows_23, taps_01, taps_12 in ((4, 6, 7, "r10", "r11"), (2, 8, 9, "r12", "lr")):
            yield f"smlad r{total}, {taps_01}, r{rows_01}, r{total}", ""
            yield f"smlabt r{total}, r{rows_23}, {taps_12}, r{total}", ""
            yield f"smlatb r{total + 1}, r{rows_01}, {taps_01}, r{total + 1}", ""
            yield f"smlad r{total + 1}, {taps_12}, r{rows_23}, r{total + 1}", ""


def _channel(form: Form, place: int) -> Iterator[Line]:
    """From the columns to a channel's output byte; `place` where there is no loop."""
    yield f"sub r1, r1, #{4 * form.scratch_words}", "a channel"
    yield from _sums(form)
    for first, second in (("r2", "r3"), ("r4", "r5"), ("r2", "r4")):
        yield f"cmp {first}, {second}", ""
        yield "it lt", ""
        yield f"movlt {first}, {second}", ""
    yield "ldm r0!, {r6-r8}", "multiplier, offset, shift"
    yield "add r7, r7, r2, asr #31", ""
    yield "smmlar r2, r2, r6, r7", "scaled"
    if form.shifts:
        yield f"ssat r2, #8, r2, asr #{form.shifts[place]}", ""
    else:
        yield "asr r2, r2, r8", ""
        yield "ssat r2, #8, r2", ""
    yield f"ldrd r9, r10, [sp, #{_TABLE}]", ""
    if form.table:
        yield "ldrsb r2, [r9, r2]", ""
    if form.shifts:
        yield f"strb r2, [r10, #{place}]", ""
    else:
        yield "strb r2, [r10], #1", ""
        yield f"str r10, [sp, #{_OUTPUT}]", ""


def _window(form: Form) -> Iterator[Line]:
    """One pool window, all channels."""
    yield f"ldrd r0, r1, [sp, #{_INPUT}]", "a pool window"
    yield from _columns(form)
    yield f"ldr r0, [sp, #{_STREAM}]", ""
    if form.shifts:
        for place in range(len(form.shifts)):
            yield from _channel(form, place)
        yield f"add r10, r10, #{len(form.shifts)}", ""
        yield f"str r10, [sp, #{_OUTPUT}]", ""
    else:
        yield "2:", ""
        yield from _channel(form, 0)
        yield "cmp r8, #0", ""
        yield "bge 2b", ""


def _row(form: Form) -> Iterator[Line]:
    """One row of the output; r0 to r3 are the input, the output, the columns and the layer."""
    yield f"sub sp, sp, #{_FRAME}", ""
    yield "ldrd r4, r5, [r3]", "stream, table"
    yield f"add r6, r0, #{2 * form.in_c * form.out_w}", "the input's end"
    yield f"strd r5, r1, [sp, #{_TABLE}]", ""
    yield f"strd r6, r0, [sp, #{_END}]", ""
    yield f"strd r2, r4, [sp, #{_COLUMNS}]", ""
    yield "1:", ""
    yield from _window(form)
    yield f"ldrd r3, r0, [sp, #{_END}]", ""
    yield f"add r0, r0, #{2 * form.in_c}", ""
    yield f"str r0, [sp, #{_INPUT}]", ""
    yield "cmp r0, r3", ""
    yield "bne 1b", ""
    yield f"add sp, sp, #{_FRAME}", ""


def function(name: str, form: Form) -> str:
    """The C of a function that computes the layer; without the instructions it is the kernel's own twin."""
    lines = "\n".join(
        f'        "{text}\\n"' + (f"  /* {comment} */" if comment else "") for text, comment in _row(form)
    )
    return f"""\
#if AOT_HAS_DSP
AOT_INLINE void {name}(const aot_conv_pool2_dsp_t *l, const int8_t *input, uint32_t *columns, int8_t *output) {{
  for (uint32_t y = 0; y < l->out_h; ++y, input += 2 * l->pitch, output += (uint32_t)l->out_w * l->channels) {{
    register const int8_t *from __asm__("r0") = input;
    register int8_t *to __asm__("r1") = output;
    register uint32_t *scratch __asm__("r2") = columns;
    register const aot_conv_pool2_dsp_t *layer __asm__("r3") = l;
    __asm__ volatile(
{lines}
        : "+r"(from), "+r"(to), "+r"(scratch), "+r"(layer)
        :
        : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
  }}
}}
#else
#define {name} aot_conv_pool2_dsp
#endif
"""
