"""RISC-V with 32 bits: the portable kernels; nothing in them is any one core's."""

from __future__ import annotations

from toolkit.compiler.isa.base import InstructionSet

ISA = InstructionSet(name="rv32", title="a 32-bit RISC-V core", start_up="riscv")
