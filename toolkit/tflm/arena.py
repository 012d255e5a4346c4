"""How large the arena must be on a microcontroller, from what the interpreter needs on this computer.

The interpreter counts with 64-bit pointers. Its head (tensors, scratch) holds none and is the same everywhere. Of its
tail, the records that it counts one by one are replaced by their size with 32-bit pointers; whatever it does not name
stays at its 64-bit size, which can only be too large. docs/tflm.md derives every constant and holds the result against
measured arenas; a test compiles the sizes from TFLM's own headers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.tflm import operators
from toolkit.tflm.figures import HostFigures

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


@dataclass(frozen=True)
class Shape:
    """What a model's structure adds: to the room that planning needs, and to what optimised kernels may ask.

    Attributes:
        tensors, operators, subgraphs: their numbers.
        computed: the tensors that are no constants.
        scratch_buffers: how many the kernels may request, all together.
        prepare: bytes of the descriptions that one operator's Prepare holds at a time, the largest.
        scratch: bytes of scratch that an optimised kernel of one operator may ask, the largest.
    """

    tensors: int
    computed: int
    operators: int
    subgraphs: int
    scratch_buffers: int
    prepare: int
    scratch: int


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
    # An optimised kernel keeps a handle and an index per scratch buffer, and wraps the reference kernel's data.
    margin = _round_up(shape.scratch) + SCRATCH_BUFFER_HANDLE * shape.scratch_buffers + _ALIGNMENT * shape.operators
    need = _round_up(head) + tail
    return Arena(size=_round_up(need + margin), need=need, margin=margin, host=figures.head + figures.tail)


def shape_of(tflite: bytes) -> Shape:
    """Counts of a sound model; see Shape."""
    import tflite as reader

    model = reader.Model.GetRootAsModel(tflite, 0)
    graphs = [model.Subgraphs(place) for place in range(model.SubgraphsLength())]
    nodes = [(graph, graph.Operators(place)) for graph in graphs for place in range(graph.OperatorsLength())]
    return Shape(
        tensors=sum(graph.TensorsLength() for graph in graphs),
        computed=sum(_computed(model, graph) for graph in graphs),
        operators=len(nodes),
        subgraphs=len(graphs),
        scratch_buffers=sum(_SCRATCH_BUFFERS.get(use.name, 0) for use in operators.uses(tflite)),
        prepare=max((_prepare(graph, operator) for graph, operator in nodes), default=0),
        scratch=max((_scratch(reader, model, graph, operator) for graph, operator in nodes), default=0),
    )


def _computed(model: Any, graph: Any) -> int:
    buffers = [graph.Tensors(place).Buffer() for place in range(graph.TensorsLength())]
    return sum(model.Buffers(buffer).DataLength() == 0 for buffer in buffers)


def _tensors(graph: Any, operator: Any) -> list[Any]:
    places = [operator.Inputs(at) for at in range(operator.InputsLength())]
    places += [operator.Outputs(at) for at in range(operator.OutputsLength())]
    return [graph.Tensors(place) for place in places if place >= 0]


def _prepare(graph: Any, operator: Any) -> int:
    """A kernel's Prepare may hold a TfLiteTensor of each of its tensors, with a zero point per channel."""
    total = 0
    for tensor in _tensors(graph, operator):
        quantization = tensor.Quantization()
        channels = 0 if quantization is None else quantization.ScaleLength()
        total += TFLITE_TENSOR + TFLITE_AFFINE_QUANTIZATION + 4 * (1 + channels)
    return total


def _scratch(reader: Any, model: Any, graph: Any, operator: Any) -> int:
    """CMSIS-NN's *_get_buffer_size on a core with SIMD: two columns of the kernel in int16, each rounded up to four.

    Dense layers and average pooling ask an int32 per output or channel (of cores with MVE, and all cores).
    """
    code = model.OperatorCodes(operator.OpcodeIndex())
    builtin = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    names = reader.BuiltinOperator
    tensors = _tensors(graph, operator)
    if builtin in (names.CONV_2D, names.DEPTHWISE_CONV_2D, names.TRANSPOSE_CONV):
        # The kernel's shape: [out, height, width, in]; of a depthwise one [1, height, width, out].
        shape = [int(value) for value in tensors[1].ShapeAsNumpy()]
        column = _round_up(shape[1] * shape[2] * shape[3], 4)
        transposed = 4 * int(tensors[-1].ShapeAsNumpy().prod()) if builtin == names.TRANSPOSE_CONV else 0
        return 2 * 2 * column + 4 * max(shape[0], shape[3]) + transposed
    if builtin in (names.FULLY_CONNECTED, names.AVERAGE_POOL_2D):
        return 4 * int(tensors[-1].ShapeAsNumpy()[-1])
    return 0
