"""A network's graphs, ready to run: constants and operators, and what of them no kernel could be given."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from toolkit.reference.exact.node import NUMPY, Array, CannotError, Node
from toolkit.tflite.description import Opened, Subgraph, Tensor, broken

_AT_ONCE = 1 << 20
"""Elements of the largest tensor, or of a convolution's patches, that are computed at once."""

_LARGEST_TENSOR = 1 << 26
_STATES = {"SVDF": (4,), "UNIDIRECTIONAL_SEQUENCE_LSTM": (18, 19)}
"""Which inputs an operator writes too."""

Found = dict[int, Array]
"""Tensor -> [N, *shape]; N is 1 where it does not depend on the sample."""


@dataclass(frozen=True)
class Graph:
    """The network's main graph, or the body of a branch or loop.

    Attributes:
        tensors: of the graph.
        nodes: operators with the tensors that they read (-1: left out) and write, states among both.
        inputs, outputs: tensors.
        constants: as they stand in the file, [1, *shape]; and states, as they are before an inference.
    """

    tensors: tuple[Tensor, ...]
    nodes: tuple[tuple[Node, tuple[int, ...], tuple[int, ...]], ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    constants: Found

    def last_use(self) -> dict[int, int]:
        """Tensor -> the operator after which nothing reads it."""
        return {tensor: place for place, (_, read, _) in enumerate(self.nodes) for tensor in read}

    def largest(self) -> int:
        """Elements of one sample in its largest tensor that is computed, or in a convolution's patches."""
        largest = 1
        for node, read, written in self.nodes:
            moving = [tensor for tensor in (*read, *written) if tensor >= 0 and tensor not in self.constants]
            size = max((math.prod(self.tensors[tensor].shape) for tensor in moving), default=1)
            if node.kind in ("CONV_2D", "TRANSPOSE_CONV") and len(read) > 1 and read[1] >= 0:
                positions = math.prod(self.tensors[written[0]].shape[:3])
                size = max(size, positions * math.prod(self.tensors[read[1]].shape[1:]))
            largest = max(largest, size)
        return largest


@dataclass(frozen=True)
class Network:
    """All graphs of a file; the first is the network."""

    graphs: tuple[Graph, ...]

    @property
    def main(self) -> Graph:
        """The first."""
        return self.graphs[0]

    def at_once(self) -> int:
        """How many samples are computed at a time."""
        return max(1, _AT_ONCE // max(graph.largest() for graph in self.graphs))


def read(file: Opened) -> Network:
    """Read all graphs of a file.

    Raises:
        CannotError: a tensor or operator that no kernel could be given, or more memory than is reasonable.
        ModelError: the file is broken.
    """
    graphs = tuple(_graph(file, at, graph) for at, graph in enumerate(file.description.subgraphs))
    if not graphs[0].inputs or not graphs[0].outputs:
        raise CannotError("it has no input, or no output")
    largest = max(graph.largest() for graph in graphs)
    if largest > _LARGEST_TENSOR:
        raise CannotError(f"a layer of it takes {largest:,} elements at once")
    return Network(graphs)


def _graph(file: Opened, number: int, graph: Subgraph) -> Graph:
    nodes = []
    for place, operator in enumerate(graph.operators):
        states = tuple(operator.inputs[at] for at in _STATES.get(operator.kind, ()) if at < len(operator.inputs))
        written = (*operator.outputs, *states)
        if not written:
            raise CannotError(f"{operator.kind} (operator {place}) has no output")
        seen = tuple(None if at < 0 else graph.tensors[at] for at in operator.inputs)
        for tensor in (*filter(None, seen), *(graph.tensors[at] for at in written)):
            if tensor.type not in NUMPY:
                raise CannotError(f"{operator.kind} (operator {place}) has a tensor of {tensor.type}")
        made = tuple(graph.tensors[at] for at in written)
        nodes.append((Node(operator.kind, place, seen, made, file.operator(place, number)), operator.inputs, written))
    for tensor in (graph.tensors[at] for at in (*graph.inputs, *graph.outputs)):
        if tensor.type not in NUMPY:
            raise CannotError(f"an end of {tensor.type}")
    constants: Found = dict(_constants(file, graph))
    before = {at: _before(tensor) for at, tensor in enumerate(graph.tensors) if tensor.variable}
    if before and number:
        raise CannotError("a state inside of a branch or loop")
    return Graph(graph.tensors, tuple(nodes), graph.inputs, graph.outputs, constants | before)


def _constants(file: Opened, graph: Subgraph) -> Iterator[tuple[int, Array]]:
    for index, tensor in enumerate(graph.tensors):
        if math.prod(tensor.shape) > _LARGEST_TENSOR:
            raise CannotError(f"tensor {tensor.name} has the shape {list(tensor.shape)}")
        if not tensor.constant_bytes:
            continue
        if tensor.type not in NUMPY or not tensor.dense:
            raise CannotError(f"tensor {tensor.name} is stored as {tensor.type}, or not in the file")
        raw = file.constant(tensor)
        dtype = np.dtype(NUMPY[tensor.type])
        if len(raw) != math.prod(tensor.shape) * dtype.itemsize:
            raise broken(f"{tensor.name} has {len(raw)} bytes")
        yield index, np.frombuffer(raw.tobytes(), dtype).reshape(1, *tensor.shape)


def _before(tensor: Tensor) -> Array:
    """A state before an inference: 0, which on int8 is the zero point (MicroInterpreterGraph::ResetTensorData)."""
    if tensor.type not in NUMPY:
        raise CannotError(f"a state of {tensor.type}")
    zero = tensor.zero_points[0] if tensor.type == "int8" and tensor.zero_points else 0
    return np.full((1, *tensor.shape), zero, np.int64).astype(NUMPY[tensor.type])
