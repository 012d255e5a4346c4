"""SOFTMAX was refused as damaged where its input's scale is 16 or more; TensorFlow Lite Micro caps its multiplier."""

from __future__ import annotations

import pytest

from tests.compiler.checks import check
from tests.compiler.graphs import Graph


@pytest.mark.parametrize("scale", [15.9, 16.0, 31.9, 32.0, 40.0, 1e6])
def test_it_is_computed(scale: float) -> None:
    g = Graph()
    source, output = g.tensor((3, 10), "int8", scale, 3), g.tensor((3, 10), "int8", 1 / 256, -128)
    g.operator("SOFTMAX", [source], [output], "SoftmaxOptions", beta=1.0)
    check(g.file(source, output), 5, (("native", "speed"),))
