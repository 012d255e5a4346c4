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
        layers: C text of the constants and functions, each of which takes `uint8_t *arena`.
        headers: kernel headers that the text includes; kernels: all kernel files that it needs.
        names: of the layers' functions, in the order of computation.
        places: of their outputs: offset in the arena and bytes, in the same order.
        inputs, outputs: offset in the arena of each of the network's ends.
        arena_bytes, constants_bytes: RAM for tensors and scratch; flash for weights, biases and tables.
    """

    cores: tuple[tuple[str, bool], ...]
    layers: str
    headers: tuple[str, ...]
    kernels: tuple[str, ...]
    names: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
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
    """

    sets: tuple[CoreSet, ...]
    lowerings: tuple[Lowering, ...]
    refused: dict[str, str]
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    points: tuple[TracePoint, ...]
    macs: int
