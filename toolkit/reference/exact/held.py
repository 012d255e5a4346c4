"""Which operators of our own reading were held to the official interpreter, and so may decide in its place.

In other types they are written from TFLM's sources as well; until a test has run them beside the interpreter they are
belief.
"""

from __future__ import annotations

from toolkit.tflite.description import Description

HELD: dict[str, tuple[str, ...]] = {
    "ABS": ("float32", "int16", "int8"),
    "ADD": ("float32", "int16", "int32", "int8"),
    "ADD_N": ("float32", "int8"),
    "ARG_MAX": ("float32 to int32", "int8 to int32"),
    "ARG_MIN": ("float32 to int32", "int8 to int32"),
    "AVERAGE_POOL_2D": ("float32", "int16", "int8"),
    "BATCH_MATMUL": ("float32", "int16", "int8"),
    "BATCH_TO_SPACE_ND": ("float32", "int8"),
    "BROADCAST_ARGS": ("int32",),
    "BROADCAST_TO": ("bool", "float32", "int16", "int32", "int8"),
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
    "CONCATENATION": ("bool", "float32", "int16", "int32", "int64", "int8"),
    "CONV_2D": ("float32", "int16", "int8"),
    "COS": ("float32",),
    "CUMSUM": ("float32", "int8"),
    "DEPTHWISE_CONV_2D": ("float32", "int16", "int8"),
    "DEPTH_TO_SPACE": ("float32", "int8"),
    "DEQUANTIZE": ("int16 to float32", "int8 to float32", "uint8 to float32"),
    "DIV": ("float32",),
    "DYNAMIC_UPDATE_SLICE": ("float32", "int16", "int32", "int8"),
    "ELU": ("float32",),
    "EMBEDDING_LOOKUP": ("int32 to float32", "int32 to int8"),
    "EQUAL": ("bool", "float32 to bool", "int32 to bool", "int64 to bool", "int8 to bool"),
    "EXP": ("float32", "int8"),
    "EXPAND_DIMS": ("float32", "int16", "int8"),
    "FILL": ("int32 to float32", "int32 to int8"),
    "FLOOR": ("float32",),
    "FLOOR_DIV": ("float32",),
    "FLOOR_MOD": ("float32",),
    "FULLY_CONNECTED": ("float32", "int16", "int8"),
    "GATHER": ("float32", "int8"),
    "GATHER_ND": ("float32", "int8"),
    "GREATER": ("float32 to bool", "int32 to bool", "int64 to bool", "int8 to bool"),
    "GREATER_EQUAL": ("float32 to bool", "int32 to bool", "int64 to bool", "int8 to bool"),
    "HARD_SWISH": ("float32", "int8"),
    "IF": ("any type",),
    "L2_NORMALIZATION": ("float32", "int8"),
    "L2_POOL_2D": ("float32",),
    "LEAKY_RELU": ("float32", "int16", "int8"),
    "LESS": ("float32 to bool", "int32 to bool", "int64 to bool", "int8 to bool"),
    "LESS_EQUAL": ("float32 to bool", "int32 to bool", "int64 to bool", "int8 to bool"),
    "LOG": ("float32",),
    "LOGICAL_AND": ("bool",),
    "LOGICAL_NOT": ("bool",),
    "LOGICAL_OR": ("bool",),
    "LOGISTIC": ("float32", "int16", "int8"),
    "LOG_SOFTMAX": ("float32",),
    "MAXIMUM": ("float32", "int16", "int32", "int64", "int8"),
    "MAX_POOL_2D": ("float32", "int16", "int8"),
    "MEAN": ("float32", "int16", "int8"),
    "MINIMUM": ("float32", "int16", "int32", "int64", "int8"),
    "MIRROR_PAD": ("float32", "int8"),
    "MUL": ("float32", "int16", "int32", "int8"),
    "NEG": ("float32",),
    "NOT_EQUAL": ("bool", "float32 to bool", "int32 to bool", "int64 to bool", "int8 to bool"),
    "PACK": ("float32", "int16", "int32", "int8"),
    "PAD": ("float32", "int16", "int32", "int8"),
    "PADV2": ("float32", "int16", "int32", "int8"),
    "PRELU": ("float32", "int8"),
    "QUANTIZE": (
        "float32 to int16",
        "float32 to int8",
        "int16",
        "int16 to int32",
        "int16 to int8",
        "int32 to int16",
        "int32 to int8",
        "int8",
        "int8 to int16",
        "int8 to int32",
        "int8 to uint8",
        "uint8 to int8",
    ),
    "REDUCE_ALL": ("bool",),
    "REDUCE_MAX": ("float32", "int8"),
    "REDUCE_MIN": ("float32", "int8"),
    "RELU": ("float32", "int16", "int8"),
    "RELU6": ("float32", "int8"),
    "RESHAPE": ("float32", "int16", "int8"),
    "RESIZE_BILINEAR": ("float32", "int8"),
    "RESIZE_NEAREST_NEIGHBOR": ("float32", "int16", "int8"),
    "REVERSE_V2": ("bool", "float32", "int16", "int32", "int64", "int8", "uint8"),
    "ROUND": ("float32",),
    "RSQRT": ("float32", "int8"),
    "SELECT_V2": ("bool to float32", "bool to int16", "bool to int8"),
    "SHAPE": ("float32 to int32", "int16 to int32", "int8 to int32"),
    "SIN": ("float32",),
    "SLICE": ("bool", "float32", "int16", "int32", "int8"),
    "SOFTMAX": ("float32", "int16", "int8", "int8 to int16"),
    "SPACE_TO_BATCH_ND": ("float32", "int8"),
    "SPACE_TO_DEPTH": ("float32", "int8"),
    "SPLIT": ("int32 to float32", "int32 to int16", "int32 to int8"),
    "SPLIT_V": ("float32", "int16", "int32", "int8"),
    "SQRT": ("float32", "int8"),
    "SQUARE": ("float32",),
    "SQUARED_DIFFERENCE": ("float32", "int16", "int32", "int8"),
    "SQUEEZE": ("float32", "int16", "int8"),
    "STRIDED_SLICE": ("bool", "float32", "int16", "int32", "int8"),
    "SUB": ("float32", "int16", "int32", "int8"),
    "SUM": ("float32", "int16", "int8"),
    "SVDF": ("float32", "int8"),
    "TANH": ("float32", "int16", "int8"),
    "TRANSPOSE": ("float32", "int16", "int8"),
    "TRANSPOSE_CONV": ("int32 to float32", "int32 to int16", "int32 to int8"),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": ("float32", "int16", "int8"),
    "UNPACK": ("float32", "int16", "int32", "int8"),
    "WHILE": ("any type",),
    "ZEROS_LIKE": ("float32", "int32", "int64", "int8"),
}
"""By random networks and the zoo; tests/reference/test_exact.py fails if it holds one of these no longer."""


def used(described: Description) -> set[tuple[str, str]]:
    """(operator, type of its first input, and of its output where that is another) of the whole network.

    IF and WHILE only run graphs, whatever their types are.
    """
    found = set()
    for graph in described.subgraphs:
        for operator in graph.operators:
            ends = [at for at in (*operator.inputs[:1], *operator.outputs[:1]) if at >= 0]
            types = [graph.tensors[at].type for at in ends] or ["no type"]
            of = types[0] if types[0] == types[-1] else f"{types[0]} to {types[-1]}"
            found.add((operator.kind, "any type" if operator.kind in ("IF", "WHILE") else of))
    return found


def untried(described: Description) -> tuple[str, ...]:
    """What of a network was never run beside the official interpreter, a line each."""
    known = {(kind, types) for kind, all_types in HELD.items() for types in all_types}
    return tuple(
        f"{kind} of {types} was not yet held to the official interpreter"
        for kind, types in sorted(used(described) - known)
    )
