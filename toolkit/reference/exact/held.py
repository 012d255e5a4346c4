"""Which operators of our own reading were held to the official interpreter, and so may decide in its place.

The others are written from TFLM's sources as well; until a test has run them beside the interpreter they are belief.
"""

from __future__ import annotations

from toolkit.tflite.description import Description

HERE: dict[str, tuple[str, ...]] = {
    "ABS": ("float32", "int8"),
    "ADD": ("float32", "int16", "int8"),
    "ARG_MAX": ("float32 to int32", "int8 to int32"),
    "ARG_MIN": ("float32 to int32", "int8 to int32"),
    "AVERAGE_POOL_2D": ("float32", "int8"),
    "BATCH_MATMUL": ("float32", "int8"),
    "BATCH_TO_SPACE_ND": ("float32", "int8"),
    "CAST": (
        "bool to float32",
        "bool to int16",
        "bool to int32",
        "bool to int8",
        "float32",
        "float32 to int16",
        "float32 to int32",
        "float32 to int8",
        "int16",
        "int16 to float32",
        "int16 to int32",
        "int16 to int8",
        "int32",
        "int32 to float32",
        "int32 to int16",
        "int32 to int8",
        "int8",
        "int8 to float32",
        "int8 to int16",
        "int8 to int32",
    ),
    "CEIL": ("float32",),
    "CONCATENATION": ("float32", "int8"),
    "CONV_2D": ("float32", "int16", "int8"),
    "COS": ("float32",),
    "DEPTHWISE_CONV_2D": ("float32", "int16", "int8"),
    "DEPTH_TO_SPACE": ("float32", "int8"),
    "DEQUANTIZE": ("int8 to float32",),
    "DIV": ("float32",),
    "EQUAL": ("bool", "float32 to bool", "int32 to bool", "int64 to bool", "int8 to bool"),
    "EXP": ("float32", "int8"),
    "EXPAND_DIMS": ("float32",),
    "FLOOR": ("float32",),
    "FULLY_CONNECTED": ("float32", "int16", "int8"),
    "GREATER": ("float32 to bool", "int32 to bool", "int64 to bool", "int8 to bool"),
    "GREATER_EQUAL": ("float32 to bool", "int32 to bool", "int64 to bool", "int8 to bool"),
    "HARD_SWISH": ("float32", "int8"),
    "LEAKY_RELU": ("float32", "int16", "int8"),
    "LESS": ("float32 to bool", "int32 to bool", "int64 to bool", "int8 to bool"),
    "LESS_EQUAL": ("float32 to bool", "int32 to bool", "int64 to bool", "int8 to bool"),
    "LOG": ("float32",),
    "LOGICAL_AND": ("bool",),
    "LOGICAL_NOT": ("bool",),
    "LOGICAL_OR": ("bool",),
    "LOGISTIC": ("float32", "int16", "int8"),
    "MAXIMUM": ("float32", "int16", "int32", "int64", "int8"),
    "MAX_POOL_2D": ("float32", "int8"),
    "MEAN": ("float32", "int8"),
    "MINIMUM": ("float32", "int16", "int32", "int64", "int8"),
    "MIRROR_PAD": ("float32", "int8"),
    "MUL": ("float32", "int16", "int8"),
    "NEG": ("float32",),
    "NOT_EQUAL": ("bool", "float32 to bool", "int32 to bool", "int64 to bool", "int8 to bool"),
    "PAD": ("float32", "int8"),
    "PADV2": ("float32", "int8"),
    "QUANTIZE": ("float32 to int8", "int16", "int16 to int32", "int8", "int8 to int32", "uint8 to int8"),
    "REDUCE_MAX": ("float32", "int8"),
    "REDUCE_MIN": ("float32", "int8"),
    "RELU": ("float32", "int16", "int8"),
    "RELU6": ("float32", "int8"),
    "RESHAPE": ("float32", "int8"),
    "ROUND": ("float32",),
    "RSQRT": ("float32", "int8"),
    "SIN": ("float32",),
    "SLICE": ("bool", "float32", "int16", "int32", "int8"),
    "SOFTMAX": ("float32", "int16", "int8"),
    "SPACE_TO_BATCH_ND": ("float32", "int8"),
    "SPACE_TO_DEPTH": ("float32", "int8"),
    "SQRT": ("float32", "int8"),
    "SQUARE": ("float32",),
    "SQUARED_DIFFERENCE": ("float32", "int16", "int32", "int8"),
    "SQUEEZE": ("float32", "int8"),
    "SUB": ("float32", "int16", "int8"),
    "SUM": ("float32", "int8"),
    "TANH": ("float32", "int16", "int8"),
    "TRANSPOSE": ("float32", "int8"),
}
"""By random networks and the zoo; tests/reference/test_exact.py fails if it holds one of these no longer."""

ELSEWHERE: dict[str, tuple[str, ...]] = {
    "ELU": ("float32",),
    "GATHER": ("int8",),
    "LOG_SOFTMAX": ("float32",),
    "PACK": ("int32", "int8"),
    "PRELU": ("float32", "int8"),
    "QUANTIZE": ("int8 to uint8",),
    "RESHAPE": ("int16",),
    "RESIZE_NEAREST_NEIGHBOR": ("int8",),
    "SHAPE": ("int16 to int32", "int8 to int32"),
    "SPLIT": ("int32 to int16", "int32 to int8"),
    "SPLIT_V": ("int8",),
    "STRIDED_SLICE": ("float32", "int16", "int32"),
    "TRANSPOSE_CONV": ("int32 to int16",),
    "UNPACK": ("int16", "int8"),
}
"""By networks of other people's, which are not in the repository: the test skips where they are missing."""


def used(described: Description) -> set[tuple[str, str]]:
    """(operator, type of its first input, and of its output where that is another) of the whole network."""
    graph = described.main
    found = set()
    for operator in graph.operators:
        output = graph.tensors[operator.outputs[0]].type
        first = graph.tensors[operator.inputs[0]].type if operator.inputs and operator.inputs[0] >= 0 else output
        found.add((operator.kind, output if first == output else f"{first} to {output}"))
    return found


def untried(described: Description) -> tuple[str, ...]:
    """What of a network was never run beside the official interpreter, a line each."""
    known = {(kind, types) for table in (HERE, ELSEWHERE) for kind, all_types in table.items() for types in all_types}
    return tuple(
        f"{kind} of {types} was not yet held to the official interpreter"
        for kind, types in sorted(used(described) - known)
    )
