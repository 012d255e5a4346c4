"""Armv6-M (Cortex-M0, M0+): no dual multiply-accumulates, eight registers that every instruction reaches."""

from __future__ import annotations

from toolkit.compiler.isa.base import SCALAR_CONVOLUTION_S8, SCALAR_DENSE_S8, V6M, V6SM, InstructionSet, Kernels
from toolkit.compiler.lower import armv6m

_CONVOLUTION = (armv6m.depthwise, armv6m.gemm)

ISA = InstructionSet(
    name="armv6m",
    title="an Armv6-M core",
    convolution_s8=Kernels(
        speed=(*_CONVOLUTION, *SCALAR_CONVOLUTION_S8.speed), size=(*_CONVOLUTION, *SCALAR_CONVOLUTION_S8.size)
    ),
    dense_s8=Kernels(speed=(armv6m.gemm, *SCALAR_DENSE_S8.speed), size=(armv6m.gemm, *SCALAR_DENSE_S8.size)),
    runs=frozenset({V6M, V6SM}),
    start_up="cortexm",
    # Thumb's first version alone: a Cortex-M23 too. The assembly is GCC's (aot_armv6m.h).
    tells="defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB == 1 && __ARM_ARCH_PROFILE == 'M' "
    "&& defined(__GNUC__) && !defined(__clang__)",
)
