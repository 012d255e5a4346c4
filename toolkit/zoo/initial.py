"""The paper's initial model: dense layers only; the one pair of hidden layers that gives its parameter count."""

from __future__ import annotations

from toolkit.zoo.architecture import Architecture, KerasModel, PaperFigures
from toolkit.zoo.layers import stack


def build() -> KerasModel:
    """Flatten, dense 80, dense 60, dense 10."""
    return stack("initial", filters=(), hidden=(80, 60))


ARCHITECTURE = Architecture(
    name="initial",
    rank=2,
    title="dense 80, dense 60: the paper's initial model",
    params=68_270,
    paper=(PaperFigures(1, "Initial", 68_270, 269, 0.9784, 0.7),),
    build=build,
)
