"""An input or output of a network: shape, element type, quantisation, and how its bytes become real values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from toolkit.artifacts.base import Artifact, DType

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class ElementType(StrEnum):
    """Element types of inputs and outputs, by the schema's names in lower case."""

    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    INT32 = "int32"
    FLOAT32 = "float32"
    BOOL = "bool"

    @property
    def numpy(self) -> np.dtype[Any]:
        """In NumPy, little-endian as on the wire."""
        import numpy as np

        return np.dtype(self.value).newbyteorder("<")

    @property
    def size_bytes(self) -> int:
        """Bytes of one element."""
        return {"int16": 2, "int32": 4, "float32": 4}.get(self.value, 1)


@dataclass(frozen=True)
class TensorSpec(Artifact):
    """One of the network's inputs or outputs.

    Attributes:
        name: as in the .tflite.
        shape: row-major.
        dtype: element type.
        scale, zero_point: of a quantised tensor, real = scale * (value - zero_point); 0.0 and 0 for one that is not.
    """

    name: str
    shape: tuple[int, ...]
    dtype: ElementType
    scale: float
    zero_point: int

    @property
    def elements(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """How many bytes it has."""
        return self.elements * self.dtype.size_bytes

    @property
    def numpy(self) -> np.dtype[Any]:
        """The elements' type in NumPy."""
        return self.dtype.numpy

    @property
    def sample(self) -> tuple[int, ...]:
        """The shape of one sample: without the batch, where there is one of 1 in front."""
        return self.shape[1:] if self.shape[:1] == (1,) else self.shape

    @property
    def quantised(self) -> bool:
        """Its elements are integers that stand for real values."""
        return self.scale != 0.0

    def stored(self, raw: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
        """Bytes, uint8 [N, size_bytes], as elements [N, *sample] in the tensor's own type.

        Raises:
            ValueError: another number of bytes.
        """
        import numpy as np

        return np.ascontiguousarray(raw).view(self.numpy).reshape(len(raw), *self.sample)

    def real(self, raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        """Bytes, uint8 [N, size_bytes], as the real values that they stand for, float64 [N, *sample].

        Raises:
            ValueError: another number of bytes.
        """
        import numpy as np

        values = np.asarray(self.stored(raw), np.float64)
        return self.scale * (values - self.zero_point) if self.quantised else values


def plain(dtype: DType, size_bytes: int) -> tuple[TensorSpec, ...]:
    """One tensor of so many bytes, for who does not know better."""
    element = ElementType(dtype)
    return (TensorSpec("", (1, size_bytes // element.size_bytes), element, 0.0, 0),)
