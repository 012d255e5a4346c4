"""The estimate of a Cortex-M4's cycles, held to the examples and tables of Arm's reference manual (DDI 0439D)."""

from __future__ import annotations

import pytest

from toolkit.emulate.nano33.counting import Weights
from toolkit.emulate.nano33.cycles import Cycles, refill, straight
from toolkit.emulate.nano33.thumb import Instruction, listing

# binutils of 2023 set comments off by "@", older ones by ";".
LISTING = """
firmware.elf:     file format elf32-littlearm


Disassembly of section .text:

00010000 <start>:
   10000:\tb510      \tpush\t{r4, lr}
   10002:\t4b02      \tldr\tr3, [pc, #8]\t; (1000c <start+0xc>)
   10004:\tf8d3 2004 \tldr.w\tr2, [r3, #4]
   10008:\t3a01      \tsubs\tr2, #1
   1000a:\td1fd      \tbne.n\t10008 <start+0x8>
   1000c:\tbd10      \tpop\t{r4, pc}
   1000e:\t20001090 \t.word\t0x20001090

00010014 <other>:
   10014:\tee67 7a87 \tvmulmi.f32\ts15, s15, s14\t@ 0x1
"""


def run(*lines: str, size: int = 2) -> list[Instruction]:
    """Instructions of `size` bytes each, from address 0 on."""
    made = []
    for place, line in enumerate(lines):
        name, _, operands = line.partition(" ")
        made.append(Instruction(place * size, size, name, operands))
    return made


def usual(*lines: str, size: int = 2) -> int:
    return straight(run(*lines, size=size)).usual


@pytest.mark.parametrize(
    ("lines", "cycles"),
    [
        # 3.3.2, its own examples
        (("ldr r0, [r1, #0]", "ldr r1, [r2, #0]"), 3),
        (("ldr r0, [r1, r2]", "str r0, [r3, #20]"), 3),
        (("ldr r0, [r1, r2]", "str r1, [r3, r2]"), 3),
        (("ldr r0, [r1, r5]", "ldr r1, [r2, #0]", "ldr r2, [r3, #4]"), 4),
        (("ldm r0, {r1, r2, r3}",), 4),
        (("stmia r8!, {r0, r1, r2, r3, r4, r5, r6, r7}",), 9),
        (("ldrd r0, r1, [r2]",), 3),
        (("strd r0, r1, [r2, #8]",), 3),
        # and what it says in words
        (("ldr r1, [r2, #0]", "ldr r0, [r1, #0]"), 4),  # the second address is the first's result
        (("str r0, [r1, #4]",), 1),  # "always one cycle"
        (("str r0, [r1, r2]",), 2),
        (("str r0, [r1, r2]", "ldr r3, [r4, #0]"), 4),  # "nothing can be pipelined after the store"
        (("adds r1, r2, r3", "ldr r0, [r1, #0]"), 4),  # an address of a result just computed
        (("adds r1, r2, r3", "ldr r0, [r4, #0]"), 3),
        (("ldrd r0, r1, [r2]", "ldr r3, [r4, #0]"), 5),  # not paired with its neighbours
        # table 3-1
        (("mul r0, r1, r2", "mla r0, r1, r2, r3", "smull r0, r1, r2, r3", "smlal r0, r1, r2, r3"), 4),
        (("movw r0, #4660", "cmp r0, r1", "ssat r0, #8, r1", "clz r0, r1", "ubfx r0, r1, #3, #4"), 5),
        (("ldrsb r0, [r1, #1]",), 2),
        (("ldrsh r0, [r1], #2",), 2),
        (("push {r4, r5, r6, lr}",), 5),
        (("pop {r4, r5}",), 3),
        (("bne 10008",), 1),  # not taken
        (("cbz r0, 10008",), 1),
        (("nop",), 1),
        (("it mi",), 1),
        (("mov r0, r1", "it mi"), 1),  # folded onto 16 bits before it
        # table 3-2
        (
            ("smlad r0, r1, r2, r0", "smuad r0, r1, r2", "sxtb16 r0, r1, ror #8", "uadd8 r0, r1, r2", "sel r0, r1, r2"),
            5,
        ),
        (("smmlar r0, r1, r2, r3", "pkhbt r0, r1, r2, lsl #16", "smlabb r0, r1, r2, r3"), 3),
        # table 7-1
        (("vadd s0, s1, s2", "vmul s3, s4, s5", "vcmp s6, s7", "vneg s8, s9", "vabs s8, s9"), 5),
        (("vfma s0, s1, s2",), 3),
        (("vmla s0, s1, s2",), 3),
        (("vdiv s0, s1, s2",), 14),
        (("vsqrt s0, s1",), 14),
        (("vldr s0, [r1, #4]",), 2),
        (("vstr s0, [r1, #4]",), 2),
        (("vldr d0, [r1, #4]",), 3),
        (("vldmia r1!, {s0, s1, s2}",), 4),
        (("vldmia r1!, {s0-s7}",), 9),
        (("vpush {d8-d15}",), 17),
        (("vmov s0, r1",), 2),
        (("vmov r0, r1, d0",), 2),
        (("vmov s0, s1",), 1),
        (("vmov s0, #112",), 1),
        (("vmrs APSR_nzcv, fpscr",), 1),
        # its notes: a result that the next instruction takes costs a cycle; not the addend of a multiply-accumulate
        (("vmul s0, s1, s2", "vadd s3, s0, s4"), 3),
        (("vmul s0, s1, s2", "vfma s0, s3, s4"), 4),
        (("vfma s0, s1, s2", "vfma s0, s3, s4"), 6),
        (("vfma s0, s1, s2", "vfma s5, s0, s4"), 7),
        (("vadd s0, s1, s2", "vstr s0, [r1, #0]"), 4),
        (("vadd s0, s1, s2", "vcmpe s0, #0.0"), 3),
    ],
)
def test_as_the_manual_counts(lines: tuple[str, ...], cycles: int) -> None:
    assert usual(*lines) == cycles


def test_a_range_stays_a_range() -> None:
    """Two to twelve cycles by the operands: Arm does not say which."""
    assert straight(run("sdiv r0, r1, r2")) == Cycles(2, 7, 12)
    assert straight(run("ldr r0, [pc, #4]")) == Cycles(2, 2, 3)
    assert straight(run("vdivgt s0, s1, s2")) == Cycles(1, 14, 14)


def test_conditions_change_no_figure() -> None:
    assert usual("ldrne r0, [r1, #0]", "strhi r0, [r3, #20]") == 3
    assert usual("vmulmi s0, s1, s2", "vaddmi s3, s0, s4") == 3
    assert usual("sdivls r0, r1, r2") == 7
    assert usual("bls 10008") == usual("blt 10008") == usual("teq r0, r1") == 1


@pytest.mark.parametrize(
    ("branch", "cycles"),
    [
        ("b 10000", 1),
        ("bne 10000", 1),
        ("bl 10000", 1),
        ("cbnz r0, 10000", 1),
        ("bx lr", 2),
        ("blx r3", 2),
        ("mov pc, lr", 2),
        ("ldr pc, [r0, #4]", 3),  # "at least five cycles" with the load
        ("pop {r4, pc}", 3),
        ("ldmia sp!, {r4, pc}", 3),
        ("tbb [pc, r0]", 4),  # "at least six"
        ("adds r0, r1, r2", 0),  # the emulator only cut the run here
        ("push {r4, lr}", 0),
    ],
)
def test_what_it_takes_to_go_on_elsewhere(branch: str, cycles: int) -> None:
    assert refill(run(branch)[0], Instruction(0, 2, "nop")).usual == cycles


def test_a_wide_target_in_the_middle_of_a_word_takes_another_fetch() -> None:
    (branch,) = run("b 10002")
    assert refill(branch, Instruction(2, 4, "ldr")).usual == 2
    assert refill(branch, Instruction(4, 4, "ldr")).usual == 1
    assert (refill(branch, None).least, refill(branch, None).most) == (1, 3)


def test_a_listing_is_read() -> None:
    instructions, labels = listing(LISTING)
    assert labels == {"start": 0x10000, "other": 0x10014}
    assert [each.name for each in instructions.values()] == [
        *("push", "ldr", "ldr", "subs", "bne", "pop"),
        "vmulmi",
    ]
    assert instructions[0x10004] == Instruction(0x10004, 4, "ldr", "r2, [r3, #4]")
    assert instructions[0x10002].address_registers == {"pc"}
    assert instructions[0x1000C].to_pc and not instructions[0x10000].to_pc


def test_steps_add_up() -> None:
    """A loop of three turns: SUBS and BNE take three cycles where it is taken, and two where it is not."""
    instructions, _ = listing(LISTING)
    first, loop = (0x10000, 12), (0x10008, 4)
    steps = {(*first, 0x10008): 1, (*loop, 0x10008): 1, (*loop, 0x1000C): 1}
    stretch = Weights(instructions).sum(steps, {first: 2, loop: 0})
    assert stretch.instructions == 5 + 2 + 2
    push, pair, turn, last = 3, 2 + 2, 1 + 1 + 1, 1 + 1
    assert stretch.usual == push + pair + turn + turn + last
    assert stretch.flash_reads == 2
