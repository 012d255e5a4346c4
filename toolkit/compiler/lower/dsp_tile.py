"""The assembly of a tile of a convolution or dense layer for Armv7E-M, made for one layer.

firmware/kernels/dsp/aot_conv_tile_dsp.h says what a tile is and computes those that are not written here. What the
layer decides stands in the text: the positions' distance, how often a step is repeated, and the ways to the next row.
r0 walks through the weights and r1 through the input; r2 to r5 are the sums of four channels at the first position, r6
to r9 those at the second one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Line = tuple[str, str]
"""An instruction, and what it does where that is not said before."""

# The assembler repeats steps; the code should stay below 4 KiB.
_MOST_STEPS = 40
# Immediates have 12 bits, and an element has two bytes.
_FARTHEST = 2048


@dataclass(frozen=True)
class Tile:
    """What a layer decides.

    Attributes:
        rows, words: of the kernel, and pairs of elements in one row.
        apart: elements from one position to the next.
        next_row: elements from one row of the kernel's to the next one's, in the input.
        pool_rows: of the pool window, which is two wide; 0 if there is none.
        next_pool_row: elements from one row of the pool window to the next.
    """

    rows: int
    words: int
    apart: int
    next_row: int
    pool_rows: int
    next_pool_row: int

    @property
    def fits(self) -> bool:
        """True if it can be written: where it cannot, the layer has tiles in C."""
        steps = self.rows * self.words * max(self.pool_rows, 1)
        far = (2 * self.apart, self.rows * self.next_row, self.next_pool_row)
        return steps <= _MOST_STEPS and max(far) < _FARTHEST


def _repeated(times: int, lines: Iterable[Line]) -> Iterator[Line]:
    if times > 0:
        yield f".rept {times}", ""
        yield from lines
        yield ".endr", ""


def _step(tile: Tile, *, first: bool = False) -> Iterator[Line]:
    """A pair of elements of both positions by the weights of four channels."""
    yield "ldrd r10, r11, [r0], #8", "weights of channels 0 and 1"
    yield "ldr r12, [r1], #4", "the first position's pair"
    yield f"ldr lr, [r1, #{2 * tile.apart - 4}]", "the second one's"
    for pair in (0, 2):
        if pair:
            yield "ldrd r10, r11, [r0], #8", "weights of channels 2 and 3"
        for channel, weights in ((pair, "r10"), (pair + 1, "r11")):
            for total, data in ((f"r{2 + channel}", "r12"), (f"r{6 + channel}", "lr")):
                yield (
                    (f"smuad {total}, {weights}, {data}" if first else f"smlad {total}, {weights}, {data}, {total}"),
                    "",
                )


def _tile(tile: Tile) -> Iterator[Line]:
    """r2 to r9: the sums."""
    yield from _step(tile, first=True)
    yield from _repeated(tile.words - 1, _step(tile))
    row = [(f"add r1, r1, #{2 * tile.next_row - 4 * tile.words}", "the kernel's next row")]
    yield from _repeated(tile.rows - 1, [*row, *_repeated(tile.words, _step(tile))])


def _larger() -> Iterator[Line]:
    """r2 to r5: the larger of the two positions."""
    for first, second in zip(("r2", "r3", "r4", "r5"), ("r6", "r7", "r8", "r9"), strict=True):
        yield f"cmp {first}, {second}", ""
        yield "it lt", ""
        yield f"movlt {first}, {second}", ""


def _pool(tile: Tile) -> Iterator[Line]:
    """r2 to r5: the largest of the pool window, a tile a row."""
    yield from _tile(tile)
    yield from _larger()
    back = tile.next_pool_row - (tile.rows - 1) * tile.next_row
    below = [
        ("push {r2-r5}", "the largest of the rows above"),
        (f"sub r0, r0, #{16 * tile.rows * tile.words}", ""),
        (f"add r1, r1, #{2 * back - 4 * tile.words}", "the pool window's next row"),
        *_tile(tile),
        *_larger(),
        ("pop {r6-r9}", ""),
        *_larger(),
    ]
    yield from _repeated(tile.pool_rows - 1, below)


def _whole(tile: Tile) -> Iterator[Line]:
    yield "push {r2}", ""
    yield from _pool(tile) if tile.pool_rows else _tile(tile)
    yield "pop {r0}", ""
    yield f"stm r0, {{r2-r{5 if tile.pool_rows else 9}}}", ""


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


def function(name: str, tile: Tile) -> str:
    """The C of a function that computes the layer's tiles of two positions by four channels; NULL where it cannot."""
    lines = "\n".join(
        f'      "{text}\\n"' + (f"  /* {comment} */" if comment else "") for text, comment in _whole(tile)
    )
    hidden = "\\n" * _hidden(_whole(tile))
    if hidden:
        # GCC takes a line for an instruction, and lays constants as far away as that lets it.
        lines += f'\n      "{hidden}"  /* a line for each instruction that is repeated: GCC counts them */'
    return f"""\
#if AOT_HAS_DSP
AOT_INLINE void {name}(const uint32_t *w, const int16_t *x, int32_t *most) {{
  register const uint32_t *weights __asm__("r0") = w;
  register const int16_t *position __asm__("r1") = x;
  register int32_t *result __asm__("r2") = most;
  __asm__ volatile(
{lines}
      : "+r"(weights), "+r"(position), "+r"(result)
      :
      : "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}}
#else
#define {name} NULL
#endif
"""
