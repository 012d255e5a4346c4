"""BATCH_MATMUL's products of two differences, up to 65,025, were taken in an int: on an AVR that has 16 bits."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.graphs import Graph
from tests.differential.comparing import Outcome, compare, references
from tests.differential.networks import Network
from tests.differential.reference import Reference
from tests.differential.targets import all_targets


def _square() -> bytes:
    """The input times its own transpose, both computed: an AVR reads no constant operand."""
    g = Graph()
    source = g.tensor((3, 4), "int8", 0.1, -128)
    other, output = g.tensor((3, 4), "int8", 0.1, -128), g.tensor((3, 3), "int8", 20.0, -128)
    g.operator("RELU", [source], [other])
    g.operator("BATCH_MATMUL", [source, other], [output], "BatchMatMulOptions", adjY=True)
    return g.file(source, output)


@pytest.mark.emulator
def test_products_beyond_16_bits() -> None:
    rng = np.random.default_rng(1)
    inputs = np.concatenate([np.full((1, 3, 4), 127), rng.integers(-128, 128, (3, 3, 4))]).astype(np.int8)
    network = Network("BATCH_MATMUL", 0, _square(), inputs)
    avr = next(target for target in all_targets() if target.name == "avr")
    if not avr.available:
        pytest.skip("needs avr-gcc and simavr")
    with Reference() as reference:
        expected = references([network], reference)
    try:
        found = compare([network], avr, "speed", expected)
    finally:
        avr.close()
    assert [f.outcome for f in found] == [Outcome.EQUAL], found
