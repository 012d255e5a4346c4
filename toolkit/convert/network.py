"""A network as a converter has loaded it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from toolkit.artifacts import DType
from toolkit.convert.lite import Arrays
from toolkit.errors import ModelError

Make = Callable[[DType, Arrays, bool], bytes]
"""dtype; for int8 real values [N, ...] by input of the float32 file; one scale for each dense kernel -> the file. That
of float32 keeps the names of its tensors, by which a person knows the layers."""


@dataclass(frozen=True)
class Network:
    """What is loaded, and how a `.tflite` is made of it.

    Attributes:
        make: raises TrainError where the framework's converter refuses the network.
        changes: what was done to it, each in words that follow "with ...".
    """

    make: Make
    changes: tuple[str, ...] = ()


FIXED = "its free batch fixed at 1"


def fixed(shape: tuple[int | None, ...], name: str, what: str) -> tuple[tuple[int, ...], bool]:
    """An input's shape with a batch of 1, and whether it was free.

    Raises:
        ModelError: it has no batch in front, another batch than 1, or another dimension is free.
    """
    rest = tuple(each for each in shape[1:] if each is not None)
    if not shape or len(rest) != len(shape) - 1:
        told = f"({', '.join('?' if each is None else str(each) for each in shape)})"
        raise ModelError(
            f"{name}: the input {what} is {told}, and a firmware has memory for one size only",
            "save it with an input of fixed shape behind the batch",
        )
    if shape[0] not in (None, 1):
        raise ModelError(
            f"{name}: the input {what} is for a batch of {shape[0]}", "save it with a free batch, or one of 1"
        )
    return (1, *rest), shape[0] is None
