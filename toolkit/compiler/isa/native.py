"""This computer: GCC knows its instructions better than we do."""

from __future__ import annotations

from toolkit.compiler.isa.base import InstructionSet

ISA = InstructionSet(name="native", title="this computer")
