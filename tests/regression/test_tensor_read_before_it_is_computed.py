"""A network that reads what nothing has written was proven on tflm: host and device held the same rubbish there."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.graphs import Graph
from toolkit import tflite


def _what(graph: Graph, source: int, output: int) -> list[str]:
    return [each.what for each in tflite.obstacles.of(tflite.describe(graph.file(source, output)))]


@pytest.fixture(name="graph")
def _graph() -> Graph:
    """Three int8 tensors of [1, 8], and a constant one."""
    graph = Graph()
    for _ in range(3):
        graph.tensor((1, 8), "int8", 0.1)
    graph.tensor((1, 8), "int8", 0.1, data=np.arange(8))
    return graph


def test_operators_in_the_wrong_order(graph: Graph) -> None:
    graph.operator("RELU", [1], [2])
    graph.operator("RELU6", [0], [1])
    assert _what(graph, 0, 2) == ["RELU reads tensor 1 before it is computed"]


def test_output_that_nobody_writes(graph: Graph) -> None:
    graph.operator("RELU", [0], [1])
    assert _what(graph, 0, 2) == ["output tensor 2 is computed by no operator"]


def test_inputs_constants_variables_and_what_is_left_out_are_known(graph: Graph) -> None:
    graph.graph.tensors[1].isVariable = True
    graph.operator("ADD", [0, 3, -1], [2], "AddOptions")
    graph.operator("ADD", [1, 2], [2], "AddOptions")
    assert _what(graph, 0, 2) == []
