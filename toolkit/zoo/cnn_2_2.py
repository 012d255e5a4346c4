"""One convolution of 2 filters and a dense layer of 2."""

from __future__ import annotations

from toolkit.zoo.architecture import Architecture, KerasModel, PaperFigures
from toolkit.zoo.layers import stack


def build() -> KerasModel:
    """Conv 2, pool, flatten, dense 2, dense 10."""
    return stack("cnn-2-2", filters=(2,), hidden=(2,))


ARCHITECTURE = Architecture(
    name="cnn-2-2",
    rank=5,
    title="conv 2, max-pool, dense 2",
    params=728,
    paper=(PaperFigures(1, "Change neurons (2,2)", 728, 5.5, 0.3830, 0.2),),
    build=build,
)
