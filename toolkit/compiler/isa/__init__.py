"""Instruction sets: a file each, which says what kernels it has and in what order they are preferred.

A new one is a file here with an `ISA`, its kernels in firmware/kernels, and the core that has it; nothing else changes.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping

from toolkit.compiler.isa.base import InstructionSet


@functools.cache
def found() -> Mapping[str, InstructionSet]:
    """Every instruction set by its name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "base")
    each = [importlib.import_module(f"{__name__}.{name}").ISA for name in names]
    return {isa.name: isa for isa in each}
