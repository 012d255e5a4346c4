"""An interpreter's layers: each result of each operator of the network, in the order in which they are computed."""

from __future__ import annotations

from toolkit.artifacts import ElementType, TensorSpec, TracePoint
from toolkit.tflite.description import Tensor, describe

_TYPES = {each.value for each in ElementType}


def points_of(tflite: bytes) -> tuple[TracePoint, ...]:
    """A layer for each tensor that an operator writes."""
    graph = describe(tflite).main
    return tuple(
        TracePoint(f"operator {place}", (operator.kind,), tensor, spec_of(graph.tensors[tensor]))
        for place, operator in enumerate(graph.operators)
        for tensor in operator.outputs
    )


def places_of(tflite: bytes) -> tuple[tuple[int, int], ...]:
    """For each of these layers: its operator's place in the network, and the tensor's number."""
    graph = describe(tflite).main
    return tuple((place, tensor) for place, each in enumerate(graph.operators) for tensor in each.outputs)


def spec_of(tensor: Tensor) -> TensorSpec:
    """Any tensor on the way; several scales, or a type that no end may have, are left out."""
    one = len(tensor.scales) == 1 and tensor.type != ElementType.FLOAT32
    dtype = ElementType(tensor.type) if tensor.type in _TYPES else ElementType.UINT8
    shape = tensor.shape if tensor.type in _TYPES else (*tensor.shape, _SIZES.get(tensor.type, 1))
    zero_point = int(tensor.zero_points[0]) if one and tensor.zero_points else 0
    return TensorSpec(tensor.name, shape, dtype, float(tensor.scales[0]) if one else 0.0, zero_point)


_SIZES = {"int64": 8, "uint64": 8, "float64": 8, "uint32": 4, "uint16": 2, "float16": 2}
