"""One convolution of 8 filters and a dense layer of 8."""

from __future__ import annotations

from toolkit.zoo.architecture import Architecture, KerasModel, PaperFigures
from toolkit.zoo.layers import stack


def build() -> KerasModel:
    """Conv 8, pool, flatten, dense 8, dense 10."""
    return stack("cnn-8-8", filters=(8,), hidden=(8,))


ARCHITECTURE = Architecture(
    name="cnn-8-8",
    rank=3,
    title="conv 8, max-pool, dense 8",
    params=10_994,
    paper=(PaperFigures(1, "CNN + MP (8,8)", 10_994, 45.5, 0.9753, 0.9),),
    build=build,
)
