"""The typed operator graph that a .tflite is read into. Everything is checked once, by the reader.

Tensors are known by their index in the file. Shapes are row-major, NHWC for images, as the format has them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import ModelError
from toolkit.tflite import Obstacle, UnsupportedError


class ElementType(StrEnum):
    """Element types that the compiler knows; int64 only for constants (shapes, axes).

    Layers compute with int8 and float32; QUANTIZE and DEQUANTIZE bring other types to these and back.
    """

    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    FLOAT32 = "float32"
    INT32 = "int32"
    INT64 = "int64"

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return {"int8": 1, "uint8": 1, "int16": 2, "float32": 4, "int32": 4, "int64": 8}[self.value]


@dataclass(frozen=True)
class Quantisation:
    """`real = scale * (quantised - zero_point)`, per tensor (one scale) or per channel along `axis`."""

    scale: tuple[float, ...]
    zero_point: tuple[int, ...]
    axis: int = 0


@dataclass(frozen=True, eq=False)
class Tensor:
    """One tensor.

    Attributes:
        index: its place in the file.
        name: as in the file, made safe for one line.
        shape: every dimension at least 1, but for tensors that nothing uses; () is a scalar.
        dtype: element type; None for a type that is not known here (only dead tensors may have one).
        quantisation: None for tensors without one.
        data: the constant's elements in `shape`, or None for a tensor that is computed.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: ElementType | None
    quantisation: Quantisation | None = None
    data: NDArray[Any] | None = None

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """Bytes of all elements."""
        return self.size * (self.dtype.size if self.dtype else 0)

    @property
    def constant(self) -> NDArray[Any]:
        """The elements of a constant.

        Raises:
            ModelError: it is not one.
        """
        if self.data is None:
            hint = "convert a function with frozen weights"
            raise UnsupportedError([Obstacle(f"tensor {self.name} is computed, and must be a constant", hint)])
        return self.data

    @property
    def affine(self) -> Quantisation:
        """Its quantisation.

        Raises:
            ModelError: it has none.
        """
        if self.quantisation is None:
            raise ModelError(f"tensor {self.name} has no scale", "convert with full-integer int8")
        return self.quantisation

    @property
    def scale(self) -> np.float32:
        """The per-tensor scale, in the format's own single precision."""
        return np.float32(self.affine.scale[0])

    @property
    def zero_point(self) -> int:
        """The per-tensor zero point."""
        return self.affine.zero_point[0]


class Activation(StrEnum):
    """The activation that the format fuses into an operator."""

    NONE = "NONE"
    RELU = "RELU"
    RELU_N1_TO_1 = "RELU_N1_TO_1"
    RELU6 = "RELU6"


@dataclass(frozen=True)
class Operator:
    """One operator; `kind` is the format's name of it, such as "CONV_2D"; an absent optional input is -1."""

    kind: str
    inputs: tuple[int, ...]
    output: int


@dataclass(frozen=True)
class Window:
    """How a kernel or pool window moves over an image; padding before the first row and column."""

    kernel_h: int
    kernel_w: int
    stride_h: int = 1
    stride_w: int = 1
    dilation_h: int = 1
    dilation_w: int = 1
    pad_top: int = 0
    pad_left: int = 0


@dataclass(frozen=True)
class Convolution(Operator):
    """CONV_2D and DEPTHWISE_CONV_2D. inputs: image, weights, bias or -1."""

    window: Window
    groups: int
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class Dense(Operator):
    """FULLY_CONNECTED. inputs: data, weights [units, inputs], bias or -1."""

    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class Pool(Operator):
    """MAX_POOL_2D and AVERAGE_POOL_2D."""

    window: Window
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class Unary(Operator):
    """An element-wise function of one tensor; `alpha` is LEAKY_RELU's slope for negative values."""

    alpha: float = 0.0


@dataclass(frozen=True)
class Binary(Operator):
    """ADD, SUB, MUL, DIV with NumPy's broadcasting."""

    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class Softmax(Operator):
    """SOFTMAX over the last dimension of `exp(beta * x)`."""

    beta: float = 1.0


@dataclass(frozen=True)
class Alias(Operator):
    """RESHAPE, SQUEEZE, EXPAND_DIMS: the same bytes under another shape."""


@dataclass(frozen=True)
class Reduce(Operator):
    """MEAN and SUM over `axes` (sorted, not negative)."""

    axes: tuple[int, ...]


@dataclass(frozen=True)
class Pad(Operator):
    """PAD, PADV2: (before, after) for each dimension, and the element that fills."""

    paddings: tuple[tuple[int, int], ...]
    value: float


@dataclass(frozen=True)
class Concatenation(Operator):
    """CONCATENATION along `axis`."""

    axis: int
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class Transpose(Operator):
    """TRANSPOSE: output dimension i is input dimension permutation[i]."""

    permutation: tuple[int, ...]


@dataclass(frozen=True)
class BatchMatMul(Operator):
    """BATCH_MATMUL of [..., rows, inner] and [..., inner, columns], either one transposed first."""

    transpose_a: bool
    transpose_b: bool


@dataclass(frozen=True, eq=False)
class Graph:
    """A network: its ends by tensor, in its own order, and operators in an order in which they can be computed."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
