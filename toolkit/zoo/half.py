"""The best found with at most 350 parameters: separable layers, one tied, no dense layer: docs/smallest.md."""

from __future__ import annotations

from toolkit.zoo.architecture import Architecture, KerasModel
from toolkit.zoo.topology import parse

TOPOLOGY = parse("c4p s6 s6 s6t s10n g", slope=0.1)


def build() -> KerasModel:
    """As its words say; see toolkit/zoo/topology.py."""
    from toolkit.zoo import topology_keras

    return topology_keras.build(TOPOLOGY, "half")


ARCHITECTURE = Architecture(
    name="half",
    rank=1102,
    title="the best found with at most 350 parameters: separable layers, one tied, no dense layer",
    params=TOPOLOGY.parameters,
    paper=(),
    build=build,
)
