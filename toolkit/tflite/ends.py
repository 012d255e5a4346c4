"""A network's ends: its inputs and outputs as the rest of the toolkit speaks of them."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.artifacts import DType, TensorSpec
from toolkit.tflite import obstacles
from toolkit.tflite.description import Tensor, describe
from toolkit.tflite.obstacles import UnsupportedError


@dataclass(frozen=True)
class Ends:
    """The inputs and outputs of a network, in its own order."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    @property
    def input(self) -> TensorSpec:
        """The first input."""
        return self.inputs[0]

    @property
    def output(self) -> TensorSpec:
        """The first output."""
        return self.outputs[0]


def ends_of(tflite: bytes) -> Ends:
    """Shape, type and quantisation of the inputs and outputs.

    Raises:
        ModelError: it is no `.tflite`, has several inputs or outputs, or they are neither int8 nor float32.
    """
    described = describe(tflite)
    wrong = obstacles.of_ends(described)
    if wrong:
        raise UnsupportedError(wrong)
    return Ends(tuple(map(_spec, described.inputs)), tuple(map(_spec, described.outputs)))


def _spec(tensor: Tensor) -> TensorSpec:
    if tensor.type == "float32":
        return TensorSpec(tensor.name, tensor.shape, DType.FLOAT32, 0.0, 0)
    return TensorSpec(tensor.name, tensor.shape, DType.INT8, float(tensor.scales[0]), int(tensor.zero_points[0]))
