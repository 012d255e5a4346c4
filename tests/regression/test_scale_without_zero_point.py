"""A scale without a zero point was taken as zero point 0; TensorFlow Lite Micro ignores such a quantisation."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.graphs import Graph
from toolkit.compiler import compile_model
from toolkit.errors import ModelError


def _dense(without: int) -> bytes:
    """A dense layer; tensor `without` (input, weights, bias, output) has a scale alone."""
    g = Graph()
    source = g.tensor((1, 4), "int8", 0.1)
    weights = g.tensor((2, 4), "int8", [0.01, 0.02], data=np.ones((2, 4)))
    bias = g.tensor((2,), "int32", [0.001, 0.002], data=np.zeros(2))
    output = g.tensor((1, 2), "int8", 0.1)
    g.operator("FULLY_CONNECTED", [source, weights, bias], [output], "FullyConnectedOptions")
    g.graph.tensors[without].quantization.zeroPoint = None
    return g.file(source, output)


@pytest.mark.parametrize("without", [0, 1, 3])
def test_it_is_refused_by_name(without: int) -> None:
    with pytest.raises(ModelError, match=f"int8 tensor t{without} has a scale but no zero point") as caught:
        compile_model(_dense(without), isa="native", fpu=True)
    assert "\n" not in caught.value.message


def test_of_a_bias_nobody_reads_it() -> None:
    assert compile_model(_dense(2), isa="native", fpu=True).sources
