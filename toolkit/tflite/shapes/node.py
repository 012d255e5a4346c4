"""One operator as the rules of shapes see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, ...]
Value = NDArray[np.int64]


class UnknownError(Exception):
    """The shape or value cannot be told from what is constant in the file."""


@dataclass(frozen=True)
class Node:
    """One operator.

    Attributes:
        kind: the schema's name.
        options: its options table in object form, or None.
        shapes: of its inputs; None for an optional one that is absent.
        values: of its integer inputs where they are constant, else None.
        outputs: how many it has.
    """

    kind: str
    options: Any
    shapes: tuple[Shape | None, ...]
    values: tuple[Value | None, ...]
    outputs: int

    def shape(self, place: int) -> Shape:
        """Of the input at `place`."""
        shape = self.shapes[place] if place < len(self.shapes) else None
        if shape is None:
            raise UnknownError(f"has no input {place}")
        return shape

    def value(self, place: int) -> Value:
        """Of the constant input at `place`."""
        value = self.values[place] if place < len(self.values) else None
        if value is None:
            raise UnknownError("takes its shape from what is computed")
        return value

    def axis(self, number: int, rank: int) -> int:
        """An axis that may count from the end."""
        if not -rank <= number < rank:
            raise UnknownError(f"has axis {number} of {rank}")
        return number % rank


Rule = Callable[[Node], list[Shape]]
"""The shapes of an operator's outputs; it raises `UnknownError` where they depend on data."""
