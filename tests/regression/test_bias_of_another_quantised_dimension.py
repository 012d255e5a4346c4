"""TFLM's person_detect was "broken": its biases have one scale a channel along dimension 3, and are of one dimension.

Nobody reads a bias's scales. Nor has a single scale an axis, whatever the file says of it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.compiler.checks import check
from tests.compiler.graphs import Graph, padding
from toolkit.compiler import compile_model
from toolkit.errors import ModelError

FOREIGN = Path(__file__).parents[2].parent / "shared" / "foreign" / "tflite_micro__person_detect__808cfd.tflite"


def _convolution(bias_axis: int, weights_axis: int = 0) -> bytes:
    rng = np.random.default_rng(2)
    g = Graph()
    source = g.tensor((1, 4, 4, 2), "int8", 0.02)
    weights = g.tensor((3, 2, 2, 2), "int8", [0.01, 0.02, 0.03], 0, weights_axis, rng.integers(-127, 128, (3, 2, 2, 2)))
    bias = g.tensor((3,), "int32", [0.0002, 0.0004, 0.0006], 0, bias_axis, rng.integers(-300, 300, 3))
    output = g.tensor((1, 3, 3, 3), "int8", 0.05)
    members = {"padding": padding(same=False), "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    g.operator("CONV_2D", [source, weights, bias], [output], "Conv2DOptions", **members)
    return g.file(source, output)


def test_a_biass_axis_is_of_no_account() -> None:
    check(_convolution(bias_axis=3), 1, (("native", "speed"),))


def test_a_weights_axis_is() -> None:
    with pytest.raises(ModelError, match="scales along another axis"):
        compile_model(_convolution(bias_axis=0, weights_axis=1), isa="native", fpu=True)


def test_a_single_scale_has_no_axis() -> None:
    g = Graph()
    source = g.tensor((1, 2, 2, 3), "int8", 0.1, axis=3)
    flat, output = g.tensor((1, 12), "int8", 0.1, axis=0), g.tensor((1, 12), "int8", 0.1)
    g.operator("RESHAPE", [source, g.tensor((2,), "int32", data=np.array([1, 12]))], [flat], "ReshapeOptions")
    g.operator("RELU", [flat], [output])
    assert compile_model(g.file(source, output), isa="native", fpu=True).sources


@pytest.mark.skipif(not FOREIGN.exists(), reason="needs the foreign networks")
@pytest.mark.parametrize("isa", ["native", "armv7em", "armv8_1m_mve"])
def test_person_detect(isa: str) -> None:
    assert compile_model(FOREIGN.read_bytes(), isa=isa, fpu=True).macs > 7_000_000
