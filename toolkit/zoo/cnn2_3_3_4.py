"""Two convolutions of 3 filters and a dense layer of 4."""

from __future__ import annotations

from toolkit.zoo.architecture import Architecture, KerasModel, PaperFigures
from toolkit.zoo.layers import stack


def build() -> KerasModel:
    """Conv 3, pool, conv 3, pool, flatten, dense 4, dense 10."""
    return stack("cnn2-3-3-4", filters=(3, 3), hidden=(4,))


ARCHITECTURE = Architecture(
    name="cnn2-3-3-4",
    rank=7,
    title="2 x (conv + max-pool) of 3 and 3 filters, dense 4",
    params=468,
    paper=(PaperFigures(1, "2x CNN + MP (3,3,4)", 468, 5, 0.9279, 0.7),),
    build=build,
)
