"""The assembly of a tile of a convolution with a pool for Armv8.1-M vectors, made for one layer.

firmware/kernels/mve/aot_conv_tile_mve.h says what a tile is and has its twin in C. What the layer decides stands in the
text: how many lanes and positions, how many vectors a kernel row has, how far it is to the next row. Sums are in r0,
r2, r4, r6 (of the first position) and r8, r10, r12, lr (of the second one): VMLADAV wants even registers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_FIRST = ("r0", "r2", "r4", "r6")
_SECOND = ("r8", "r10", "r12", "lr")
_VECTOR = 16
# Longer ones are loops.
_MOST_STEPS = 12
# ADDW's, and that of a load which steps on.
_LONGEST_ADD = 4095
_LONGEST_STEP = 127


@dataclass(frozen=True)
class Tile:
    """What a layer decides.

    Attributes:
        rows: of the kernel.
        chunks: vectors of one kernel row.
        next_row: bytes from one kernel row's first element to the next one's, in the input.
        lanes: numbers of channels that a tile has.
        positions: that a tile has.
        speed: loops take several steps a turn, and GCC is to unroll a pool window's tiles: it must not count their
            lines.
    """

    rows: int
    chunks: int
    next_row: int
    lanes: tuple[int, ...]
    positions: int
    speed: bool


def _step(lanes: int, positions: int, product: str) -> Iterator[str]:
    """A vector of each position by a vector of each channel."""
    for lane in range(lanes):
        yield "vldrb.8 %q[v], [%[w]], #16"
        yield f"{product}.s8 {_FIRST[lane]}, %q[a], %q[v]"
        if positions > 1:
            yield f"{product}.s8 {_SECOND[lane]}, %q[b], %q[v]"


def _sums(positions: int) -> Iterator[str]:
    """From the registers to the lanes of a vector."""
    yield "vmov %q[a][2], %q[a][0], r0, r4"
    yield "vmov %q[a][3], %q[a][1], r2, r6"
    if positions > 1:
        yield "vmov %q[b][2], %q[b][0], r8, r12"
        yield "vmov %q[b][3], %q[b][1], r10, lr"


def _load(vector: str, pointer: str, step: int) -> Iterator[str]:
    """A position's next vector, and on by `step` bytes."""
    if step <= _LONGEST_STEP:
        yield f"vldrb.8 %q[{vector}], [%[{pointer}]], #{step}"
    else:
        yield f"vldrb.8 %q[{vector}], [%[{pointer}]]"
        yield f"addw %[{pointer}], %[{pointer}], #{step}"


def _unrolled(tile: Tile, lanes: int, positions: int) -> Iterator[str]:
    for step in range(tile.rows * tile.chunks):
        ends = (step + 1) % tile.chunks == 0
        on = tile.next_row - _VECTOR * (tile.chunks - 1) if ends else _VECTOR
        yield from _load("a", "x", on)
        if positions > 1:
            yield from _load("b", "y", on)
        yield from _step(lanes, positions, "vmladava" if step else "vmladav")
    yield from _sums(positions)


def _turn(tile: Tile) -> int:
    """Steps in one turn of a loop: a divisor of all."""
    return next(turn for turn in (7, 6, 5, 4, 3, 1) if tile.chunks % turn == 0) if tile.speed else 1


def _loop(tile: Tile, lanes: int, positions: int) -> Iterator[str]:
    """The same in a loop. One of LE keeps its count in lr, which is a sum if there are two positions."""
    for register in (*_FIRST, *_SECOND):
        yield f"mov {register}, #0"
    yield f"mov %[row], #{tile.rows}"
    yield "1:"
    yield f"mov %[step], #{tile.chunks // _turn(tile)}"
    if positions == 1:
        yield "dls lr, %[step]"
    yield "2:"
    for _ in range(_turn(tile)):
        yield from _load("a", "x", _VECTOR)
        if positions > 1:
            yield from _load("b", "y", _VECTOR)
        yield from _step(lanes, positions, "vmladava")
    if positions == 1:
        yield "le lr, 2b"
    else:
        yield from ("subs %[step], #1", "bne 2b", "add %[y], %[skip]")
    yield from ("add %[x], %[skip]", "subs %[row], #1", "bne 1b")
    yield from _sums(positions)


def _variant(tile: Tile, lanes: int, positions: int) -> str:
    """One statement of assembly, and what it gives."""
    unrolls = tile.rows * tile.chunks <= _MOST_STEPS and tile.next_row <= _LONGEST_ADD
    lines = (_unrolled if unrolls else _loop)(tile, lanes, positions)
    text = "\n".join(f'        "{line}\\n"' for line in lines)
    outputs = ['[w] "+r"(w)', '[x] "+r"(x)', '[y] "+r"(y)', '[a] "=&w"(a)', '[b] "=&w"(b)', '[v] "=&w"(v)']
    inputs = ""
    if not unrolls:
        outputs += ['[row] "=&r"(row)', '[step] "=&r"(step)']
        inputs = f'[skip] "r"({tile.next_row - _VECTOR * tile.chunks})'
    clobbers = ", ".join(f'"{each}"' for each in (*_FIRST, *_SECOND, "cc", "memory"))
    counters = "" if unrolls else "    uint32_t row, step;\n"
    return f"""\
{counters}    __asm__ {"__inline__ " if tile.speed else ""}volatile(
{text}
        : {", ".join(outputs)}
        : {inputs}
        : {clobbers});
    *first = a;{" *second = b;" if positions > 1 else ""}"""


def function(name: str, tile: Tile) -> str:
    """The C of a function that computes the layer's tiles; without the instructions it is the kernel's own twin."""
    branches = " else ".join(
        f"if (lanes == {lanes}) {{\n{_variant(tile, lanes, tile.positions)}\n  }}" for lanes in tile.lanes
    )
    return f"""\
#if AOT_HAS_MVE
AOT_INLINE void {name}(const aot_conv_mve_t *l, const int8_t *w, const int8_t *x, uint32_t apart, uint32_t positions,
    uint32_t lanes, aot_quad_t *first, aot_quad_t *second) {{
  const int8_t *y = x + apart;
  aot_quad_t a, b, v;
  (void)l, (void)second, (void)positions;
  {branches}
}}
#else
#define {name} aot_tile_mve
#endif
"""
