"""Armv6-M (Cortex-M0, M0+): no dual multiply-accumulates, eight registers that every instruction reaches."""

from __future__ import annotations

from toolkit.compiler.isa.base import InstructionSet

ISA = InstructionSet(name="armv6m", title="an Armv6-M core")
