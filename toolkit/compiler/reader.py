"""From the bytes of a .tflite to a `Graph`, with every index, length and shape checked before it is used.

The flatbuffer accessors of the `tflite` package trust the file; here nothing does. What they raise on a broken
file (struct.error, IndexError, ...) becomes a ModelError, and what they would return unchecked is bounded by the
file's own size before it is looped over.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import tflite

from toolkit.compiler.ir import ElementType, Graph, Operator, Quantisation, Tensor
from toolkit.compiler.operators import READERS, SHAPE_ONLY, alive, lacking, missing_operators
from toolkit.errors import ModelError
from toolkit.tflite import Obstacle, UnsupportedError
from toolkit.tflite.description import ASTRAY, SCHEMA_VERSION, broken, check_identifier, kind_of

_Raw = tuple[str, tuple[int, ...], tuple[int, ...], Any]

_LARGEST_TENSOR = 1 << 26
_LARGEST_RANK = 8

_TYPES = {
    tflite.TensorType.INT8: ElementType.INT8,
    tflite.TensorType.FLOAT32: ElementType.FLOAT32,
    tflite.TensorType.INT32: ElementType.INT32,
    tflite.TensorType.INT64: ElementType.INT64,
}
_NUMPY = {
    ElementType.INT8: np.dtype("<i1"),
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
    check_identifier(data)
    try:
        return _read(data)
    except ASTRAY as caught:
        raise broken(f"{type(caught).__name__} while it was read") from caught


def _array(value: Any) -> Any:
    """The accessors return 0 for a vector that is absent."""
    return np.asarray(value) if isinstance(value, np.ndarray) else np.zeros(0, np.int64)


def _count(length: int, data: bytes, what: str) -> int:
    if not 0 <= length <= len(data) // 4:
        raise broken(f"it claims {length} {what}")
    return length


def _read(data: bytes) -> Graph:
    model = tflite.Model.GetRootAsModel(data, 0)
    if model.Version() != SCHEMA_VERSION:
        raise broken(f"schema version {model.Version()}, not {SCHEMA_VERSION}")
    found: list[Obstacle] = []
    if model.SubgraphsLength() != 1:
        hint = "convert a function without control flow and state"
        found.append(Obstacle(f"{model.SubgraphsLength()} subgraphs (aot supports one)", hint))
        found.extend(missing_operators(data))
    subgraph = model.Subgraphs(0)
    buffers = _count(model.BuffersLength(), data, "buffers")
    tensors = tuple(
        _tensor(model, subgraph.Tensors(index), index, buffers)
        for index in range(_count(subgraph.TensorsLength(), data, "tensors"))
    )
    ends = []
    for what, stored in (("input", subgraph.InputsAsNumpy()), ("output", subgraph.OutputsAsNumpy())):
        indices = [int(index) for index in _array(stored)]
        if len(indices) != 1:
            hint = "convert a function of one tensor to one tensor"
            found.append(Obstacle(f"{len(indices)} {what}s (one is supported)", hint))
        for index in indices:
            if not 0 <= index < len(tensors):
                raise broken(f"the {what} is tensor {index} of {len(tensors)}")
        ends.append(indices)

    raw = [
        _operator(model, subgraph, index, len(tensors), data)
        for index in range(_count(subgraph.OperatorsLength(), data, "operators"))
    ]
    kept = alive([each[:3] for each in raw], ends[1])
    needed = [each for keep, each in zip(kept, raw, strict=True) if keep]
    found.extend(lacking(kind for kind, *_ in needed) if model.SubgraphsLength() == 1 else ())
    operators = _typed(needed, tensors, found)
    states = [tensor.name for tensor in tensors if subgraph.Tensors(tensor.index).IsVariable()]
    if states:
        found.append(Obstacle(f"state in {len(states)} variable tensors", "convert a function without state"))
    if found:
        raise UnsupportedError(found)
    graph = Graph(tensors, operators, ends[0][0], ends[1][0])
    _check_order(graph)
    return graph


def _typed(raw: Sequence[_Raw], tensors: tuple[Tensor, ...], found: list[Obstacle]) -> tuple[Operator, ...]:
    """The operators that are known, read; what is not supported of them is added to `found`."""
    operators = []
    for kind, inputs, outputs, options in raw:
        if kind in READERS:
            for index in (*inputs, *outputs):
                if index >= 0 and 0 in tensors[index].shape:
                    raise broken(f"{kind} uses a tensor of the shape {list(tensors[index].shape)}")
            try:
                operators.append(READERS[kind](kind, inputs, outputs, options, tensors))
            except UnsupportedError as caught:
                found.extend(caught.obstacles)
    return tuple(operators)


def _operator(model: Any, subgraph: Any, index: int, tensors: int, data: bytes) -> _Raw:
    operator = subgraph.Operators(index)
    if not 0 <= operator.OpcodeIndex() < _count(model.OperatorCodesLength(), data, "operator codes"):
        raise broken(f"operator {index} has the code {operator.OpcodeIndex()}")
    code = model.OperatorCodes(operator.OpcodeIndex())
    kind = kind_of(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    inputs = tuple(int(i) for i in _array(operator.InputsAsNumpy()))
    outputs = tuple(int(i) for i in _array(operator.OutputsAsNumpy()))
    if any(not -1 <= i < tensors for i in inputs) or any(not 0 <= i < tensors for i in outputs):
        raise broken(f"operator {index} ({kind}) names a tensor that is not there")
    return kind, inputs, outputs, operator


def _check_order(graph: Graph) -> None:
    known = {graph.input} | {t.index for t in graph.tensors if t.data is not None} | {-1}
    if graph.tensors[graph.input].data is not None or graph.tensors[graph.output].data is not None:
        raise broken("its input or output is a constant")
    for operator in graph.operators:
        used = operator.inputs[:1] if operator.kind in SHAPE_ONLY else operator.inputs
        missing = [index for index in used if index not in known]
        if missing:
            raise broken(f"{operator.kind} reads tensor {missing[0]} before it is computed")
        if operator.output in known:
            raise broken(f"{operator.kind} writes tensor {operator.output}, which has a value already")
        known.add(operator.output)
    if graph.output not in known:
        raise broken("nothing computes its output")


def _tensor(model: Any, tensor: Any, index: int, buffers: int) -> Tensor:
    text = (tensor.Name() or b"").decode("utf-8", errors="replace")
    name = re.sub(r"[^\w./:;-]+", "_", text)[:80] or f"tensor_{index}"
    shape = tuple(int(d) for d in _array(tensor.ShapeAsNumpy()))
    if len(shape) > _LARGEST_RANK or any(d < 0 for d in shape) or math.prod(shape) > _LARGEST_TENSOR:
        raise broken(f"tensor {index} ({name}) has the shape {list(shape)[: _LARGEST_RANK + 1]}")
    dtype = _TYPES.get(tensor.Type())
    if not 0 <= tensor.Buffer() < buffers:
        raise broken(f"tensor {index} ({name}) has buffer {tensor.Buffer()} of {buffers}")
    buffer = model.Buffers(tensor.Buffer())
    data = None
    if buffer.Offset() > 1 or (tensor.Sparsity() is not None and buffer.DataLength()):
        raise ModelError(f"tensor {name} is stored sparse or outside the file", "convert it densely, below 2 GB")
    if buffer.DataLength() and dtype is not None:
        stored = _array(buffer.DataAsNumpy())
        if len(stored) != math.prod(shape) * dtype.size:
            raise broken(
                f"tensor {index} ({name}) has {len(stored)} bytes, its shape asks {math.prod(shape) * dtype.size}"
            )
        data = stored.view(_NUMPY[dtype]).reshape(shape)
    return Tensor(index, name, shape, dtype, _quantisation(tensor, name), data)


def _quantisation(tensor: Any, name: str) -> Quantisation | None:
    """What the tensor says. Which axis its scales are along is for those to check who read them: of a bias nobody does.

    Raises:
        ModelError: it is no quantisation, or one that TensorFlow Lite Micro does not see.
    """
    stored = tensor.Quantization()
    if stored is None:
        return None
    scale, zero = _array(stored.ScaleAsNumpy()), _array(stored.ZeroPointAsNumpy())
    if len(scale) == 0:
        return None
    if len(zero) == 0:
        if tensor.Type() != tflite.TensorType.INT8:
            return None
        raise ModelError(
            f"int8 tensor {name} has a scale but no zero point: TensorFlow Lite Micro ignores both",
            "convert the model again, with full-integer int8; converters of TensorFlow write a zero point, even if 0",
        )
    if len(zero) not in (1, len(scale)):
        raise broken(f"tensor {name} has {len(scale)} scales and {len(zero)} zero points")
    if not (np.isfinite(scale).all() and (scale >= 0).all()):
        raise broken(f"tensor {name} has a scale that is not a positive number")
    axis = stored.QuantizedDimension() if len(scale) > 1 else 0
    zeros = np.broadcast_to(zero, scale.shape)
    if (np.abs(zeros) > 255).any() and tensor.Type() == tflite.TensorType.INT8:
        raise broken(f"tensor {name} has a zero point out of range")
    return Quantisation(tuple(float(s) for s in scale), tuple(int(z) for z in zeros), axis)
