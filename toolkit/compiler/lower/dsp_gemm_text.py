"""The assembly of firmware/kernels/dsp/aot_gemm_dsp.h: all channels at one position or two, made for a layer's form.

r0 walks through the stream of constants and r1 through the taps. r2 to r5 are the sums of four channels at the first
position, r6 to r9 those at the second one. Layers of one form share the function: its name says the form.

Weights as bytes: a word holds two channels of two taps, [t0 c0, t0 c1, t1 c0, t1 c1], made so that each half is
256 * c1 + c0 as one int16. SMLAD of that word with two taps sums 256 * S1 + S0. SXTB16 takes the two c0, whose SMLAD
sums S0. One subtraction leaves 256 * S1: a widening for two channels, not for each, and no register but the word's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Line = tuple[str, str]
"""An instruction, and what it does where that is not said before."""

_FRAME = 32
_COUNTER, _TAPS, _OUT, _END, _TABLE, _MULTIPLIER, _TURNS, _ACROSS = 0, 4, 8, 12, 16, 20, 28, 32
"""Places on the stack: a counter, then what aot_gemm_dsp_t begins with."""


@dataclass(frozen=True)
class Form:
    """What the text depends on.

    Attributes:
        lanes: positions at once: 1 or 2.
        wide: weights are int16, not int8.
        steps: pairs of taps in the unrolled code; even where there is one lane.
        rolled: that code runs as often as the layer says, not once.
        pool_rows: of a pool window two wide; 0: there is no pool.
        shift: the one right shift of all channels, which then have one multiplier; 0: each channel has its own.
        table: a table follows the requantisation.
        channels: of the output; 0: any number.
    """

    lanes: int
    wide: bool
    steps: int
    rolled: bool
    pool_rows: int
    shift: int
    table: bool
    channels: int

    @property
    def name(self) -> str:
        """Of the function."""
        kind = "w" if self.wide else "n"
        parts = (self.lanes, self.steps, int(self.rolled), self.pool_rows, self.shift, int(self.table), self.channels)
        return f"aot_gemm_{kind}{'_'.join(map(str, parts))}"


def _accumulate(word: str, sums: tuple[str, ...], taps: tuple[str, ...], first: bool) -> Iterator[Line]:
    for total, data in zip(sums, taps, strict=True):
        yield f"smuad {total}, {word}, {data}" if first else f"smlad {total}, {word}, {data}, {total}", ""


def _two_channels(
    word: str, even: tuple[str, ...], odd: tuple[str, ...], taps: tuple[str, ...], first: bool
) -> Iterator[Line]:
    """The word's two channels, kept as bytes; the odd one's sums are left as 256 * odd + even."""
    yield from _accumulate(word, odd, taps, first)
    yield f"sxtb16 {word}, {word}", ""
    yield from _accumulate(word, even, taps, first)


def _pair(form: Form, *, first: bool) -> Iterator[Line]:
    """A pair of taps of two positions by the weights of four channels."""
    taps = ("r12", "lr")
    yield "ldrd r12, lr, [r1], #8", "taps of both positions"
    for channel in (0, 2):
        if form.wide or channel == 0:
            yield "ldrd r10, r11, [r0], #8", "weights"
        if form.wide:
            yield from _accumulate("r10", (f"r{2 + channel}", f"r{6 + channel}"), taps, first)
            yield from _accumulate("r11", (f"r{3 + channel}", f"r{7 + channel}"), taps, first)
        else:
            word = "r10" if channel == 0 else "r11"
            even, odd = (f"r{2 + channel}", f"r{6 + channel}"), (f"r{3 + channel}", f"r{7 + channel}")
            yield from _two_channels(word, even, odd, taps, first)


def _two_pairs(form: Form, *, first: bool) -> Iterator[Line]:
    """Two pairs of taps of one position by the weights of four channels."""
    yield "ldrd r10, r11, [r1], #8", "taps"
    if not form.wide:
        yield "ldm r0!, {r6-r9}", "weights"
    for place, taps in enumerate(("r10", "r11")):
        begin = first and place == 0
        if form.wide:
            yield "ldm r0!, {r6-r9}", "weights"
            for channel in range(4):
                yield from _accumulate(f"r{6 + channel}", (f"r{2 + channel}",), (taps,), begin)
        else:
            for half in (0, 1):
                word = f"r{6 + 2 * place + half}"
                yield from _two_channels(word, (f"r{2 + 2 * half}",), (f"r{3 + 2 * half}",), (taps,), begin)


def _repeated(times: int, lines: Iterable[Line]) -> Iterator[Line]:
    if times > 0:
        yield f".rept {times}", ""
        yield from lines
        yield ".endr", ""


def _unrolled(form: Form, *, first: bool) -> Iterator[Line]:
    step, count = (_pair, form.steps) if form.lanes == 2 else (_two_pairs, form.steps // 2)
    if first:
        yield from step(form, first=True)
    yield from _repeated(count - first, step(form, first=False))


def _sums(form: Form, deeper: int) -> Iterator[Line]:
    """r2 to r5, r6 to r9: the sums of four channels; `deeper`: bytes that the stack has grown by."""
    if not form.rolled:
        yield from _unrolled(form, first=True)
    else:
        yield f"ldr r10, [sp, #{_TURNS + deeper}]", "turns"
        for register in range(2, 6 if form.lanes == 1 else 10):
            yield f"mov r{register}, #0", ""
        yield f"2: str r10, [sp, #{_COUNTER + deeper}]", ""
        yield from _unrolled(form, first=False)
        yield f"ldr r10, [sp, #{_COUNTER + deeper}]", ""
        yield "subs r10, r10, #1", ""
        yield "bne 2b", ""
    if not form.wide:
        for odd in (3, 5, 7, 9)[: 2 * form.lanes]:
            yield f"sub r{odd}, r{odd}, r{odd - 1}", "256 times the odd channel"


def _larger() -> Iterator[Line]:
    """r2 to r5: the larger of the two positions."""
    for first, second in zip(("r2", "r3", "r4", "r5"), ("r6", "r7", "r8", "r9"), strict=True):
        yield f"cmp {first}, {second}", ""
        yield "it lt", ""
        yield f"movlt {first}, {second}", ""


def _pooled(form: Form) -> Iterator[Line]:
    """r2 to r5: the largest of the pool window, its rows one after the other."""
    yield from _sums(form, 0)
    yield from _larger()
    for _ in range(form.pool_rows - 1):
        yield f"movw r10, #{form.steps * (16 if form.wide else 8)}", "these weights again"
        if form.rolled:
            yield f"ldr r11, [sp, #{_TURNS}]", ""
            yield "mul r10, r10, r11", ""
        yield "sub r0, r0, r10", ""
        yield "push {r2-r5}", "the largest of the rows above"
        yield from _sums(form, 16)
        yield from _larger()
        yield "pop {r6-r9}", ""
        yield from _larger()


def _finish(form: Form, channel: int, both: bool) -> Iterator[Line]:
    """From a channel's sums to its bytes: "Requantisation in three instructions" in docs/compiler.md."""
    first, second = f"r{2 + channel}", f"r{6 + channel}"
    sums = (first, second) if both else (first,)
    if form.shift:
        yield "ldr r10, [r0], #4", "bias"
    else:
        yield "ldm r0!, {r10-r12}", "bias, multiplier, offset"
    scale = "" if form.wide else ", asr #7" if channel % 2 else ", lsl #1"
    for total in sums:
        yield f"add {total}, r10, {total}{scale}", ""
    for total in sums:
        yield f"add r10, r12, {total}, asr #31", ""
        yield f"smmlar {total}, {total}, r11, r10", ""
    for total in sums:
        if form.shift:
            yield f"ssat {total}, #8, {total}, asr #{form.shift}", ""
        else:
            yield f"asr {total}, {total}, lr", ""
            yield f"ssat {total}, #8, {total}", ""
    if not form.shift and channel < 3:
        yield "lsr lr, lr, #8", "the next channel's shift"
    if form.table:
        yield f"ldr r10, [sp, #{_TABLE}]", ""
        for total in sums:
            yield f"ldrsb {total}, [r10, {total}]", ""
    if both and form.channels == 0:
        yield f"ldr r10, [sp, #{_ACROSS}]", "channels"
        yield f"strb {second}, [r1, r10]", ""
    elif both:
        yield f"strb {second}, [r1, #{form.channels}]", ""
    yield f"strb {first}, [r1], #1", ""


def _whole(form: Form) -> Iterator[Line]:
    yield "ldm r0, {r0, r3-r8}", "stream, end, table, multiplier, offset, turns, channels"
    yield "push {r1-r8}", ""
    yield "sub sp, sp, #4", ""
    yield "1:", "four channels"
    yield from _pooled(form) if form.pool_rows else _sums(form, 0)
    yield f"ldr r1, [sp, #{_OUT}]", ""
    if form.shift:
        yield f"ldrd r11, r12, [sp, #{_MULTIPLIER}]", ""
    else:
        yield "ldr lr, [r0], #4", "four shifts"
    both = form.lanes == 2 and not form.pool_rows
    for channel in range(4):
        yield from _finish(form, channel, both)
        if channel < 3 and (form.channels == 0 or form.channels % 4 == channel + 1):
            yield f"ldr r10, [sp, #{_END}]", "the last group may have fewer"
            yield "cmp r0, r10", ""
            yield "beq 3f", ""
    yield f"str r1, [sp, #{_OUT}]", ""
    yield f"ldr r10, [sp, #{_END}]", ""
    yield f"ldr r1, [sp, #{_TAPS}]", ""
    yield "cmp r0, r10", ""
    yield "bne 1b", ""
    yield f"3: add sp, sp, #{_FRAME + 4}", ""


def _hidden(lines: Iterable[Line]) -> int:
    """How many instructions the assembler makes beside those that stand there."""
    times, shown, made = [1], 0, 0
    for text, _ in lines:
        shown += 1
        if text.startswith(".rept "):
            times.append(times[-1] * int(text.split()[1]))
        elif text == ".endr":
            times.pop()
        else:
            made += times[-1]
    return max(0, made - shown)


def function(form: Form) -> str:
    """The C of the function, once in a program however often it is asked for; NULL without its instructions."""
    lines = "\n".join(
        f'      "{text}\\n"' + (f"  /* {comment} */" if comment else "") for text, comment in _whole(form)
    )
    hidden = "\\n" * _hidden(_whole(form))
    if hidden:
        # GCC takes a line for an instruction, and lays constants as far away as that lets it.
        lines += f'\n      "{hidden}"  /* a line for each instruction that is repeated: GCC counts them */'
    return f"""\
#if !AOT_HAS_DSP
#define {form.name} NULL
#elif !defined({form.name}_is_here)
#define {form.name}_is_here
static __attribute__((noinline)) void {form.name}(const aot_gemm_dsp_t *l, const uint32_t *x, int8_t *out) {{
  register const aot_gemm_dsp_t *layer __asm__("r0") = l;
  register const uint32_t *taps __asm__("r1") = x;
  register int8_t *output __asm__("r2") = out;
  __asm__ volatile(
{lines}
      : "+r"(layer), "+r"(taps), "+r"(output)
      :
      : "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}}
#endif
"""
