"""One convolution of 8 filters, and no hidden dense layer."""

from __future__ import annotations

from toolkit.zoo.architecture import Architecture, KerasModel, PaperFigures
from toolkit.zoo.layers import stack


def build() -> KerasModel:
    """Conv 8, pool, flatten, dense 10."""
    return stack("no-dense", filters=(8,), hidden=())


ARCHITECTURE = Architecture(
    name="no-dense",
    rank=4,
    title="conv 8, max-pool, no hidden dense layer",
    params=13_610,
    paper=(PaperFigures(1, "Drop Dense layer", 13_610, 55.5, 0.9793, 0.8),),
    build=build,
)
