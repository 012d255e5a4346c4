"""What in a file stands in the way of either runtime, each in words and with the converter's line that helps.

An obstacle that only one runtime has (an operator, mostly) is that runtime's to name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from toolkit.artifacts import ElementType
from toolkit.errors import ModelError
from toolkit.tflite.description import Description, Operator, Subgraph

LARGEST_END = 1 << 26
"""Elements of an input or output; more is a damaged file."""
MOST_ENDS = 0xFF
"""Inputs, and outputs: HELLO counts them in a byte each."""

_TYPES = tuple(ElementType)
_FUNCTION = "convert a function of one tensor or several to one or several"

_FULL_INT8 = (
    "convert with converter.optimizations = [tf.lite.Optimize.DEFAULT], converter.representative_dataset = a function "
    "that yields some inputs, and converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]"
)
_FLOAT32 = "for float32, leave converter.optimizations out"
# What the converter needs to be told, by the type of an end.
_TYPE_HINTS = {
    "float16": "leave converter.inference_input_type at tf.float32: float16 weights are taken, float16 inputs are not",
    "int64": "convert a function whose inputs and outputs are float32 (or int8, quantised): cast outside the network",
}
# Operators that have weights of their own, and which inputs they are.
_WEIGHTED = {
    "CONV_2D": (1,),
    "DEPTHWISE_CONV_2D": (1,),
    "FULLY_CONNECTED": (1,),
    "TRANSPOSE_CONV": (1,),
    "BATCH_MATMUL": (0, 1),
    "SVDF": (1, 2),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": tuple(range(1, 9)),
    "UNIDIRECTIONAL_SEQUENCE_RNN": (1, 2),
}
_INTEGER_WEIGHTS = ("int8", "uint8", "int4")


@dataclass(frozen=True)
class Obstacle:
    """What stands in the way, in a few words, and what to try; empty where there is nothing."""

    what: str
    hint: str


def obstacles_of(caught: ModelError) -> tuple[Obstacle, ...]:
    """What an error tells of: its obstacles, or itself as the only one."""
    if isinstance(caught, UnsupportedError):
        return caught.obstacles
    return (Obstacle(caught.message, caught.hint),)


class UnsupportedError(ModelError):
    """A sound model that cannot be taken: `message` says all obstacles that were found in one line.

    Args:
        obstacles: at least one.
        name: what the message calls the model.
        tflite: its bytes, for who wants to ask more of it.
    """

    def __init__(self, obstacles: Sequence[Obstacle], name: str = "the model", tflite: bytes | None = None) -> None:
        whats = list(dict.fromkeys(obstacle.what for obstacle in obstacles))
        hints = list(dict.fromkeys(obstacle.hint for obstacle in obstacles if obstacle.hint))
        super().__init__(f"{name} cannot be built: {'; '.join(whats)}", "; ".join(hints))
        self.obstacles = tuple(obstacles)
        self.name = name
        self.tflite = tflite


def _list(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def of_ends(description: Description) -> list[Obstacle]:
    """What keeps the network's inputs and outputs from being taken: their number, their types, a scale that lacks."""
    found = []
    ends = (("input", description.inputs), ("output", description.outputs))
    for what, tensors in ends:
        if not 0 < len(tensors) <= MOST_ENDS:
            found.append(Obstacle(f"{len(tensors)} {what}s (1 to {MOST_ENDS} are supported)", _FUNCTION))
    if len(set(description.main.inputs)) < len(description.main.inputs):
        found.append(Obstacle("the same tensor as two inputs", _FUNCTION))
    others: dict[str, list[str]] = {}
    for what, tensors in ends:
        for kind in dict.fromkeys(tensor.type for tensor in tensors if tensor.type not in _TYPES):
            others.setdefault(kind, []).append(f"{what}s")
    for place, (kind, whats) in enumerate(others.items(), 1):
        otherwise = "convert a function whose inputs and outputs are float32, or int8"
        remark = f" ({', '.join(_TYPES)} are supported)" if place == len(others) else ""
        found.append(Obstacle(f"{kind} {' and '.join(whats)}{remark}", _TYPE_HINTS.get(kind, otherwise)))
    for what, tensors in ends:
        for tensor in tensors:
            if not 0 < math.prod(tensor.shape) <= LARGEST_END:
                found.append(Obstacle(f"an {what} of shape {list(tensor.shape)}", "is it damaged? convert it again"))
            if tensor.type == "int8" and not len(tensor.scales) == len(tensor.zero_points) == 1:
                lacks = "scale" if len(tensor.scales) != 1 else "zero point"
                found.append(Obstacle(f"an int8 {what} without a {lacks} ({tensor.name})", _FULL_INT8))
    return found


def _is_hybrid(graph: Subgraph, operator: Operator) -> bool:
    if not operator.inputs or operator.inputs[0] < 0 or operator.kind not in _WEIGHTED:
        return False
    weights = [
        graph.tensors[operator.inputs[place]]
        for place in _WEIGHTED[operator.kind]
        if place < len(operator.inputs) and operator.inputs[place] >= 0
    ]
    results = [graph.tensors[index] for index in operator.outputs]
    return any(result.type == "float32" for result in results) and any(
        weight.type in _INTEGER_WEIGHTS and weight.constant_bytes for weight in weights
    )


def of(description: Description) -> list[Obstacle]:
    """All that both runtimes have."""
    return [*of_ends(description), *of_types(description), *of_order(description)]


def of_order(description: Description) -> list[Obstacle]:
    """Tensors that are read before anything writes them: an interpreter computes with what its arena held before.

    Device and host may hold the same there and be equal; what they compute is rubbish all the same.
    """
    found: list[str] = []
    for graph in description.subgraphs:
        known = set(graph.inputs) | {
            index
            for index, tensor in enumerate(graph.tensors)
            if tensor.constant_bytes or tensor.variable or not math.prod(tensor.shape)
        }
        for operator in graph.operators:
            unknown = [index for index in operator.inputs if index >= 0 and index not in known]
            found += [f"{operator.kind} reads tensor {index} before it is computed" for index in unknown]
            known.update(operator.outputs)
        found += [
            f"output tensor {index} is computed by no operator"
            for index in graph.outputs
            if index >= 0 and index not in known
        ]
    return [Obstacle(what, "is it damaged? convert it again") for what in dict.fromkeys(found)]


def of_types(description: Description) -> list[Obstacle]:
    """Arithmetic of types that neither runtime computes: dynamic range, 16x8, uint8 throughout, float16."""
    found = []
    operators = [(graph, operator) for graph in description.subgraphs for operator in graph.operators]
    hybrid = [operator.kind for graph, operator in operators if _is_hybrid(graph, operator)]
    if hybrid:
        found.append(
            Obstacle(
                f"int8 weights with float32 activations (dynamic range quantisation) in {_list(hybrid)}",
                f"{_FULL_INT8}; {_FLOAT32}",
            )
        )
    halves = [
        operator.kind
        for graph, operator in operators
        if operator.kind != "DEQUANTIZE"
        and any(
            index >= 0 and graph.tensors[index].type == "float16" for index in (*operator.inputs, *operator.outputs)
        )
    ]
    if halves:
        found.append(Obstacle(f"float16 arithmetic in {_list(halves)}", f"convert to float32 or int8; {_FLOAT32}"))
    return found
