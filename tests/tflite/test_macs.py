"""Multiply-accumulates of an operator, by the shapes of its tensors."""

from __future__ import annotations

import pytest

from toolkit.tflite.description import Operator, Tensor
from toolkit.tflite.macs import macs_of


def tensor(*shape: int) -> Tensor:
    return Tensor("t", shape, (), "int8", (), (), 0, 0, 0, True, False)


@pytest.mark.parametrize(
    ("kind", "inputs", "output", "macs"),
    [
        ("CONV_2D", [(1, 28, 28, 1), (3, 3, 3, 1), (3,)], (1, 26, 26, 3), 26 * 26 * 3 * 9),
        ("DEPTHWISE_CONV_2D", [(1, 10, 10, 8), (1, 3, 3, 8), (8,)], (1, 5, 5, 8), 5 * 5 * 8 * 9),
        ("FULLY_CONNECTED", [(1, 100), (5, 100), (5,)], (1, 5), 500),
        ("FULLY_CONNECTED", [(1, 7, 100), (5, 100)], (1, 7, 5), 7 * 500),
        ("TRANSPOSE_CONV", [(4,), (6, 3, 3, 2), (1, 4, 4, 2)], (1, 8, 8, 6), 4 * 4 * 2 * 6 * 9),
        ("BATCH_MATMUL", [(1, 4, 10), (1, 10, 3)], (1, 4, 3), 4 * 10 * 3),
        ("SOFTMAX", [(1, 10)], (1, 10), 0),
        ("ADD", [(1, 10), (1, 10)], (1, 10), 0),
    ],
)
def test_by_hand(kind: str, inputs: list[tuple[int, ...]], output: tuple[int, ...], macs: int) -> None:
    tensors = [*(tensor(*shape) for shape in inputs), tensor(*output)]
    operator = Operator(kind, tuple(range(len(inputs))), (len(inputs),))
    assert macs_of(operator, tensors) == macs
