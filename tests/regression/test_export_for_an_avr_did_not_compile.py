"""An export whose tensors take more than an AVR's largest array ended in a compiler's errors, not in a word of ours."""

from __future__ import annotations

import numpy as np

from tests.compiler.graphs import Graph
from toolkit import compiler

_ONCE = {"padding": 1, "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}


def _wide(channels: int) -> bytes:
    """A pointwise convolution to so many channels of 32 x 32."""
    rng = np.random.default_rng(0)
    g = Graph()
    source, output = g.tensor((1, 32, 32, 1), "int8", 0.02, 3), g.tensor((1, 32, 32, channels), "int8", 0.05, -5)
    weights = g.tensor((channels, 1, 1, 1), "int8", 0.01, data=rng.integers(-127, 128, (channels, 1, 1, 1)))
    bias = g.tensor((channels,), "int32", 0.02 * 0.01, data=rng.integers(-500, 500, channels))
    g.operator("CONV_2D", [source, weights, bias], [output], "Conv2DOptions", **_ONCE)
    return g.file(source, output)


def test_it_is_refused_by_name() -> None:
    made = compiler.exported(_wide(40))
    assert "avr" not in {isa for lowering in made.lowerings for isa, _ in lowering.cores}
    assert "bytes of RAM" in made.refused["avr"]


def test_what_fits_an_array_is_taken() -> None:
    assert not compiler.exported(_wide(8)).refused
