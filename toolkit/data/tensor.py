"""What the data room asks of a network's inputs and outputs, and real values as an input has them."""

from __future__ import annotations

import re
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt


class Tensor(Protocol):
    """What is asked of one of a network's ends: `TensorSpec` answers it."""

    @property
    def name(self) -> str:
        """As in the `.tflite`."""

    @property
    def shape(self) -> tuple[int, ...]:
        """With the batch of 1 in front."""

    @property
    def sample(self) -> tuple[int, ...]:
        """The shape without the batch."""

    @property
    def elements(self) -> int:
        """How many elements it has."""

    @property
    def numpy(self) -> np.dtype[Any]:
        """The elements' type: int8, uint8, int16, int32, bool or float32."""

    @property
    def scale(self) -> float:
        """Real value = scale * (stored value - zero_point)."""

    @property
    def zero_point(self) -> int:
        """The stored value of 0."""


def plain(name: str) -> str:
    """A tensor's name as its author had it: of `serving_default_sensor:0` the `sensor`."""
    return re.sub(r"(^serving_default_|:\d+$)", "", name)


def in_words(shape: tuple[int, ...]) -> str:
    """A shape as a message has it: "49 x 10"."""
    return " x ".join(str(size) for size in shape) or "one value"


def held_by(tensor: Tensor) -> tuple[float, float] | None:
    """The least and the largest real value that a quantised tensor can hold; None for any other."""
    if tensor.numpy.kind not in "iu" or not tensor.scale:
        return None
    limits = np.iinfo(tensor.numpy)
    return tensor.scale * (limits.min - tensor.zero_point), tensor.scale * (limits.max - tensor.zero_point)


def quantised(real: npt.NDArray[Any], tensor: Tensor) -> npt.NDArray[Any]:
    """Real values as the tensor has them.

    As TensorFlow Lite's operator QUANTIZE does, which stands in front of a converted network whose ends are float32:
    divided by the scale in single precision, rounded half away from zero, plus the zero point, clamped (AffineQuantize
    in tensorflow/lite/kernels/internal/reference/quantize.h).

    Args:
        real: finite, any shape.

    Returns:
        the same shape, of the tensor's type. float32: the real values; bool: whether they are not 0; integers that are
        not quantised: rounded.
    """
    if tensor.numpy.kind in "fb":
        return np.asarray(real, tensor.numpy)
    with np.errstate(over="ignore"):  # infinity is clamped as well
        divided = np.asarray(real, np.float32) / np.float32(tensor.scale or 1.0)
    # In double precision: 0.5 added to the largest float32 below 0.5 would be 1 in single.
    rounded = np.copysign(np.floor(np.abs(divided.astype(np.float64)) + 0.5), divided)
    limits = np.iinfo(tensor.numpy)
    return np.asarray(np.clip(rounded + tensor.zero_point, limits.min, limits.max), tensor.numpy)
