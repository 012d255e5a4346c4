"""Armv8.1-M with MVE (Cortex-M52, M55, M85): vectors, and what they do not suit on dual multiply-accumulates."""

from __future__ import annotations

from toolkit.compiler import ir
from toolkit.compiler.isa import armv7em
from toolkit.compiler.isa.base import V8_1M_MAIN, V8M_BASE, V8M_MAIN, InstructionSet, Kernels, Lowering
from toolkit.compiler.lower import mve, mve_depthwise, mve_gemm, mve_pool2, sums

_CONVOLUTION = (
    mve_depthwise.depthwise,
    mve.depthwise,
    mve.conv3x3c1_pool2,
    mve_pool2.conv_pool2,
    mve_gemm.gemm,
    mve.conv_pool,
)


def _with(vectors: tuple[Lowering, ...], others: Kernels) -> Kernels:
    """Vectors wherever they suit."""
    return Kernels(
        speed=(*vectors, *others.of("speed")),
        balanced=(*vectors, *others.of("balanced")),
        size=(*vectors, *others.of("size")),
    )


ISA = InstructionSet(
    name="armv8_1m_mve",
    title="an Armv8.1-M core with MVE",
    convolution_s8=_with(_CONVOLUTION, armv7em.ISA.convolution_s8),
    dense_s8=_with((mve_gemm.gemm,), armv7em.ISA.dense_s8),
    others={
        **armv7em.ISA.others,
        ir.Binary: (mve.binary,),
        ir.Pool: (sums.whole,),
        ir.Reduce: (sums.whole,),
        ir.Softmax: (mve.softmax,),
    },
    add_row="aot_add_row_mve",
    sum_rows="aot_sum_rows_mve",
    runs=armv7em.ISA.runs | {V8M_BASE, V8M_MAIN, V8_1M_MAIN},
    start_up=armv7em.ISA.start_up,
    tells="defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1) && !defined(__clang__)",
)
