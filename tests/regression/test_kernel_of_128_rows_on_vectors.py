"""A kernel of 128 rows or more faulted on a Cortex-M55: GCC hands a uint8_t of 128 to the assembly as -128."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.graphs import Graph, padding
from tests.differential.comparing import Outcome, held
from tests.differential.networks import Network
from tests.differential.targets import all_targets


def _tall(rows: int) -> bytes:
    rng = np.random.default_rng(rows)
    g = Graph()
    source = g.tensor((1, rows + 3, 1, 1), "int8", 0.02, 5)
    weights = g.tensor((5, rows, 1, 1), "int8", [0.01], data=rng.integers(-127, 128, (5, rows, 1, 1)))
    output = g.tensor((1, 4, 1, 5), "int8", 0.6, -7)
    members = {"padding": padding(same=False), "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    g.operator("CONV_2D", [source, weights], [output], "Conv2DOptions", **members)
    return g.file(source, output)


@pytest.mark.emulator
def test_tall_kernels() -> None:
    rng = np.random.default_rng(1)
    networks = [
        Network("CONV_2D", rows, _tall(rows), rng.integers(-128, 128, (2, 1, rows + 3, 1, 1)).astype(np.int8))
        for rows in (127, 128, 200, 252)
    ]
    vectors = next(target for target in all_targets() if target.name == "cortex-m55")
    if not vectors.available:
        pytest.skip("needs arm-none-eabi-gcc and qemu-system-arm")
    found = held(networks, vectors, "speed")
    assert [f.outcome for f in found] == [Outcome.EQUAL] * 4, found
