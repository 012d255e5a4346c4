"""A network taken apart: every operator gets its inputs given, so that each can be judged by itself.

    as it is   x -> CONV_2D -> a -> SUM -> b -> SOFTMAX -> y
    opened     x -> CONV_2D -> a      a' -> SUM -> b      b' -> SOFTMAX -> y       a' and b' are inputs, a and b outputs

What one operator rounds otherwise is then not handed on to the next, where it may grow to any size.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from toolkit.tflite import schema


@dataclass(frozen=True)
class Opened:
    """A network taken apart.

    Attributes:
        tflite: the file.
        given: tensor that an operator computes -> the input that stands for it.
        operators: name and place, and the tensors that it computes; tensors are numbered as in the network itself.
        sources: the network's own inputs.
    """

    tflite: bytes
    given: dict[int, int]
    operators: tuple[tuple[str, tuple[int, ...]], ...]
    sources: tuple[int, ...]


def opened(tflite: bytes) -> Opened:
    """Take a sound network apart: its main graph; an operator that calls another graph stays whole."""
    model: Any = schema.unpacked(tflite)
    graph = model.subgraphs[0]
    computed = sorted({int(tensor) for operator in graph.operators for tensor in operator.outputs})
    used = {int(tensor) for operator in graph.operators for tensor in operator.inputs}
    given: dict[int, int] = {}
    for tensor in used.intersection(computed):
        stand_in = copy.copy(graph.tensors[tensor])
        stand_in.name = (stand_in.name or b"") + b" (given)"
        given[tensor] = len(graph.tensors)
        graph.tensors.append(stand_in)
    for operator in graph.operators:
        operator.inputs = [given.get(int(tensor), int(tensor)) for tensor in operator.inputs]
    sources = tuple(int(tensor) for tensor in graph.inputs)
    graph.inputs = [*sources, *given.values()]
    graph.outputs = computed
    model.signatureDefs = []
    operators = tuple(
        (f"{schema.kind(model, operator)} (operator {place})", tuple(int(tensor) for tensor in operator.outputs))
        for place, operator in enumerate(graph.operators)
    )
    return Opened(schema.packed(model), given, operators, sources)
