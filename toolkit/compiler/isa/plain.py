"""Any other core that GCC has: the portable kernels; nothing of it is known here."""

from __future__ import annotations

from toolkit.compiler.isa.base import InstructionSet

ISA = InstructionSet(name="plain", title="a core of which nothing is known here")
