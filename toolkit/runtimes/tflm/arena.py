"""How large the arena must be on a microcontroller, from what the interpreter needs on this computer.

The interpreter counts with 64-bit pointers. Its head (tensors, scratch) holds none and is the same everywhere. Of its
tail, the records that it counts one by one are replaced by their size with 32-bit pointers; whatever it does not name
stays at its 64-bit size, which can only be too large. docs/tflm.md derives every constant and holds the result against
measured arenas; a test compiles the sizes from TFLM's own headers. What optimised kernels ask beyond the reference
ones, `cmsis_nn` says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from toolkit.runtimes.tflm import cmsis_nn
from toolkit.runtimes.tflm.figures import HostFigures
from toolkit.runtimes.tflm.planner import Buffer, planned
from toolkit.tflite.description import Operator, Subgraph, Tensor, describe

# sizeof on a 32-bit ABI, of a library built without TF_LITE_STATIC_MEMORY, the larger of the two layouts (c/common.h).
TFLITE_EVAL_TENSOR = 12
TFLITE_TENSOR = 64
TFLITE_AFFINE_QUANTIZATION = 12
NODE_AND_REGISTRATION = 44
ALLOCATION_INFO = 24  # micro_allocation_info.h
SCRATCH_BUFFER_REQUEST = 12  # micro_allocator.h
SCRATCH_BUFFER_HANDLE = 4
PLANNER_PER_BUFFER = 40  # GreedyMemoryPlanner::per_buffer_size()

_ALIGNMENT = 16  # MicroArenaBufferAlignment()
_MAX_SCRATCH_PER_OPERATOR = 12  # kMaxScratchBuffersPerOp, micro_allocator.cc

# At most so many scratch buffers are requested by a kernel, the reference one or CMSIS-NN's, int4 weights included
# (RequestScratchBufferInArena in micro/kernels); none by those that are not named here.
_SCRATCH_BUFFERS = {
    "ADD_N": 1,
    "AVERAGE_POOL_2D": 1,
    "BATCH_MATMUL": 1,
    "CONV_2D": 2,
    "DEPTHWISE_CONV_2D": 2,
    "FULLY_CONNECTED": 2,
    "MEAN": 4,
    "MIRROR_PAD": 2,
    "REDUCE_ALL": 4,
    "REDUCE_MAX": 4,
    "REDUCE_MIN": 4,
    "SUM": 4,
    "SVDF": 5,
    "TRANSPOSE_CONV": 3,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": 8,
}

_SIZES_32 = {
    "TfLiteEvalTensor data": TFLITE_EVAL_TENSOR,
    "Persistent TfLiteTensor data": TFLITE_TENSOR,
    "NodeAndRegistration struct": NODE_AND_REGISTRATION,
}

_ELEMENTS = {"float32": 4, "int32": 4, "int64": 8, "int16": 2, "float16": 2, "float64": 8}
"""Bytes of an element; 1 of types that are not named."""


@dataclass(frozen=True)
class Shape:
    """What a model's structure adds: to the room that planning needs, and to what optimised kernels may ask.

    Attributes:
        tensors, operators, subgraphs: their numbers.
        computed: the tensors that are no constants.
        scratch_buffers: how many the kernels may request, all together.
        prepare: bytes of the descriptions that one operator's Prepare holds at a time, the largest.
        scratch: bytes by which the scratch of optimised kernels may raise the plan of the head.
        lasting: bytes that optimised kernels may keep in the tail, of all operators together.
    """

    tensors: int
    computed: int
    operators: int
    subgraphs: int
    scratch_buffers: int
    prepare: int
    scratch: int
    lasting: int


@dataclass(frozen=True)
class Arena:
    """An arena for 32-bit pointers.

    Attributes:
        size: bytes to reserve: need + margin, rounded up to 16.
        need: an upper bound of what the reference kernels use.
        margin: what optimised kernels (CMSIS-NN) may use beyond that.
        host: what the interpreter uses on this computer, with 64-bit pointers.
    """

    size: int
    need: int
    margin: int
    host: int


def _round_up(count: int, multiple: int = _ALIGNMENT) -> int:
    return -(-count // multiple) * multiple


def size(figures: HostFigures, shape: Shape) -> Arena:
    """The arena of a model.

    Args:
        figures: of `figures.measure`.
        shape: of `shape_of`, for the same model.
    """
    tail = figures.tail
    for name, size_32 in _SIZES_32.items():
        if name in figures.records:
            record = figures.records[name]
            tail += size_32 * record.count - record.used
    # The tail changes between 16-aligned and tighter allocations three times; each change may pad once.
    tail += 3 * (_ALIGNMENT - 1)
    # Before the head is laid out, the same room holds the planner's own records; a network of few bytes and many
    # tensors needs more for planning than for running (tflite-micro#2474 is about such figures).
    requests = SCRATCH_BUFFER_REQUEST * (shape.scratch_buffers + _MAX_SCRATCH_PER_OPERATOR)
    planning = ALLOCATION_INFO * (shape.tensors + shape.scratch_buffers)
    planning += PLANNER_PER_BUFFER * (shape.computed + shape.scratch_buffers)
    planning += 4 * shape.subgraphs + 3 * _ALIGNMENT
    head = max(figures.head, requests + max(planning, shape.prepare))
    # An optimised kernel's scratch buffer has a handle, and the plan is aligned anew.
    handles = SCRATCH_BUFFER_HANDLE * shape.scratch_buffers
    margin = _round_up(shape.scratch) + _round_up(shape.lasting) + _round_up(handles)
    need = _round_up(head) + tail
    return Arena(size=_round_up(need + margin), need=need, margin=margin, host=figures.head + figures.tail)


def shape_of(tflite: bytes, *, vector: bool = False) -> Shape:
    """Counts of a sound model; see Shape.

    Args:
        tflite: the model.
        vector: the library was built for a core with MVE.
    """
    described = describe(tflite)
    nodes = [(graph, operator) for graph in described.subgraphs for operator in graph.operators]
    demands = [cmsis_nn.demand(_operator(graph, operator), vector=vector) for graph, operator in nodes]
    lasting = sum(demand.lasting for demand in demands)
    # Sums over weights are kept, or made anew in scratch: the one or the other, whichever needs more.
    sums = sum(_round_up(demand.sums) for demand in demands)
    buffers = _buffers(described.main)
    kept = _growth(buffers, [demand.scratch for demand in demands])
    made = _growth(buffers, [(*demand.scratch, demand.sums) for demand in demands])
    return Shape(
        tensors=sum(len(graph.tensors) for graph in described.subgraphs),
        computed=sum(not tensor.constant_bytes for graph in described.subgraphs for tensor in graph.tensors),
        operators=len(nodes),
        subgraphs=len(described.subgraphs),
        scratch_buffers=sum(_SCRATCH_BUFFERS.get(operator.kind, 0) for _, operator in nodes),
        prepare=max((_prepare(graph, operator) for graph, operator in nodes), default=0),
        scratch=max(kept, made - sums),
        lasting=lasting + sums,
    )


def _growth(buffers: list[Buffer], scratch: list[tuple[int, ...]]) -> int:
    """By how much the plan grows with these scratch buffers, per operator in order: what one operator asks, at least.

    Only the first subgraph is laid out; what operators of others ask is taken as it is.
    """
    asked = [[_round_up(size) for size in sizes if size > 0] for sizes in scratch]
    added = [Buffer(size, place, place) for place, sizes in enumerate(asked, start=1) for size in sizes]
    most = max((sum(sizes) for sizes in asked), default=0)
    return max(most, planned([*buffers, *added]) - planned(buffers))


def _buffers(graph: Subgraph) -> list[Buffer]:
    """The tensors that the planner places for the first subgraph: lifetimes as in micro_allocation_info.cc."""
    first: dict[int, int] = dict.fromkeys(graph.inputs, 0)
    last = dict(first)
    for place, operator in enumerate(graph.operators, 1):
        for index in operator.outputs:
            first.setdefault(index, place)
            last[index] = place
        last |= dict.fromkeys(operator.inputs, place)
    last |= dict.fromkeys(graph.outputs, len(graph.operators))
    return [
        Buffer(_round_up(_bytes(graph.tensors[index])), since, last[index])
        for index, since in sorted(first.items())
        if not graph.tensors[index].variable and not graph.tensors[index].constant_bytes
    ]


def _tensor(tensor: Tensor) -> cmsis_nn.Tensor:
    return cmsis_nn.Tensor(tensor.shape or (1,), _ELEMENTS.get(tensor.type, 1))


def _bytes(tensor: Tensor) -> int:
    made = _tensor(tensor)
    return math.prod(made.shape) * made.element


def _operator(graph: Subgraph, operator: Operator) -> cmsis_nn.Operator:
    inputs = tuple(None if index < 0 else _tensor(graph.tensors[index]) for index in operator.inputs)
    return cmsis_nn.Operator(operator.kind, inputs, tuple(_tensor(graph.tensors[index]) for index in operator.outputs))


def _prepare(graph: Subgraph, operator: Operator) -> int:
    """A kernel's Prepare may hold a TfLiteTensor of each of its tensors, with a zero point per channel."""
    tensors = [graph.tensors[index] for index in (*operator.inputs, *operator.outputs) if index >= 0]
    return sum(TFLITE_TENSOR + TFLITE_AFFINE_QUANTIZATION + 4 * (1 + len(tensor.scales)) for tensor in tensors)
