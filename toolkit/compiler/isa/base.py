"""What the compiler asks an instruction set; unless its file says otherwise, the portable kernels are the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from toolkit.compiler import ir
from toolkit.compiler.lower import depthwise, gemm, portable
from toolkit.compiler.lower.base import Call, Context
from toolkit.compiler.lower.weighted import Weighted

Lowering = Callable[[Weighted], Call | None]
"""The layer on one kernel, or None if its shape or constants do not suit that kernel."""


@dataclass(frozen=True)
class Kernels:
    """The kernels for one family of operators, the preferred one first; the last one suits every layer.

    `balanced`: those that take neither much more flash than the weights nor much more time than the quickest; None
    where the quickest already do.
    """

    speed: tuple[Lowering, ...]
    size: tuple[Lowering, ...]
    balanced: tuple[Lowering, ...] | None = None

    def of(self, optimise: str) -> tuple[Lowering, ...]:
        """Those for "balanced", "speed" or "size"."""
        if optimise == "size":
            return self.size
        return self.speed if optimise == "speed" or self.balanced is None else self.balanced


# Tag_CPU_arch of Arm's microcontrollers.
V6M, V6SM, V7, V7EM, V8M_BASE, V8M_MAIN, V8_1M_MAIN = 11, 12, 10, 13, 16, 17, 21

CONVOLUTION_S8 = Kernels(
    speed=(depthwise.portable_s8, portable.conv_unpadded_s8, portable.conv_pool2_s8, portable.conv_s8),
    size=(depthwise.portable_s8, portable.conv_pool2_s8, portable.conv_s8),
)
DENSE_S8 = Kernels(speed=(portable.dense_s8,), size=(portable.dense_s8,))
# For cores that have a multiplication and little else.
SCALAR_CONVOLUTION_S8 = Kernels(
    speed=(depthwise.four_s8, depthwise.portable_s8, gemm.gemm_s8, *CONVOLUTION_S8.speed[1:]),
    size=(depthwise.four_s8, depthwise.portable_s8, gemm.gemm_s8, *CONVOLUTION_S8.size[1:]),
)
SCALAR_DENSE_S8 = Kernels(speed=(gemm.gemm_s8, portable.dense_s8), size=(gemm.gemm_s8, portable.dense_s8))
CONVOLUTION_F32 = Kernels(
    speed=(depthwise.portable_f32, portable.conv_tile_f32, portable.conv_pool2_f32, portable.conv_f32),
    size=(depthwise.portable_f32, portable.conv_pool2_f32, portable.conv_f32),
)
DENSE_F32 = Kernels(speed=(portable.conv_tile_f32, portable.dense_f32), size=(portable.dense_f32,))


@dataclass(frozen=True)
class InstructionSet:
    """One instruction set: which kernels compute a layer, and where constants may lie.

    Attributes:
        name: as the cores name it (`toolkit.board.Cpu.isa`).
        title: a core of it in a message, with its article.
        convolution_s8, dense_s8, convolution_f32, dense_f32: layers with weights, CONV_2D and DEPTHWISE_CONV_2D, or
            FULLY_CONNECTED.
        others: lowering functions of any other operator, tried before the portable one; None: not for this layer.
        add_row: the kernel that adds up rows, in a file of its name; sum_rows: the same where nothing is there to be
            added to, in the same file. Empty: the portable one.
        runs: Tag_CPU_arch (Addenda to the ABI for the Arm Architecture, 3.3.6) of the objects that it runs.
        start_up: the folder of firmware/ports with what a bare project needs before main(); None: nothing.
        constants_limit: bytes of constants that its loads reach; None: all of flash.
        constants_are_data: constants are read as variables are, so that any kernel's operand may be one.
        tells: what the preprocessor of a compiler for such a core finds true, for sources that are made for any core;
            empty: these get the portable kernels there. Where several are true, the set whose cores run more is taken.
    """

    name: str
    title: str
    convolution_s8: Kernels = CONVOLUTION_S8
    dense_s8: Kernels = DENSE_S8
    convolution_f32: Kernels = CONVOLUTION_F32
    dense_f32: Kernels = DENSE_F32
    others: Mapping[type[ir.Operator], tuple[Callable[[Context, Any], Call | None], ...]] = field(default_factory=dict)
    add_row: str = ""
    sum_rows: str = ""
    runs: frozenset[int] = frozenset()
    start_up: str | None = None
    constants_limit: int | None = None
    constants_are_data: bool = True
    tells: str = ""
