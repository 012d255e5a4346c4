"""Instruction sets: a file each, which says what kernels it has and in what order they are preferred.

A new one is a file here with an `ISA`, its kernels in firmware/kernels, and the core that has it; nothing else changes.
Another package's, by the entry point `tinyml.isas`, chooses among the kernels that are there.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from toolkit import registry
from toolkit.compiler.isa.base import InstructionSet


@functools.cache
def found() -> Mapping[str, InstructionSet]:
    """Every instruction set by its name.

    Raises:
        TinymlError: another package's cannot be loaded; it is named.
    """
    each = [registry.load(registry.ISAS, name).ISA for name in registry.names(registry.ISAS)]
    return {isa.name: isa for isa in each}
