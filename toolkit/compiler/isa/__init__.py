"""Instruction sets: a file each, which says what kernels it has and in what order they are preferred.

A new one is a file here with an `ISA`, its kernels in firmware/kernels, and the core that has it; nothing else changes.
Another package brings one by the entry point `tinyml.isas`.
"""

from __future__ import annotations

from collections.abc import Mapping

from toolkit import registry
from toolkit.compiler.isa.base import InstructionSet


def found() -> Mapping[str, InstructionSet]:
    """Every instruction set by its name."""
    modules = (registry.load(registry.ISAS, name) for name in registry.names(registry.ISAS))
    return {module.ISA.name: module.ISA for module in modules}
