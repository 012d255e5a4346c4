"""Two convolutions of 3 and 4 filters and a dense layer of 5: the proposed model with ReLU."""

from __future__ import annotations

from toolkit.zoo.architecture import Architecture, KerasModel, PaperFigures
from toolkit.zoo.layers import stack


def build() -> KerasModel:
    """Conv 3, pool, conv 4, pool, flatten, dense 5, dense 10."""
    return stack("cnn2-3-4-5", filters=(3, 4), hidden=(5,))


ARCHITECTURE = Architecture(
    name="cnn2-3-4-5",
    rank=8,
    title="2 x (conv + max-pool) of 3 and 4 filters, dense 5",
    params=707,
    paper=(PaperFigures(1, "Change neurons (3,4,5)", 707, 6, 0.9483, 0.9),),
    build=build,
)
