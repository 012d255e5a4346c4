"""From the bytes of a .tflite to a `Graph`: the checked description, and what the compiler asks beyond it.

Options are read with the accessors of the `tflite` package, which trust the file; what they raise on a broken one
(struct.error, IndexError, ...) becomes a ModelError.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from toolkit.compiler.ir import ElementType, Graph, Operator, Quantisation, Tensor
from toolkit.compiler.operators import CONVERSIONS, READERS, SHAPE_ONLY, alive, lacking, missing_operators
from toolkit.errors import ModelError
from toolkit.tflite import Obstacle, UnsupportedError
from toolkit.tflite.description import ASTRAY, Opened, broken, opened
from toolkit.tflite.description import Tensor as Described

_Raw = tuple[str, tuple[int, ...], tuple[int, ...], Any]

_LARGEST_TENSOR = 1 << 26

_TYPES = {
    "int8": ElementType.INT8,
    "uint8": ElementType.UINT8,
    "int16": ElementType.INT16,
    "float32": ElementType.FLOAT32,
    "int32": ElementType.INT32,
    "int64": ElementType.INT64,
}
_NUMPY: dict[ElementType, np.dtype[Any]] = {
    ElementType.INT8: np.dtype("<i1"),
    ElementType.UINT8: np.dtype("<u1"),
    ElementType.INT16: np.dtype("<i2"),
    ElementType.FLOAT32: np.dtype("<f4"),
    ElementType.INT32: np.dtype("<i4"),
    ElementType.INT64: np.dtype("<i8"),
}


def read(data: bytes) -> Graph:
    """Parse a .tflite.

    Args:
        data: the file's bytes.

    Returns:
        The graph of its only subgraph, without operators that nothing depends on.

    Raises:
        ModelError: the file is broken, or holds what is not supported; the message names it.
    """
    try:
        return _read(data)
    except ASTRAY as caught:
        raise broken(f"{type(caught).__name__} while it was read") from caught


def _read(data: bytes) -> Graph:
    file = opened(data)
    description = file.description
    main = description.main
    found: list[Obstacle] = []
    if len(description.subgraphs) != 1:
        hint = "convert a function without control flow and state"
        found.append(Obstacle(f"{len(description.subgraphs)} subgraphs (aot supports one)", hint))
        found.extend(missing_operators(data))
    tensors = tuple(_tensor(file, tensor, index) for index, tensor in enumerate(main.tensors))
    raw = [(each.kind, each.inputs, each.outputs, file.operator(at)) for at, each in enumerate(main.operators)]
    kept = alive([each[:3] for each in raw], main.outputs)
    needed = [each for keep, each in zip(kept, raw, strict=True) if keep]
    found.extend(lacking(kind for kind, *_ in needed) if len(description.subgraphs) == 1 else ())
    operators = _typed(needed, tensors, found)
    states = sum(tensor.variable for tensor in main.tensors)
    if states:
        found.append(Obstacle(f"state in {states} variable tensors", "convert a function without state"))
    if found:
        raise UnsupportedError(found)
    graph = Graph(tensors, operators, main.inputs, main.outputs)
    _check_order(graph)
    return graph


def _typed(raw: Sequence[_Raw], tensors: tuple[Tensor, ...], found: list[Obstacle]) -> tuple[Operator, ...]:
    """The operators that are known, read; what is not supported of them is added to `found`."""
    operators = []
    elsewhere: dict[ElementType, dict[str, None]] = {}
    for kind, inputs, outputs, options in raw:
        if strange := _not_computed(kind, [tensors[index] for index in (*inputs, *outputs) if index >= 0]):
            elsewhere.setdefault(strange, {})[kind] = None
        elif kind in READERS:
            for index in (*inputs, *outputs):
                if index >= 0 and 0 in tensors[index].shape:
                    raise broken(f"{kind} uses a tensor of the shape {list(tensors[index].shape)}")
            try:
                operators.append(READERS[kind](kind, inputs, outputs, options, tensors))
            except UnsupportedError as caught:
                found.extend(caught.obstacles)
    for kind, kinds in elsewhere.items():
        found.append(Obstacle(f"{kind} activations in {', '.join(kinds)} (aot computes with int8 and float32)", ""))
    return tuple(operators)


def _not_computed(kind: str, tensors: Sequence[Tensor]) -> ElementType | None:
    """The type of an operator's activations, if that is one which the compiler only converts or hands on."""
    if kind in CONVERSIONS or kind in SHAPE_ONLY or kind not in READERS:
        return None
    strange = (t.dtype for t in tensors if t.data is None and t.dtype in (ElementType.INT16, ElementType.UINT8))
    return next(strange, None)


def _check_order(graph: Graph) -> None:
    known = set(graph.inputs) | {t.index for t in graph.tensors if t.data is not None} | {-1}
    if any(graph.tensors[index].data is not None for index in (*graph.inputs, *graph.outputs)):
        raise broken("an input or output is a constant")
    for operator in graph.operators:
        used = operator.inputs[:1] if operator.kind in SHAPE_ONLY else operator.inputs
        missing = [index for index in used if index not in known]
        if missing:
            raise broken(f"{operator.kind} reads tensor {missing[0]} before it is computed")
        if operator.output in known:
            raise broken(f"{operator.kind} writes tensor {operator.output}, which has a value already")
        known.add(operator.output)
    if not known.issuperset(graph.outputs):
        raise broken("nothing computes one of its outputs")


def _tensor(file: Opened, tensor: Described, index: int) -> Tensor:
    name, shape, dtype = tensor.name, tensor.shape, _TYPES.get(tensor.type)
    if math.prod(shape) > _LARGEST_TENSOR:
        raise broken(f"tensor {index} ({name}) has the shape {list(shape)}")
    if not tensor.dense:
        raise ModelError(f"tensor {name} is stored sparse or outside the file", "convert it densely, below 2 GB")
    data = None
    if tensor.constant_bytes and dtype is not None:
        stored = file.constant(tensor)
        if len(stored) != math.prod(shape) * dtype.size:
            raise broken(
                f"tensor {index} ({name}) has {len(stored)} bytes, its shape asks {math.prod(shape) * dtype.size}"
            )
        data = stored.view(_NUMPY[dtype]).reshape(shape)
    return Tensor(index, name, shape, dtype, _quantisation(tensor), data)


def _quantisation(tensor: Described) -> Quantisation | None:
    """What the tensor says. Which axis its scales are along is for those to check who read them: of a bias nobody does.

    Raises:
        ModelError: it is no quantisation, or one that TensorFlow Lite Micro does not see.
    """
    name, scales, zeros = tensor.name, tensor.scales, tensor.zero_points
    if not scales:
        return None
    if not zeros:
        if tensor.type != "int8":
            return None
        raise ModelError(
            f"int8 tensor {name} has a scale but no zero point: TensorFlow Lite Micro ignores both",
            "convert the model again, with full-integer int8; converters of TensorFlow write a zero point, even if 0",
        )
    if len(zeros) not in (1, len(scales)):
        raise broken(f"tensor {name} has {len(scales)} scales and {len(zeros)} zero points")
    if not all(math.isfinite(scale) and scale >= 0 for scale in scales):
        raise broken(f"tensor {name} has a scale that is not a positive number")
    if tensor.type == "int8" and any(abs(zero) > 255 for zero in zeros):
        raise broken(f"tensor {name} has a zero point out of range")
    each = zeros if len(zeros) == len(scales) else zeros * len(scales)
    return Quantisation(scales, each, tensor.axis if len(scales) > 1 else 0)
