"""A network's ends: its inputs and outputs as the rest of the toolkit speaks of them.

On the wire and in a workload a sample is one row: the tensors' bytes one after the other, in the network's own order,
little-endian, with nothing between them.

    row     | input 0 ........ | input 1 .. | input 2 ...... |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.artifacts import DType, ElementType, TensorSpec
from toolkit.tflite import obstacles
from toolkit.tflite.description import Tensor, describe
from toolkit.tflite.obstacles import UnsupportedError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Ends:
    """The inputs and outputs of a network, in its own order; at least one of each."""

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
        ModelError: it is no `.tflite`, or an end has a type or shape that is not supported.
    """
    described = describe(tflite)
    wrong = obstacles.of_ends(described)
    if wrong:
        raise UnsupportedError(wrong)
    return Ends(tuple(map(_spec, described.inputs)), tuple(map(_spec, described.outputs)))


def dtype_of(inputs: Sequence[TensorSpec]) -> DType:
    """What a network with these inputs is called by on the command line: float32, or int8 for all integers."""
    return DType.FLOAT32 if inputs[0].dtype is ElementType.FLOAT32 else DType.INT8


def _spec(tensor: Tensor) -> TensorSpec:
    one = len(tensor.scales) == 1 and tensor.type != ElementType.FLOAT32
    zero_point = int(tensor.zero_points[0]) if one and tensor.zero_points else 0
    scale = float(tensor.scales[0]) if one else 0.0
    return TensorSpec(tensor.name, tensor.shape, ElementType(tensor.type), scale, zero_point)


def size_bytes(specs: Sequence[TensorSpec]) -> int:
    """Bytes of a row of these tensors."""
    return sum(spec.size_bytes for spec in specs)


def as_c(specs: Sequence[TensorSpec]) -> str:
    """The initialisers of `engine_end_t`, as engine.h has it."""
    return ", ".join(f"{{{spec.size_bytes}u, ENGINE_{spec.dtype.name}, {{0}}}}" for spec in specs)


def split(specs: Sequence[TensorSpec], rows: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], ...]:
    """Rows, uint8 [N, bytes], tensor by tensor: uint8 [N, bytes of that tensor] each.

    Raises:
        ValueError: a row has another number of bytes than the tensors together.
    """
    if rows.shape[1] != size_bytes(specs):
        raise ValueError(f"a row has {rows.shape[1]} bytes, the tensors {size_bytes(specs)}")
    parts, at = [], 0
    for spec in specs:
        parts.append(rows[:, at : at + spec.size_bytes])
        at += spec.size_bytes
    return tuple(parts)


def join(specs: Sequence[TensorSpec], arrays: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.uint8]:
    """The other way: one array per tensor, [N, *sample] of its own type, as rows, uint8 [N, bytes].

    Raises:
        ValueError: another number of tensors, or one of another type or size.
    """
    import numpy as np

    parts = []
    for spec, array in zip(specs, arrays, strict=True):
        if array.dtype != spec.numpy or array.size != len(arrays[0]) * spec.elements:
            raise ValueError(f"{spec.name}: {array.dtype} {array.shape}, the tensor is {spec.dtype} {spec.sample}")
        parts.append(np.ascontiguousarray(array).reshape(len(array), -1).view(np.uint8))
    return np.concatenate(parts, axis=1)
