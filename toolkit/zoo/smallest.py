"""The best found with at most 697 parameters: separable layers, the last ones tied: docs/smallest.md."""

from __future__ import annotations

from toolkit.zoo.architecture import Architecture, KerasModel
from toolkit.zoo.topology import parse

TOPOLOGY = parse("c6p s13 s13 s13t s13t g F", slope=0.1)


def build() -> KerasModel:
    """As its words say; see toolkit/zoo/topology.py."""
    from toolkit.zoo import topology_keras

    return topology_keras.build(TOPOLOGY, "smallest")


ARCHITECTURE = Architecture(
    name="smallest",
    rank=1100,
    title="the best found with at most 697 parameters: separable layers, the last ones tied",
    params=TOPOLOGY.parameters,
    paper=(),
    build=build,
)
