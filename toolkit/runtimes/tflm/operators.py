"""Which of TFLM's `AddXxx` methods registers an operator, and which operators cannot be used, with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.tflite import Obstacle, UnsupportedError, describe
from toolkit.tflite.description import SCHEMA_VERSION, Operator, Subgraph

__all__ = ["METHODS", "NEWER_THAN_ARDUINO", "NO_INT8", "SCHEMA_VERSION", "STATE", "Use", "check", "methods", "uses"]

# Schema's name -> method of MicroMutableOpResolver (tensorflow/lite/micro/micro_mutable_op_resolver.h). A test asks the
# official interpreter for every operator of the schema: this and STATE are those that it has.
METHODS: dict[str, str] = {
    "ABS": "AddAbs",
    "ADD": "AddAdd",
    "ADD_N": "AddAddN",
    "ARG_MAX": "AddArgMax",
    "ARG_MIN": "AddArgMin",
    "AVERAGE_POOL_2D": "AddAveragePool2D",
    "BATCH_MATMUL": "AddBatchMatMul",
    "BATCH_TO_SPACE_ND": "AddBatchToSpaceNd",
    "BROADCAST_ARGS": "AddBroadcastArgs",
    "BROADCAST_TO": "AddBroadcastTo",
    "CAST": "AddCast",
    "CEIL": "AddCeil",
    "CONCATENATION": "AddConcatenation",
    "CONV_2D": "AddConv2D",
    "COS": "AddCos",
    "CUMSUM": "AddCumSum",
    "DEPTHWISE_CONV_2D": "AddDepthwiseConv2D",
    "DEPTH_TO_SPACE": "AddDepthToSpace",
    "DEQUANTIZE": "AddDequantize",
    "DIV": "AddDiv",
    "DYNAMIC_UPDATE_SLICE": "AddDynamicUpdateSlice",
    "ELU": "AddElu",
    "EMBEDDING_LOOKUP": "AddEmbeddingLookup",
    "EQUAL": "AddEqual",
    "EXP": "AddExp",
    "EXPAND_DIMS": "AddExpandDims",
    "FILL": "AddFill",
    "FLOOR": "AddFloor",
    "FLOOR_DIV": "AddFloorDiv",
    "FLOOR_MOD": "AddFloorMod",
    "FULLY_CONNECTED": "AddFullyConnected",
    "GATHER": "AddGather",
    "GATHER_ND": "AddGatherNd",
    "GREATER": "AddGreater",
    "GREATER_EQUAL": "AddGreaterEqual",
    "HARD_SWISH": "AddHardSwish",
    "IF": "AddIf",
    "L2_NORMALIZATION": "AddL2Normalization",
    "L2_POOL_2D": "AddL2Pool2D",
    "LEAKY_RELU": "AddLeakyRelu",
    "LESS": "AddLess",
    "LESS_EQUAL": "AddLessEqual",
    "LOG": "AddLog",
    "LOGICAL_AND": "AddLogicalAnd",
    "LOGICAL_NOT": "AddLogicalNot",
    "LOGICAL_OR": "AddLogicalOr",
    "LOGISTIC": "AddLogistic",
    "LOG_SOFTMAX": "AddLogSoftmax",
    "MAXIMUM": "AddMaximum",
    "MAX_POOL_2D": "AddMaxPool2D",
    "MEAN": "AddMean",
    "MINIMUM": "AddMinimum",
    "MIRROR_PAD": "AddMirrorPad",
    "MUL": "AddMul",
    "NEG": "AddNeg",
    "NOT_EQUAL": "AddNotEqual",
    "PACK": "AddPack",
    "PAD": "AddPad",
    "PADV2": "AddPadV2",
    "PRELU": "AddPrelu",
    "QUANTIZE": "AddQuantize",
    "REDUCE_ALL": "AddReduceAll",
    "REDUCE_MAX": "AddReduceMax",
    "REDUCE_MIN": "AddReduceMin",
    "RELU": "AddRelu",
    "RELU6": "AddRelu6",
    "RESHAPE": "AddReshape",
    "RESIZE_BILINEAR": "AddResizeBilinear",
    "RESIZE_NEAREST_NEIGHBOR": "AddResizeNearestNeighbor",
    "REVERSE_V2": "AddReverseV2",
    "ROUND": "AddRound",
    "RSQRT": "AddRsqrt",
    "SELECT_V2": "AddSelectV2",
    "SHAPE": "AddShape",
    "SIN": "AddSin",
    "SLICE": "AddSlice",
    "SOFTMAX": "AddSoftmax",
    "SPACE_TO_BATCH_ND": "AddSpaceToBatchNd",
    "SPACE_TO_DEPTH": "AddSpaceToDepth",
    "SPLIT": "AddSplit",
    "SPLIT_V": "AddSplitV",
    "SQRT": "AddSqrt",
    "SQUARE": "AddSquare",
    "SQUARED_DIFFERENCE": "AddSquaredDifference",
    "SQUEEZE": "AddSqueeze",
    "STRIDED_SLICE": "AddStridedSlice",
    "SUB": "AddSub",
    "SUM": "AddSum",
    "SVDF": "AddSvdf",
    "TANH": "AddTanh",
    "TRANSPOSE": "AddTranspose",
    "TRANSPOSE_CONV": "AddTransposeConv",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "AddUnidirectionalSequenceLSTM",
    "UNPACK": "AddUnpack",
    "WHILE": "AddWhile",
    "ZEROS_LIKE": "AddZerosLike",
}

# Operators of resource variables. TFLM has them, but they need a MicroResourceVariables, which tflm_engine.cc does not
# make; and a network that keeps a state from one input to the next cannot be verified input by input.
STATE = frozenset({"ASSIGN_VARIABLE", "CALL_ONCE", "READ_VARIABLE", "VAR_HANDLE"})

# Added to TFLM after the Arduino libraries were cut from it.
NEWER_THAN_ARDUINO = frozenset(
    {"BATCH_MATMUL", "DYNAMIC_UPDATE_SLICE", "EMBEDDING_LOOKUP", "REDUCE_ALL", "REDUCE_MIN", "REVERSE_V2"}
)

# Kernels that take no int8: their Prepare or Eval accepts float32 (and int32, bool) only.
NO_INT8 = frozenset(
    {
        "CEIL",
        "COS",
        "EXP",
        "FLOOR",
        "FLOOR_DIV",
        "FLOOR_MOD",
        "L2_POOL_2D",
        "LOG",
        "NEG",
        "ROUND",
        "SIN",
        "SQRT",
        "SQUARE",
    }
)


@dataclass(frozen=True)
class Use:
    """One operator of a model, in the order in which it runs.

    Attributes:
        name: as in the schema; "CUSTOM:<name>" for a custom one.
        index: its place in its subgraph.
        int8: it reads or writes an int8 tensor.
        weight_scales: how many scales its second input has; 0 where there is none.
    """

    name: str
    index: int
    int8: bool
    weight_scales: int


def uses(tflite: bytes) -> tuple[Use, ...]:
    """Every operator of every subgraph.

    Operators carry versions too, but TFLM's resolver does not look at them: the kernels' Prepare refuses what it cannot
    do, and `figures.measure` has called each of them on the host.

    Raises:
        ModelError: it is no `.tflite`, of another schema version, or a damaged one.
    """
    return tuple(
        _use(graph, operator, index)
        for graph in describe(tflite).subgraphs
        for index, operator in enumerate(graph.operators)
    )


def _use(graph: Subgraph, operator: Operator, index: int) -> Use:
    tensors = [graph.tensors[at] for at in (*operator.inputs, *operator.outputs) if at >= 0]  # -1: one left out
    second = operator.inputs[1] if len(operator.inputs) > 1 else -1
    scales = len(graph.tensors[second].scales) if second >= 0 else 0
    return Use(operator.kind, index, any(tensor.type == "int8" for tensor in tensors), scales)


def check(found: tuple[Use, ...], *, arduino: bool) -> None:
    """Refuse what the interpreter on the device could not compute, or would compute wrongly without a word.

    Args:
        found: the operators of the model.
        arduino: the library is one of the Arduino ones, which predate per-channel dense layers (tflite-micro#2673).

    Raises:
        UnsupportedError: operators are not in the library, have no int8 kernel, keep a state, or are per-channel dense
            layers; all of them are named.
    """
    obstacles = []

    def refuse(names: list[str], one: str, several: str, what: str, hint: str = "") -> None:
        if names:
            noun, verb = ("operators", several) if len(set(names)) > 1 else ("operator", one)
            obstacles.append(Obstacle(f"{noun} {', '.join(dict.fromkeys(names))} {verb} {what}", hint))

    custom = [use.name for use in found if use.name.startswith("CUSTOM:")]
    lacking = [use.name for use in found if use.name not in METHODS.keys() | STATE and use.name not in custom]
    refuse(custom, "is", "are", "custom (none is supported)", "convert without converter.allow_custom_ops")
    refuse(lacking, "is", "are", "not in TensorFlow Lite Micro")
    refuse(
        [use.name for use in found if use.name in STATE],
        *("keeps", "keep", "a state from one input to the next (not supported)"),
        "convert a function of the whole sequence, without state",
    )
    refuse(
        [use.name for use in found if use.int8 and use.name in NO_INT8],
        *("has", "have", "no int8 kernel in TensorFlow Lite Micro, only a float32 one"),
        "build the float32 network (--dtype float32)",
    )
    if arduino:
        newer = [use.name for use in found if use.name in NEWER_THAN_ARDUINO]
        refuse(newer, "is", "are", "newer than the Arduino libraries of TensorFlow Lite Micro")
        dense = [use for use in found if use.int8 and use.name == "FULLY_CONNECTED" and use.weight_scales > 1]
        if dense:
            obstacles.append(
                Obstacle(
                    f"operator FULLY_CONNECTED is quantised per channel ({dense[0].weight_scales} scales): the Arduino "
                    "libraries predate that, use the first scale for all and give wrong results without a word",
                    "convert it with _experimental_disable_per_channel_quantization_for_dense_layers",
                )
            )
    if obstacles:
        raise UnsupportedError(obstacles)


def methods(found: tuple[Use, ...]) -> tuple[str, ...]:
    """The resolver's methods that a model needs, each once, in the order of first use."""
    return tuple(dict.fromkeys(METHODS[use.name] for use in found))
