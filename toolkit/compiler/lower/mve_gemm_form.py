"""What the assembly of firmware/kernels/mve/aot_gemm_mve.h depends on, and which channels are computed together."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.compiler.lower.mve_text import NEAR, VECTOR

LANES = 4
# What is unrolled; longer kernels are loops of a few steps a turn.
_MOST_STEPS = 12
_FEW_STEPS = 2


@dataclass(frozen=True)
class Form:
    """What the text depends on.

    Attributes:
        rows: of the kernel; chunks: vectors of one.
        next_row: bytes from one kernel row's first element to the next one's, in the input; 0: there is one row.
        apart: bytes from one position's first element to the next one's.
        channels: of the output.
        pairs: positions are taken in twos; single: one may be alone.
        signed: halves of negative sums matter: what follows does not give all of them one value.
        zero: of the output; None: the layer's constants say it, so that layers which differ in it share the text.
        table: one follows.
        small: loops are one step a turn, and four channels are stored at a time.
    """

    rows: int
    chunks: int
    next_row: int
    apart: int
    channels: int
    pairs: bool
    single: bool
    signed: bool
    zero: int | None
    table: bool
    small: bool

    @property
    def name(self) -> str:
        """Of the function."""
        zero = "any" if self.zero is None else str(self.zero + 128)
        flags = "".join(str(int(each)) for each in (self.pairs, self.single, self.signed, self.table, self.small))
        numbers = (self.rows, self.chunks, self.next_row, self.apart, self.channels)
        return f"aot_gemm_mve_{'_'.join(map(str, numbers))}_{zero}_{flags}"

    @property
    def steps(self) -> int:
        """Vectors of one position."""
        return self.rows * self.chunks

    @property
    def unrolled(self) -> bool:
        """True if all steps stand there."""
        return self.steps <= (_FEW_STEPS if self.small else _MOST_STEPS)

    @property
    def folded(self) -> bool:
        """True if a loop goes through the channels in eights, as the text of sixteen would be long."""
        return self.steps > _FEW_STEPS and not self.small and self.channels >= 2 * 8

    @property
    def stays(self) -> bool:
        """True if the steps are near enough for the pointers to stay."""
        return self.unrolled and self.rows == 1 and VECTOR * self.chunks <= NEAR + 1


def groups(channels: int, *, small: bool) -> list[tuple[int, int]]:
    """The channels in groups: how many, and in how many tiles."""
    found = []
    while channels:
        tiles = 1 if small else next((n for n in (4, 2) if channels >= LANES * n), 1)
        found.append((min(channels, LANES * tiles), tiles))
        channels -= found[-1][0]
    return found


def lanes(first: int, count: int, tiles: int) -> list[list[int]]:
    """The channels of each tile of a group that begins with `first`."""
    order = {1: (0,), 2: (0, 1), 4: (0, 2, 1, 3)}[tiles]
    return [[first + channel for channel in range(place, count, tiles)] for place in order]
