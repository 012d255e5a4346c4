"""A network being drawn: tensors whose scale, zero point and type its dice decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.compiler.graphs import ACTIVATIONS, Graph, activation
from tests.differential.dice import Dice


@dataclass
class Draft:
    """A network being drawn; `int8` or float32 throughout."""

    dice: Dice
    int8: bool
    graph: Graph

    def tensor(self, shape: Sequence[int], scale: float, zero: int, data: Any = None) -> int:
        """A tensor of the network's type."""
        if self.int8:
            return self.graph.tensor(shape, "int8", scale, zero, data=data)
        return self.graph.tensor(shape, "float32", data=data)

    def fresh(self, shape: Sequence[int]) -> int:
        """A tensor with any scale and zero point."""
        return self.tensor(shape, self.dice.scale(), self.dice.zero())

    def constant(self, shape: Sequence[int], scale: float, zero: int) -> int:
        """The same, with elements."""
        return self.tensor(shape, scale, zero, self.dice.operand(shape, zero) if self.int8 else self.dice.reals(shape))

    def shape(self, tensor: int) -> list[int]:
        """Its dimensions."""
        return [int(d) for d in self.graph.graph.tensors[tensor].shape]

    def scale(self, tensor: int) -> float:
        """Its scale; 1 for float32."""
        return float(self.graph.graph.tensors[tensor].quantization.scale[0]) if self.int8 else 1.0

    def like(self, tensor: int, shape: Sequence[int] | None = None) -> int:
        """A tensor of the same scale and zero point."""
        given = self.graph.graph.tensors[tensor]
        zero = int(given.quantization.zeroPoint[0]) if self.int8 else 0
        return self.tensor(given.shape if shape is None else shape, self.scale(tensor), zero)

    def after(self, shape: Sequence[int], unit: float, largest: float) -> int:
        """An output whose scale follows from its sums."""
        return self.tensor(shape, self.dice.scale_after(unit, largest), self.dice.zero())

    def fused(self) -> int:
        """A fused activation, none half of the time."""
        return activation(self.dice.pick((*(["NONE"] * 3), *ACTIVATIONS)))
