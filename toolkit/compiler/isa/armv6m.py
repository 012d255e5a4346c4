"""Armv6-M (Cortex-M0, M0+): no dual multiply-accumulates, eight registers that every instruction reaches."""

from __future__ import annotations

from toolkit.compiler.isa.base import SCALAR_CONVOLUTION_S8, SCALAR_DENSE_S8, V6M, V6SM, InstructionSet

ISA = InstructionSet(
    name="armv6m",
    title="an Armv6-M core",
    convolution_s8=SCALAR_CONVOLUTION_S8,
    dense_s8=SCALAR_DENSE_S8,
    runs=frozenset({V6M, V6SM}),
    start_up="cortexm",
)
