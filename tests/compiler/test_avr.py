"""What an AVR's kernels would read from the wrong memory is refused, not computed wrongly."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.graphs import Graph
from toolkit.compiler import compile_model
from toolkit.errors import ModelError


def _add(constant: bool) -> bytes:
    graph = Graph()
    x = graph.tensor((1, 8), scale=0.1)
    other = graph.tensor((1, 8), scale=0.1, data=np.arange(8, dtype=np.int8)) if constant else x
    y = graph.tensor((1, 8), scale=0.2)
    graph.operator("ADD", [x, other], [y], "AddOptions")
    return graph.file(x, y)


def test_constant_operand_is_refused_on_an_avr_alone() -> None:
    with pytest.raises(ModelError, match="ADD with a constant operand is not supported on an AVR"):
        compile_model(_add(constant=True), isa="avr", fpu=False)
    assert compile_model(_add(constant=True), isa="armv7em", fpu=True).sources
    assert compile_model(_add(constant=False), isa="avr", fpu=False).sources
