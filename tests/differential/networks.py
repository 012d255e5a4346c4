"""Random networks, by the operator that they are about. `draw(kind, seed)` gives the same one for ever."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from tests.compiler.graphs import Graph
from tests.differential.dice import Dice
from tests.differential.draft import Draft
from tests.differential.large import large
from tests.differential.layers import conv, dense, depthwise, image, pool
from tests.differential.operators import (
    batch_matmul,
    binary,
    concatenation,
    conversion,
    leaky_relu,
    pad,
    quantise,
    reduction,
    softmax,
    transpose,
    unary,
)
from tests.differential.stacks import aliases, stack

_Drawing = Callable[[Draft], tuple[int, int]]


_BOTH: dict[str, _Drawing] = {
    "CONV_2D": conv,
    "CONV_2D image": image,
    "DEPTHWISE_CONV_2D": depthwise,
    "large": large,
    "FULLY_CONNECTED": dense,
    "MAX_POOL_2D": pool("MAX_POOL_2D"),
    "AVERAGE_POOL_2D": pool("AVERAGE_POOL_2D"),
    **{k: unary(k) for k in ("RELU", "RELU6", "LOGISTIC", "TANH", "HARD_SWISH", "ABS", "RSQRT", "EXP", "SQRT")},
    "LEAKY_RELU": leaky_relu,
    "ADD": binary("ADD"),
    "SUB": binary("SUB"),
    "MUL": binary("MUL"),
    "MEAN": reduction("MEAN"),
    "SUM": reduction("SUM"),
    "BATCH_MATMUL": batch_matmul,
    "SOFTMAX": softmax,
    "PAD": pad("PAD"),
    "PADV2": pad("PADV2"),
    "CONCATENATION": concatenation,
    "TRANSPOSE": transpose,
    "RESHAPE": aliases,
    "stack": stack,
}


KINDS: dict[str, tuple[_Drawing, bool]] = {
    **{f"{name} int8": (drawing, True) for name, drawing in _BOTH.items()},
    "QUANTIZE int8": (unary("QUANTIZE"), True),
    "QUANTIZE types": (conversion, True),
    **{f"{name} float32": (drawing, False) for name, drawing in _BOTH.items()},
    "DIV float32": (binary("DIV"), False),
    "NEG float32": (unary("NEG"), False),
    "SQUARE float32": (unary("SQUARE"), False),
    "QUANTIZE float32": (quantise, False),
}
"""By name: what draws it, and whether it is int8."""


@dataclass(frozen=True, eq=False)
class Network:
    """A network with what goes in: `inputs` [n, *shape]; `name` draws it again."""

    kind: str
    seed: int
    tflite: bytes
    inputs: NDArray[Any]

    @property
    def name(self) -> str:
        """For a person, and for --only."""
        return f"{self.kind}:{self.seed}"


def source_type(draft: Draft, tensor: int) -> str:
    """The element type of a tensor."""
    number = draft.graph.graph.tensors[tensor].type
    return str(next(name for name, value in vars(schema.TensorType).items() if value == number)).lower()


def draw(kind: str, seed: int) -> Network:
    """The network of this kind and seed."""
    drawing, int8 = KINDS[kind]
    dice = Dice((zlib.crc32(kind.encode()), seed))
    draft = Draft(dice, int8, Graph())
    source, output = drawing(draft)
    shape = draft.shape(source)
    tflite = draft.graph.file(source, output)
    inputs: NDArray[Any]
    if source_type(draft, source) in ("uint8", "int16"):
        limits = np.iinfo(source_type(draft, source))
        inputs = dice.rng.integers(limits.min, int(limits.max) + 1, (6, *shape)).astype(limits.dtype)
        inputs[0].flat[:2] = limits.min, limits.max
    elif int8:
        every = np.arange(math.prod(shape)).reshape(1, *shape)
        ends = np.stack([np.full(shape, -128), np.full(shape, 127)])
        inputs = np.concatenate([every, ends, dice.bytes((3, *shape))]).astype(np.int8)
    else:
        inputs = dice.rng.uniform(-4, 4, (4, *shape)).astype(np.float32)
        if kind.startswith(("SQRT", "RSQRT")):
            inputs = np.abs(inputs) + np.float32(1e-3)
    return Network(kind, seed, tflite, inputs)
