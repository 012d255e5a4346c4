"""The official interpreter with every tensor preserved, next to our own reading of its arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.reference import exact
from toolkit.reference.opened import opened
from toolkit.tflite import description, int8_tables

Array = npt.NDArray[Any]

FLOAT_BOUND = 2e-5
"""Of a float32 tensor's largest element: our sums are made in double precision, the interpreter's in single."""

_FUNCTIONS = ("COS", "ELU", "EXP", "LOG", "LOGISTIC", "LOG_SOFTMAX", "SIN", "SOFTMAX", "TANH")
_SUMS = ("ADD_N", "AVERAGE_POOL_2D", "BATCH_MATMUL", "CUMSUM", "L2_NORMALIZATION", "L2_POOL_2D", "MEAN", "SUM", "SVDF")
_LONG_SUMS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
BOUNDS = {
    **dict.fromkeys((*_FUNCTIONS, *_SUMS, "UNIDIRECTIONAL_SEQUENCE_LSTM", "WHILE"), 1e-6),
    **dict.fromkeys(_LONG_SUMS, FLOAT_BOUND),
}
"""The same by operator; all others give the interpreter's own bits. docs/verdicts.md has the largest seen of each."""


def made_up(tflite: bytes, count: int, seed: int = 1) -> list[Array]:
    """Inputs over the whole range of their types; the first sample is the largest value throughout."""
    random = np.random.default_rng(seed)
    made: list[Array] = []
    for tensor in description.describe(tflite).inputs:
        if tensor.type == "bool":
            made.append(random.random((count, *tensor.shape)) < 0.5)
            continue
        if tensor.type == "float32":
            made.append(random.uniform(0, 1, (count, *tensor.shape)).astype(np.float32))
            continue
        limits = np.iinfo(tensor.type)
        values = random.integers(limits.min, int(limits.max) + 1, (count, *tensor.shape)).astype(tensor.type)
        values[0] = limits.max
        made.append(values)
    return made


def differing(tflite: bytes, inputs: Sequence[Array]) -> tuple[list[str], int]:
    """Every tensor that an operator computes, on both sides: equal, or within BOUNDS of its largest element.

    Returns:
        Those that differ, by operator, and how many were compared.
    """
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(
        int8_tables.with_tables(tflite),
        arena_size=1 << 28,
        intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors,  # spelt so
    )
    graph = description.describe(tflite).main
    operators = list(enumerate(graph.operators))
    theirs: dict[int, list[Array]] = {tensor: [] for _, operator in operators for tensor in operator.outputs}
    keeps_state = description.describe(tflite).keeps_state
    for place in range(len(inputs[0])):
        if keeps_state:
            interpreter.reset()  # every sample for itself
        for number, (tensor, value) in enumerate(zip(graph.inputs, inputs, strict=True)):
            interpreter.set_input(value[place].reshape(graph.tensors[tensor].shape), number)
        interpreter.invoke()
        for tensor, answers in theirs.items():
            stored = np.array(interpreter.GetTensor(tensor, 0)["tensor_data"])
            answers.append(stored.reshape(graph.tensors[tensor].shape))
    stacked = {tensor: np.stack(answers) for tensor, answers in theirs.items()}
    mine = exact.tensors(tflite, inputs)
    if any(each.dtype.kind == "f" for each in stacked.values()):
        # Each operator from the interpreter's own tensors: a rounding before a steep function is not that function's.
        apart = opened(tflite)
        mine = exact.tensors(apart.tflite, [*inputs, *(stacked[tensor] for tensor in apart.given)])
    found = [
        f"{operator.kind} (operator {at})"
        for at, operator in operators
        if not all(_equal(mine[tensor], stacked[tensor], BOUNDS.get(operator.kind, 0.0)) for tensor in operator.outputs)
    ]
    return found, len(mine)


def _equal(mine: Array, theirs: Array, bound: float) -> bool:
    if mine.dtype != theirs.dtype or mine.shape[1:] != theirs.shape[1:]:
        return False
    if mine.dtype.kind != "f":
        return bool((mine == theirs).all())  # what no sample changes is there once
    largest = float(np.abs(theirs).max(initial=0.0))
    return math.isfinite(largest) and bool(np.abs(mine - theirs).max(initial=0.0) <= bound * largest)
