"""What a kernel is given: one operator with its tensors and options, and what it says where it cannot compute it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.reference.exact import fixed
from toolkit.tflite.description import Tensor

Array = npt.NDArray[Any]

NUMPY = {
    "int8": "<i1",
    "uint8": "<u1",
    "int16": "<i2",
    "int32": "<i4",
    "int64": "<i8",
    "float32": "<f4",
    "float16": "<f2",
    "bool": "|b1",
}
"""Element types of the schema that NumPy has."""

_RANGES = {0: (None, None), 1: (0.0, None), 2: (-1.0, 1.0), 3: (0.0, 6.0)}
"""Ends of a fused activation, by the schema's number: NONE, RELU, RELU_N1_TO_1, RELU6."""


class CannotError(Exception):
    """This operator is not computed here; the text says which and why."""


class ApartError(CannotError):
    """This operator asks something of all samples together that is another for each: they are computed one by one."""


class SampleError(CannotError):
    """This operator is computed here, but not of these values, of which the interpreter gives up too."""


@dataclass(frozen=True)
class Node:
    """An operator.

    Attributes:
        kind: the schema's name.
        place: in the network.
        inputs: None for one that is left out.
        outputs: with their shapes, which are the true ones.
        raw: the flatbuffer's table.
    """

    kind: str
    place: int
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    raw: Any

    def cannot(self, why: str) -> CannotError:
        """The error that names this operator."""
        return CannotError(f"{self.kind} (operator {self.place}) {why}")

    def refuses(self, why: str) -> SampleError:
        """The same for values that it is given."""
        return SampleError(f"{self.kind} (operator {self.place}) {why}")

    def input(self, place: int) -> Tensor:
        """One that must be there.

        Raises:
            CannotError: it is not.
        """
        tensor = self.inputs[place] if place < len(self.inputs) else None
        if tensor is None:
            raise self.cannot(f"has no input {place}")
        return tensor

    @property
    def output(self) -> Tensor:
        """The first."""
        return self.outputs[0]

    def options(self, name: str) -> Any:
        """Its options table, by the schema's name of it.

        Raises:
            CannotError: it has none, or another one.
        """
        found = self.option(name)
        if found is None:
            raise self.cannot(f"has no {name}")
        return found

    def option(self, name: str) -> Any:
        """The same, None where it has none.

        Raises:
            CannotError: it has others.
        """
        import tflite

        table = self.raw.BuiltinOptions()
        if table is None or not self.raw.BuiltinOptionsType():
            return None
        if self.raw.BuiltinOptionsType() != getattr(tflite.BuiltinOptions, name):
            raise self.cannot(f"has options of type {self.raw.BuiltinOptionsType()}, no {name}")
        options = getattr(tflite, name)()
        options.Init(table.Bytes, table.Pos)
        return options

    def scale(self, tensor: Tensor) -> float:
        """Its first scale.

        Raises:
            CannotError: it has no quantisation that the interpreter sees.
        """
        if not tensor.scales or not tensor.zero_points:
            raise self.cannot(f"needs a scale and a zero point of {tensor.name}")
        if not 0.0 <= tensor.scales[0] < math.inf:  # 0 is that of a tensor of zeros
            raise self.cannot(f"has the scale {tensor.scales[0]:g} of {tensor.name}")
        return tensor.scales[0]

    def zero(self, tensor: Tensor) -> int:
        """Its first zero point.

        Raises:
            CannotError: as for `scale`; or it is none of the type, or not 0 on int16 where only 0 has a kernel.
        """
        self.scale(tensor)
        value, limits = int(tensor.zero_points[0]), np.iinfo(NUMPY[tensor.type])
        converts = self.kind in ("QUANTIZE", "DEQUANTIZE")
        if not limits.min <= value <= limits.max or (value and tensor.type == "int16" and not converts):
            raise self.cannot(f"has the zero point {value} of {tensor.name}")
        return value

    def multiplier(self, real: float) -> tuple[int, int]:
        """`fixed.multiplier`.

        Raises:
            CannotError: it does not fit.
        """
        try:
            return fixed.multiplier(real)
        except fixed.RangeError as caught:
            raise self.cannot(str(caught)) from caught

    def same_quantisation(self) -> None:
        """Hold the first input and output to one scale and zero point, as kernels that only move bytes ask it.

        Raises:
            CannotError: they have two.
        """
        a, b = self.input(0), self.output
        if a.type in ("int8", "int16") and (a.scales[:1] != b.scales[:1] or a.zero_points[:1] != b.zero_points[:1]):
            raise self.cannot("has an input and an output that are quantised differently")

    def fused(self, number: int) -> tuple[int, int]:
        """CalculateActivationRangeQuantized: the ends of an integer output.

        Raises:
            CannotError: it is none of the four that the kernels have.
        """
        limits = np.iinfo(NUMPY[self.output.type])
        ends = [int(limits.min), int(limits.max)]
        for which, (value, within) in enumerate(zip(self._range(number), (max, min), strict=True)):
            if value is not None:
                ends[which] = within(ends[which], self.quantised(value, self.output))
        if ends[0] > ends[1]:
            raise self.cannot("has an activation that leaves no value")
        return ends[0], ends[1]

    def quantised(self, value: float, tensor: Tensor) -> int:
        """A real value as a stored one, divided in single precision as the kernels do."""
        return self.zero(tensor) + fixed.half_away(float(np.float32(value) / np.float32(self.scale(tensor))))

    def clamp(self, values: Array, number: int) -> Array:
        """A fused activation of real values."""
        low, high = self._range(number)
        if low is not None:
            values = np.maximum(values, np.float32(low))
        return values if high is None else np.minimum(values, np.float32(high))

    def _range(self, number: int) -> tuple[float | None, float | None]:
        if number not in _RANGES:
            raise self.cannot(f"has the fused activation number {number}")
        return _RANGES[number]

    def known(self, values: Values, place: int) -> list[int]:
        """An input of integers that is the same for every sample: axes, sizes, paddings.

        Raises:
            CannotError: it is not there.
            ApartError: it is another for each sample.
        """
        value = given(self, values, place)
        if (value != value[:1]).any():
            raise ApartError(f"{self.kind} (operator {self.place}) has an input {place} of the samples' own")
        return [int(each) for each in value[0].reshape(-1)]

    def decided(self, value: Array) -> bool:
        """A condition that is the same for every sample.

        Raises:
            CannotError: it is not one bool.
            ApartError: it is another for each sample.
        """
        if value.dtype != np.bool_ or value[:1].size != 1:
            raise self.cannot("has a condition that is not one bool")
        if (value != value[:1]).any():
            raise ApartError(f"{self.kind} (operator {self.place}) has a condition of the samples' own")
        return bool(value[:1].all())


Values = Sequence[Array | None]
"""An operator's inputs, [N, *shape] each; N is 1 where it does not depend on the sample."""

Kernel = Callable[[Node, Values], list[Array]]
"""From one operator's inputs to its outputs, [N, *shape] each."""


def given(node: Node, values: Values, place: int) -> Array:
    """An input that must be there.

    Raises:
        CannotError: it is not.
    """
    value = values[place] if place < len(values) else None
    if value is None:
        raise node.cannot(f"has no input {place}")
    return value


def aligned(*values: Array) -> list[Array]:
    """Of one rank: dimensions of 1 are put in after the samples, as broadcasting pads shapes in front."""
    rank = max(value.ndim for value in values)
    return [value.reshape(len(value), *[1] * (rank - value.ndim), *value.shape[1:]) for value in values]
