"""Which of TFLM's `AddXxx` methods registers an operator, and which operators cannot be used, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from toolkit.errors import ModelError

# Schema's name -> method of MicroMutableOpResolver (tensorflow/lite/micro/micro_mutable_op_resolver.h). The operators
# of resource variables (VAR_HANDLE, CALL_ONCE ...) are left out: they need a MicroResourceVariables, and a network that
# keeps a state from one image to the next could not be verified image by image.
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

# TFLITE_SCHEMA_VERSION of micro_interpreter.h. Operators carry versions too, but TFLM's resolver does not look at
# them: the kernels' Prepare refuses what it cannot do, and `figures.measure` has called each of them on the host.
SCHEMA_VERSION = 3

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

    Raises:
        ModelError: it is no `.tflite`, or a damaged one.
    """
    import tflite as reader

    if len(tflite) < 8 or tflite[4:8] != b"TFL3":
        raise ModelError("the file is no TensorFlow Lite model", "name a .tflite file, or one of: tinyml models")
    try:
        model = reader.Model.GetRootAsModel(tflite, 0)
        version = model.Version()
        found = tuple(_uses(reader, model)) if version == SCHEMA_VERSION else ()
    except Exception as caught:  # the reader checks nothing: a damaged file fails anywhere in it
        raise ModelError("the file is a damaged TensorFlow Lite model", "make it again") from caught
    if version != SCHEMA_VERSION:
        raise ModelError(
            f"the model is of schema version {version}, TensorFlow Lite Micro reads version {SCHEMA_VERSION}",
            "convert it with a current TensorFlow",
        )
    if not found:
        raise ModelError("the model has no operators, or is damaged", "make it again")
    return found


def _uses(reader: Any, model: Any) -> Iterator[Use]:
    names = {value: name for name, value in vars(reader.BuiltinOperator).items() if isinstance(value, int)}
    for place in range(model.SubgraphsLength()):
        graph = model.Subgraphs(place)
        for index in range(graph.OperatorsLength()):
            operator = graph.Operators(index)
            code = model.OperatorCodes(operator.OpcodeIndex())
            # Codes below 127 are stored in the old byte-wide field, the others only in the new one.
            name = names.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()), "unknown")
            if name == "CUSTOM":
                name = f"CUSTOM:{(code.CustomCode() or b'').decode(errors='replace')}"
            inputs = [operator.Inputs(at) for at in range(operator.InputsLength())]
            outputs = [operator.Outputs(at) for at in range(operator.OutputsLength())]
            tensors = [graph.Tensors(at) for at in (*inputs, *outputs) if at >= 0]  # -1: an optional input left out
            scales = 0
            if len(inputs) > 1 and inputs[1] >= 0:
                quantization = graph.Tensors(inputs[1]).Quantization()
                scales = 0 if quantization is None else quantization.ScaleLength()
            int8 = any(tensor.Type() == reader.TensorType.INT8 for tensor in tensors)
            yield Use(name, index, int8, scales)


def check(found: tuple[Use, ...], *, arduino: bool) -> None:
    """Refuse what the interpreter on the device could not compute, or would compute wrongly without a word.

    Args:
        found: the operators of the model.
        arduino: the library is one of the Arduino ones, which predate per-channel dense layers (tflite-micro#2673).

    Raises:
        ModelError: an operator is not in the library, has no int8 kernel, or is a per-channel dense layer.
    """
    other_runtime = "build it with --runtime aot, or another model"
    for use in found:
        where = f"operator {use.index} of the model, {use.name},"
        if use.name not in METHODS:
            raise ModelError(f"{where} is not in TensorFlow Lite Micro", other_runtime)
        if use.int8 and use.name in NO_INT8:
            raise ModelError(
                f"{where} has no int8 kernel in TensorFlow Lite Micro, only a float32 one",
                "build it with --dtype float32, or another model",
            )
        if arduino and use.name in NEWER_THAN_ARDUINO:
            raise ModelError(f"{where} is newer than the Arduino libraries of TensorFlow Lite Micro", other_runtime)
        if arduino and use.int8 and use.name == "FULLY_CONNECTED" and use.weight_scales > 1:
            raise ModelError(
                f"{where} is quantised per channel ({use.weight_scales} scales): the Arduino libraries predate that, "
                "use the first scale for all and give wrong results without a word",
                "convert it with _experimental_disable_per_channel_quantization_for_dense_layers; or --runtime aot",
            )


def methods(found: tuple[Use, ...]) -> tuple[str, ...]:
    """The resolver's methods that a model needs, each once, in the order of first use."""
    return tuple(dict.fromkeys(METHODS[use.name] for use in found))
