"""A network of one operator under construction, and what goes into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.compiler.graphs import Graph

Array = npt.NDArray[Any]
Random = np.random.Generator
Shape = tuple[int, ...]

SAMPLES = 4


@dataclass(frozen=True, eq=False)
class Drawn:
    """A network, and its inputs: [SAMPLES, *shape] each."""

    tflite: bytes
    inputs: tuple[Array, ...]


class Sketch:
    """Draws one network; quantised types get a scale and a zero point where none is given."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.graph = Graph()
        self._ends: list[int] = []
        self._inputs: list[Array] = []

    def chance(self, share: float = 0.5) -> bool:
        """True so often."""
        return bool(self.random.random() < share)

    def size(self, least: int, most: int) -> int:
        """A whole number between the two, both included."""
        return int(self.random.integers(least, most + 1))

    def shape(self, least: int = 1, most: int = 4, longest: int = 6) -> Shape:
        """Of so many dimensions."""
        return tuple(self.size(1, longest) for _ in range(self.size(least, most)))

    def scale(self, least: float = 1e-3, most: float = 0.9) -> float:
        """Evenly over the powers between the two."""
        return float(np.float32(np.exp(self.random.uniform(np.log(least), np.log(most)))))

    def quantisation(self, dtype: str) -> tuple[float | None, int]:
        """A scale and a zero point for the types that have them."""
        if dtype not in ("int8", "int16"):
            return None, 0
        return self.scale(), self.size(-128, 127) if dtype == "int8" else 0

    def values(self, shape: Shape, dtype: str) -> Array:
        """Over the range of the type; float32 in quarters as often as not, so that two may be equal."""
        if dtype == "bool":
            return self.random.random(shape) < 0.5
        if dtype == "float32":
            plain = self.random.uniform(-6, 6, shape)
            return np.where(self.random.random(shape) < 0.5, np.round(plain * 4) / 4, plain).astype(np.float32)
        limits = np.iinfo(dtype)
        wide = self.random.integers(limits.min, int(limits.max), shape, np.dtype(dtype), endpoint=True)
        near = self.random.integers(max(limits.min, -9), 10, shape).astype(dtype)
        return np.where(self.random.random(shape) < 0.5, wide, near)

    def given(
        self, shape: Shape, dtype: str, scaled: tuple[float | None, int] | None = None, data: Array | None = None
    ) -> int:
        """An input of the network, with values of its own for each sample."""
        scale, zero = self.quantisation(dtype) if scaled is None else scaled
        tensor = self.graph.tensor(shape, dtype, scale, zero)
        self._ends.append(tensor)
        self._inputs.append(self.values((SAMPLES, *shape), dtype) if data is None else data.astype(dtype))
        return tensor

    def constant(self, data: Any, dtype: str = "int32", scaled: tuple[float | None, int] = (None, 0)) -> int:
        """A constant: shapes, axes, weights."""
        stored = np.asarray(data, dtype)
        return self.graph.tensor(stored.shape, dtype, *scaled, data=stored)

    def either(self, shape: Shape, dtype: str, scaled: tuple[float | None, int] | None = None) -> int:
        """A further operand: given, or a constant."""
        known = self.quantisation(dtype) if scaled is None else scaled
        return (
            self.given(shape, dtype, known) if self.chance() else self.constant(self.values(shape, dtype), dtype, known)
        )

    def made(self, shape: Sequence[int], dtype: str, scaled: tuple[float | None, int] | None = None) -> int:
        """What the operator computes."""
        return self.graph.tensor(tuple(shape), dtype, *(self.quantisation(dtype) if scaled is None else scaled))

    def done(self, kind: str, inputs: Sequence[int], outputs: Sequence[int], options: str = "", **values: Any) -> Drawn:
        """The network of that one operator."""
        self.graph.operator(kind, inputs, outputs, options, **values)
        return self.finished(outputs)

    def finished(self, outputs: Sequence[int]) -> Drawn:
        """The network of all operators so far."""
        return Drawn(self.graph.file(self._ends, list(outputs)), tuple(self._inputs))

    def broadcast(self, shape: Shape) -> tuple[Shape, Shape]:
        """Two shapes that are broadcast to this one."""
        if self.chance(0.4):
            return shape, shape
        a, b = list(shape), list(shape)
        for axis in range(len(shape)):
            drawn = self.random.random()
            if drawn < 0.25:
                a[axis] = 1
            elif drawn < 0.5:
                b[axis] = 1
        shorter = b[self.size(0, len(b) - 1) :] if self.chance(0.3) else b
        whole = np.broadcast_shapes(tuple(a), tuple(shorter))
        return (tuple(a), tuple(shorter)) if whole == shape else (shape, tuple(shorter))


Drawing = Callable[[Sketch, str], Drawn]
"""Of a type, or of two: "int8 to int32"."""
