"""One convolution of 8 filters, a dense layer of 8 and dropout."""

from __future__ import annotations

from toolkit.zoo.architecture import Architecture, KerasModel, PaperFigures
from toolkit.zoo.layers import stack


def build() -> KerasModel:
    """Conv 8, pool, flatten, dense 8, dropout 20 %, dense 10."""
    return stack("dropout", filters=(8,), hidden=(8,), dropout=0.2)


ARCHITECTURE = Architecture(
    name="dropout",
    rank=6,
    title="conv 8, max-pool, dense 8, dropout 20 %",
    params=10_994,
    paper=(PaperFigures(1, "Dropout layer (20 %)", 10_994, 45.5, 0.9812, 0.8),),
    build=build,
)
