"""RISC-V with 32 bits: the portable kernels; nothing in them is any one core's."""

from __future__ import annotations

from toolkit.compiler.isa.base import SCALAR_CONVOLUTION_S8, SCALAR_DENSE_S8, InstructionSet

ISA = InstructionSet(
    name="rv32",
    title="a 32-bit RISC-V core",
    convolution_s8=SCALAR_CONVOLUTION_S8,
    dense_s8=SCALAR_DENSE_S8,
    start_up="riscv",
    tells="defined(__riscv) && __riscv_xlen == 32",
)
