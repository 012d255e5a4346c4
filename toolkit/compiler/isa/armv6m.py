"""Armv6-M (Cortex-M0, M0+): no dual multiply-accumulates, eight registers that every instruction reaches."""

from __future__ import annotations

from toolkit.compiler.isa.base import V6M, V6SM, InstructionSet

ISA = InstructionSet(name="armv6m", title="an Armv6-M core", runs=frozenset({V6M, V6SM}), start_up="cortexm")
