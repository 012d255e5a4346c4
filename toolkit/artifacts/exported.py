"""A network compiled for every kind of core, on its way from the compiler to an export."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.artifacts.tensor import TensorSpec
from toolkit.artifacts.trace import TracePoint


@dataclass(frozen=True)
class CoreSet:
    """An instruction set that an export tells apart.

    Attributes:
        name, title: as the compiler's.
        tells: what the preprocessor of a compiler for it finds true; empty: what is left.
    """

    name: str
    title: str
    tells: str


@dataclass(frozen=True, eq=False)
class Lowering:
    """The network for one or several kinds of cores.

    Attributes:
        cores: for which: (instruction set, with floating point in hardware).
        layers: C text of the constants and functions, each of which takes `uint8_t *arena`; of those that stream,
            `uint8_t *row`, and the arena is `ROWS_ARENA`. `ROWS` is then what aot_rows.h takes.
        headers: kernel headers that the text includes; kernels: all kernel files that it needs.
        streamed: how many layers, from the first on, run row by row.
        names: of the functions of the others, in the order of computation.
        places: of their outputs: offset in the arena and bytes, in the same order.
        input_rows: how many rows the input has, where layers stream.
        come: offset in the arena of the number of rows that have come, where the input comes row by row.
        inputs, outputs: offset in the arena of each of the network's ends.
        arena_bytes, constants_bytes: RAM for tensors and scratch; flash for weights, biases and tables.
    """

    cores: tuple[tuple[str, bool], ...]
    layers: str
    headers: tuple[str, ...]
    kernels: tuple[str, ...]
    streamed: int
    names: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    input_rows: int
    come: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    arena_bytes: int
    constants_bytes: int


@dataclass(frozen=True, eq=False)
class Exported:
    """A network for any core.

    Attributes:
        sets: the instruction sets that are told apart, in the order in which they are asked; the portable one last.
        lowerings: each core's is among them; `refused`: those instruction sets that cannot have it, and why.
        inputs, outputs: the network's ends, in its own order.
        points: its layers, the same for all lowerings.
        macs: multiply-accumulates of one inference.
        rows: of the input, if it comes row by row; else 0.
    """

    sets: tuple[CoreSet, ...]
    lowerings: tuple[Lowering, ...]
    refused: dict[str, str]
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    points: tuple[TracePoint, ...]
    macs: int
    rows: int = 0
