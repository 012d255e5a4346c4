"""The best found for under 512 bytes of RAM by rows: two convolutions, small rows, dense: docs/smallest.md."""

from __future__ import annotations

from toolkit.zoo.architecture import Architecture, KerasModel
from toolkit.zoo.topology import parse

TOPOLOGY = parse("c4p c6p d20 F", slope=0.1)


def build() -> KerasModel:
    """As its words say; see toolkit/zoo/topology.py."""
    from toolkit.zoo import topology_keras

    return topology_keras.build(TOPOLOGY, "tiny-row")


ARCHITECTURE = Architecture(
    name="tiny-row",
    rank=1101,
    title="the best found for under 512 bytes of RAM by rows: two convolutions, small rows, dense",
    params=TOPOLOGY.parameters,
    paper=(),
    build=build,
)
