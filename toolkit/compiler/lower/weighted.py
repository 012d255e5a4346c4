"""A layer with weights, convolution or dense, as every kernel's lowering function takes it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler import ir
from toolkit.compiler.lower import parameters
from toolkit.compiler.lower.base import Context
from toolkit.compiler.lower.quantised import Quantised, quantised
from toolkit.compiler.lower.shapes import Shape


@dataclass(frozen=True, eq=False)
class Weighted:
    """CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED with what was fused into it.

    Attributes:
        op: the operator itself; a dense layer's shape is that of a 1x1 convolution on an image of height 1.
        rows: its weights [channels, taps], int8 or float32.
        macs: multiply-accumulates of one inference.
    """

    context: Context
    op: ir.Convolution | ir.Dense
    shape: Shape
    rows: NDArray[Any]
    macs: int

    @property
    def groups(self) -> int:
        """Groups of channels; a dense layer is one."""
        return self.op.groups if isinstance(self.op, ir.Convolution) else 1

    @cached_property
    def arithmetic(self) -> Quantised:
        """The int8 layer's arithmetic.

        Raises:
            ModelError: its quantisation is not supported, or its sums may leave 32 bits.
        """
        return quantised(self.context, self.rows, self.op.activation)

    @cached_property
    def bias(self) -> NDArray[np.float32]:
        """The float32 layer's bias, [channels].

        Raises:
            ModelError: it is of another type.
        """
        return parameters.bias(self.context, len(self.rows))
