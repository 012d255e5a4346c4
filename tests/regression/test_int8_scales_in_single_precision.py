"""SUB, BATCH_MATMUL, dense layers and five functions took a quotient of scales in single precision, TFLM in double.

No test saw it: their scales were round numbers far from each other, and a wrong last bit of a multiplier shows only
where a result lies on the edge of a rounding. Here scales are small fractions of each other, so that many results do.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.graphs import Graph
from tests.differential.comparing import Outcome, compare, references
from tests.differential.networks import Network
from tests.differential.reference import Reference
from tests.differential.targets import all_targets

EVERY = np.arange(-128, 128, dtype=np.int8).reshape(1, 256)


def _function(kind: str, scales: tuple[float, float], zeros: tuple[int, int], alpha: float | None = None) -> bytes:
    g = Graph()
    source, output = (g.tensor((1, 256), "int8", s, z) for s, z in zip(scales, zeros, strict=True))
    if alpha is None:
        g.operator(kind, [source], [output])
    else:
        g.operator(kind, [source], [output], "LeakyReluOptions", alpha=alpha)
    return g.file(source, output)


def _sub() -> bytes:
    g = Graph()
    source = g.tensor((1, 256), "int8", 0.0594)
    five = g.tensor((1, 1), "int8", 0.162, data=np.array([[5]]))
    output = g.tensor((1, 256), "int8", 0.18)
    g.operator("SUB", [source, five], [output], "SubOptions")
    return g.file(source, output)


def _product(kind: str, scales: tuple[float, float, float]) -> bytes:
    g = Graph()
    source = g.tensor((256, 1), "int8", scales[0])
    one = g.tensor((1, 1), "int8", scales[1], data=np.array([[1]]))
    output = g.tensor((256, 1), "int8", scales[2])
    if kind == "BATCH_MATMUL":
        g.operator(kind, [source, one], [output], "BatchMatMulOptions")
    else:
        g.operator(kind, [source, one, -1], [output], "FullyConnectedOptions")
    return g.file(source, output)


NETWORKS = {
    "SUB": _sub(),
    "BATCH_MATMUL": _product("BATCH_MATMUL", (0.2395, 0.1002, 0.0959915965795517)),
    "FULLY_CONNECTED": _product("FULLY_CONNECTED", (0.0163, 0.1846, 0.006017960142344236)),
    "LEAKY_RELU": _function("LEAKY_RELU", (0.0563, 0.01126), (0, 0), 0.1),
    "RELU": _function("RELU", (0.0788, 0.12608), (0, 0)),
    "ABS": _function("ABS", (0.0788, 0.12608), (0, 0)),
    "HARD_SWISH": _function("HARD_SWISH", (0.2928, 0.3871470093727112), (0, -128)),
    "RSQRT": _function("RSQRT", (0.1221, 0.2289460003376007), (-128, -128)),
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    """All in one program."""
    networks = [
        Network(
            kind, 0, tflite, EVERY.reshape(1, 256, 1) if kind in ("BATCH_MATMUL", "FULLY_CONNECTED") else EVERY[None]
        )
        for kind, tflite in NETWORKS.items()
    ]
    with Reference() as reference:
        expected = references(networks, reference)
    host = all_targets()[0]
    try:
        return {
            f.network.partition(":")[0]: f"{f.outcome} {f.detail}" for f in compare(networks, host, "speed", expected)
        }
    finally:
        host.close()


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_byte_is_the_interpreters(kind: str, outcomes: dict[str, str]) -> None:
    assert outcomes[kind] == f"{Outcome.EQUAL} "
