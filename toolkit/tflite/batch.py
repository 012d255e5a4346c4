"""Fixes a free batch at 1: every shape is the true one, and shape arithmetic is what it comes to.

A converter that is not told the batch writes -1 into the signature and 1 into the shape of every tensor whose first
dimension it cannot tell, also behind SPACE_TO_BATCH_ND, where it is 4. LiteRT computes shapes anew. TensorFlow Lite
Micro and our compiler take them from the file, and would compute rubbish without a word.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from toolkit.tflite import schema, shapes
from toolkit.tflite.description import names
from toolkit.tflite.shapes import Node, Shape, UnknownError, Value

# What Keras writes for a Flatten or Reshape of a free batch; both runtimes take it as it is.
_HARMLESS = frozenset({"SHAPE", "STRIDED_SLICE", "PACK"})
_INTEGERS = {"INT32": np.int32, "INT64": np.int64}
_CONTROL_FLOW = frozenset({"WHILE", "IF", "CALL_ONCE"})


class NotFixedError(Exception):
    """Some shape cannot be told exactly; the text follows "a free batch: "."""


@dataclass
class _Known:
    """What is known of the tensors of one graph: shapes of all, values of small integer ones."""

    shapes: dict[int, Shape] = field(default_factory=dict)
    values: dict[int, Value] = field(default_factory=dict)
    folded: set[int] = field(default_factory=set)
    """Operators whose outputs are constant."""


def _stored(tensor: Any) -> Shape:
    return tuple(schema.listed(tensor.shape))


def _free(tensor: Any) -> set[int]:
    signature = schema.listed(tensor.shapeSignature)
    return {axis for axis, size in enumerate(signature[: len(_stored(tensor))]) if size == -1}


def _type(tensor: Any) -> str:
    return names("TensorType").get(int(tensor.type), "")


def _constant(model: Any, tensor: Any) -> bytes:
    data = model.buffers[tensor.buffer].data
    return b"" if data is None else bytes(data)


def _value(model: Any, tensor: Any) -> Value | None:
    """A small constant's integers."""
    kind, shape = _INTEGERS.get(_type(tensor)), _stored(tensor)
    if kind is None or math.prod(shape) > shapes.LARGEST_VALUE:
        return None
    raw = _constant(model, tensor)
    if not raw or len(raw) != math.prod(shape) * np.dtype(kind).itemsize:
        return None
    return np.frombuffer(raw, np.dtype(kind).newbyteorder("<")).astype(np.int64).reshape(shape)


def fix(model: Any) -> bool:
    """Fix the batch of an unpacked model, in place.

    Args:
        model: of `schema.unpacked`, of a file that `describe` has taken.

    Returns:
        Whether anything was changed: only where a stored shape is not the true one, or where shape arithmetic is left
        that a runtime may not have. A file without a free dimension whose shapes contradict each other is left alone.

    Raises:
        NotFixedError: a dimension is free, and cannot be told from a batch of 1.
    """
    graph = model.subgraphs[0]
    is_free = any(_free(tensor) for each in model.subgraphs for tensor in each.tensors)
    try:
        known = _infer(model, graph)
        _check(graph, known)
    except NotFixedError:
        if is_free:
            raise
        return False
    wrong = [index for index, shape in known.shapes.items() if shape != _stored(graph.tensors[index])]
    kinds = {schema.kind(model, graph.operators[place]) for place in known.folded}
    if not wrong and not (is_free and kinds - _HARMLESS):
        return False
    _rewrite(model, graph, known)
    return True


def _infer(model: Any, graph: Any) -> _Known:
    known = _Known()
    outputs = {index for operator in graph.operators for index in schema.listed(operator.outputs)}
    inputs = set(schema.listed(graph.inputs))
    for index, tensor in enumerate(graph.tensors):
        if index in outputs and not tensor.isVariable:
            continue
        shape, free = _stored(tensor), _free(tensor)
        if index in inputs and free - {0}:
            raise NotFixedError(f"dimension {min(free - {0})} of its input is free too")
        known.shapes[index] = tuple(1 if axis in free else size for axis, size in enumerate(shape))
        value = _value(model, tensor)
        if value is not None and index not in inputs:
            known.values[index] = value
    for place, operator in enumerate(graph.operators):
        _operator(model, graph, known, place, operator)
    return known


def _operator(model: Any, graph: Any, known: _Known, place: int, operator: Any) -> None:
    kind = schema.kind(model, operator)
    inputs, outputs = schema.listed(operator.inputs), schema.listed(operator.outputs)
    absent = [index for index in inputs if index >= 0 and index not in known.shapes]
    if absent:
        raise NotFixedError(f"{kind} (operator {place}) reads what is not computed yet")
    node = Node(
        kind,
        operator.builtinOptions,
        tuple(None if index < 0 else known.shapes[index] for index in inputs),
        tuple(known.values.get(index) for index in inputs),
        len(outputs),
    )
    try:
        made = shapes.shapes_of(node)
    except UnknownError as caught:
        # An operator that is not known makes what is stored, if nothing about it is free.
        tensors = [graph.tensors[index] for index in outputs]
        as_stored = all(index < 0 or known.shapes[index] == _stored(graph.tensors[index]) for index in inputs)
        bodies_free = kind in _CONTROL_FLOW and any(_free(t) for each in model.subgraphs[1:] for t in each.tensors)
        if not as_stored or bodies_free or any(_free(tensor) for tensor in tensors):
            raise NotFixedError(f"{kind} (operator {place}) {caught}") from caught
        made = [_stored(tensor) for tensor in tensors]
    for index, shape in zip(outputs, made, strict=True):
        known.shapes[index] = shape
    if len(outputs) == 1 and all(
        value is not None or index < 0 or kind in shapes.OF_SHAPES
        for index, value in zip(inputs, node.values, strict=True)
    ):
        type_ = _INTEGERS.get(_type(graph.tensors[outputs[0]]))
        value = shapes.value_of(node, made[0]) if type_ is not None else None
        if type_ is not None and value is not None and (value.astype(type_) == value).all():
            known.values[outputs[0]] = value
            known.folded.add(place)


def _check(graph: Any, known: _Known) -> None:
    """Hold what was inferred against what is stored: only a free dimension may differ.

    Old converters wrote no signature; there a 1 may have been free.
    """
    for index, shape in known.shapes.items():
        tensor = graph.tensors[index]
        stored, free = _stored(tensor), _free(tensor)
        if tensor.shapeSignature is None or len(tensor.shapeSignature) == 0:
            free = {axis for axis, size in enumerate(stored) if size == 1}
        # An unknown rank is stored as none at all.
        if stored and (
            len(stored) != len(shape)
            or any(a != b and axis not in free for axis, (a, b) in enumerate(zip(stored, shape, strict=True)))
        ):
            raise NotFixedError(f"tensor {index} is stored as {list(stored)}, and comes to {list(shape)}")


def _rewrite(model: Any, graph: Any, known: _Known) -> None:
    read = {
        index
        for place, operator in enumerate(graph.operators)
        if place not in known.folded
        for index in schema.listed(operator.inputs)
    }
    kept = read.union(schema.listed(graph.outputs))
    for place in known.folded:
        (index,) = schema.listed(graph.operators[place].outputs)
        if index in kept:
            tensor = graph.tensors[index]
            raw = known.values[index].astype(_INTEGERS[_type(tensor)]).tobytes()
            tensor.buffer = len(model.buffers)
            model.buffers.append(schema.load().BufferT(data=np.frombuffer(raw, np.uint8)))
    for index, shape in known.shapes.items():
        graph.tensors[index].shape = list(shape)
        graph.tensors[index].shapeSignature = None
    graph.operators = [operator for place, operator in enumerate(graph.operators) if place not in known.folded]
    _reshape_options(model, graph, known)


def _reshape_options(model: Any, graph: Any, known: _Known) -> None:
    """A reshape's options may hold the target too, from before the batch was fixed."""
    for operator in graph.operators:
        options = operator.builtinOptions
        if schema.kind(model, operator) == "RESHAPE" and options is not None and options.newShape is not None:
            options.newShape = list(known.shapes[schema.listed(operator.outputs)[0]])
