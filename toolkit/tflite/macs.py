"""Multiply-accumulates of an operator, from the shapes of its tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence

from toolkit.tflite.description import Operator, Tensor


def macs_of(operator: Operator, tensors: Sequence[Tensor]) -> int:
    """How many one inference takes, those at a padded edge included; 0 for what multiplies no matrix.

    Weights as the schema has them: CONV_2D and TRANSPOSE_CONV [out, height, width, in], DEPTHWISE_CONV_2D [1, height,
    width, channels], FULLY_CONNECTED [out, in].
    """
    if operator.kind not in _WEIGHED:
        return 0
    inputs = [tensors[index].shape for index in operator.inputs if index >= 0]
    output = math.prod(tensors[operator.outputs[0]].shape)
    match operator.kind:
        case "CONV_2D" | "FULLY_CONNECTED":
            return output * math.prod(inputs[1][1:])
        case "DEPTHWISE_CONV_2D":
            return output * math.prod(inputs[1][1:-1])
        case "TRANSPOSE_CONV":  # each input element goes into a window of every output channel
            return math.prod(inputs[2]) * math.prod(inputs[1][:-1])
        case _:
            return output * inputs[0][-1]  # [..., rows, inner] by [..., inner, columns]


_WEIGHED = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "BATCH_MATMUL"}
