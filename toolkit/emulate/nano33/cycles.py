"""How many cycles a Cortex-M4 takes for a run of instructions, by Arm's published figures. It is an estimate.

Source: Cortex-M4 Processor Technical Reference Manual r0p1 (DDI 0439D): table 3-1 (instructions), 3-2 (DSP), section
3.3.2 (pairs of loads and stores), table 7-1 (floating point) and its notes. Arm gives them for memory without wait
states. Where it gives a range, or leaves to the chip what is the case, `least` and `most` are its ends:

    what                                       least  usual             most
    refill of the pipeline, P: B, BL, CBZ      1      1, or 2 where a   3
                                                      32-bit target begins in the middle of a word
    P: BX, BLX, MOV PC                         1      2                 3
    P: POP and LDM with PC                     1      3                 3
    SDIV, UDIV (2 to 12, by its operands)      2      7                 12
    IT (may be folded into the 16 bits before) 0      0 behind those    1
    LDR, STR behind LDR                        1      1                 2
    LDR Rx, [PC] ("might add a cycle")         +0     +0                +1
    VLDR behind a load                         1      2                 2
    VDIV, VSQRT                                1      14                14

What is not seen: operands that are not aligned, instructions that their condition lets out (they are weighed as if
they were executed), waits for memory, interrupts. Not for other cores: a Cortex-M55's beats overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from toolkit.emulate.nano33.thumb import Instruction

_MAC = "vn?ml[as]|vfn?m[as]"
_ARITHMETIC = rf"v(?:add|sub|n?mul|div|sqrt|cvt[rbt]?)|{_MAC}"
"""Floating point whose result, if the next instruction takes it, makes that wait for a cycle."""


@dataclass(frozen=True)
class Cycles:
    """Cycles: what is usual, and the ends of what Arm's figures leave open."""

    least: int = 0
    usual: int = 0
    most: int = 0

    def __add__(self, other: Cycles) -> Cycles:
        return Cycles(self.least + other.least, self.usual + other.usual, self.most + other.most)

    def __mul__(self, times: int) -> Cycles:
        return Cycles(self.least * times, self.usual * times, self.most * times)


def exactly(cycles: int) -> Cycles:
    """What Arm leaves no doubt about."""
    return Cycles(cycles, cycles, cycles)


def straight(run: Sequence[Instruction]) -> Cycles:
    """A run of instructions from the first to the last, whose branch, if it ends in one, is not taken.

    What stood before the first is not known: it is paired with nothing.
    """
    total = Cycles()
    for before, each in pairwise((None, *run)):
        if each is not None:
            total += _own(each, before) + _stall(each, before)
    return total


def refill(branch: Instruction, target: Instruction | None) -> Cycles:
    """What it takes in addition to go on at `target`, P; none where `branch` is no branch: the run was only cut."""
    if branch.is_one("b|bl") or branch.name in ("cbz", "cbnz"):
        astride = target is not None and target.size == 4 and target.address % 4 != 0
        return Cycles(1, 2 if astride else 1, 3)
    if branch.name in ("tbb", "tbh"):
        return exactly(4)  # with its own two: "at least six cycles"
    if branch.is_one("bx|blx"):
        return Cycles(1, 2, 3)
    if branch.to_pc and branch.loads:
        return exactly(3)  # "three cycles for the pipeline reload"
    if branch.to_pc and branch.moves_many:
        return Cycles(1, 3, 3)
    return Cycles(1, 2, 3) if branch.to_pc else Cycles()


def _own(each: Instruction, before: Instruction | None) -> Cycles:
    if each.loads or each.stores:
        return _single(each, before)
    if each.moves_two:
        return exactly(3)
    if each.moves_many:
        return exactly(1 + each.listed)
    if each.is_float:
        return _float(each, before)
    if each.is_one("[su]div"):
        return Cycles(2, 7, 12)
    if each.name.startswith("it") and set(each.name[2:]) <= set("te"):
        folded = before is not None and before.size == 2
        return Cycles(0, 0 if folded else 1, 1)
    if each.name in ("tbb", "tbh"):
        return exactly(2)
    if each.is_one("mrs|msr") or each.name.startswith("cps"):
        return Cycles(1, 1, 2)
    return exactly(1)


def _single(each: Instruction, before: Instruction | None) -> Cycles:
    """LDR, STR and their kin: 2, or 1 behind a load of which the address needs nothing; see 3.3.2."""
    paired = before is not None and before.loads and not before.written & each.address_registers
    if each.loads:
        more = 1 if "pc" in each.address_registers else 0
        return Cycles(1, 1, 2 + more) if paired else Cycles(2, 2, 2 + more)
    by_register = len(each.address_registers) > 1
    return Cycles(1, 1 if paired or not by_register else 2, 2)


def _float(each: Instruction, before: Instruction | None) -> Cycles:
    if each.is_one("vldr|vstr"):
        if each.parts and each.parts[0].startswith("d"):
            return exactly(3)
        behind = before is not None and (before.loads or before.is_one("vldr"))
        return Cycles(1 if behind else 2, 2, 2)
    if each.is_one("vdiv|vsqrt"):
        return Cycles(1, 14, 14)
    if each.is_one(_MAC):
        return exactly(3)
    if each.is_one("vmov") and any(not part.startswith(("s", "d", "#")) or part == "sp" for part in each.parts):
        return exactly(2)
    return exactly(1)


def _stall(each: Instruction, before: Instruction | None) -> Cycles:
    """What waits for the result of the instruction before."""
    if before is None:
        return Cycles()
    if before.computes and before.written & each.address_registers:
        return exactly(1)  # "stalls the pipeline for an additional cycle": no forwarding to addresses
    if before.is_float and before.is_one(_ARITHMETIC) and before.written & _taken(each):
        return Cycles(0, 1, 1) if before.is_one("vdiv|vsqrt") else exactly(1)
    return Cycles()


def _taken(each: Instruction) -> frozenset[str]:
    """Floating-point registers that it needs at once; the addend of a multiply-accumulate is needed a cycle later."""
    if not each.is_float or each.is_one("vldr|vldm\\w*|vpop"):
        return frozenset()
    own = each.parts if each.is_one("vcmpe?|vstr") else each.parts[1:]
    return frozenset(own)
