"""The counters of the boards in QEMU gave multiples of 40 and 125 instructions under the name of an exact count."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from toolkit import resources

# cortexm.h without a processor: instructions.h itself is compiled, with a counter that the test moves.
_FAKE = """
#ifndef FAKE_H
#define FAKE_H
static inline void cortexm_mask_interrupts(void) {}
static inline void cortexm_unmask_interrupts(void) {}
#endif
"""
_PROGRAM = """
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
enum { INSTRUCTIONS_PER_TICKS = NUMERATOR, TICKS_SHIFT = SHIFT };
static uint64_t passed, phase; /* instructions; picoseconds by which the counter started early */
static uint64_t counter(void) { return (passed * 128000u + phase) / TICK_PICOSECONDS; }
#define __asm if (0) __asm
#include "instructions.h"
int main(void) {
  for (unsigned turn = 0; turn < 200000; ++turn) {
    phase = (uint64_t)rand() % TICK_PICOSECONDS;
    instructions.read = counter(); /* another phase is no instruction */
    const uint32_t before = port_ticks();
    const uint64_t inference = turn % 100 ? (uint64_t)rand() % 100000u : (uint64_t)rand() * 4u;
    const uint64_t interrupts = (uint64_t)rand() % 500u;
    passed += inference / 2;
    interrupt_begins();
    passed += interrupts;
    interrupt_ends();
    passed += inference - inference / 2;
    const uint32_t seen = port_ticks() - before;
    if (seen != (uint32_t)inference) return printf("%u for %u\\n", seen, (uint32_t)inference), 1;
  }
  return (void)instructions_init, 0;
}
"""


@pytest.mark.parametrize(
    ("numerator", "shift", "picoseconds"), [(5, 4, 40_000), (125, 9, 31_250), (125, 8, 62_500)], ids=str
)
def test_every_instruction_is_counted(tmp_path: Path, numerator: int, shift: int, picoseconds: int) -> None:
    """Whatever the phase of the counter, over 32 bits of ticks, and with interrupts left out."""
    (tmp_path / "cortexm.h").write_text(_FAKE)
    (tmp_path / "program.c").write_text(_PROGRAM)
    firmware = resources.firmware()
    (tmp_path / "instructions.h").write_text((firmware / "ports/cortexm/instructions.h").read_text())
    defines = [f"-DNUMERATOR={numerator}", f"-DSHIFT={shift}", f"-DTICK_PICOSECONDS={picoseconds}u"]
    argv = ["gcc", "-O1", "-fsanitize=undefined", "-fno-sanitize-recover", f"-I{firmware / 'ports'}", *defines]
    subprocess.run([*argv, str(tmp_path / "program.c"), "-o", str(tmp_path / "program")], check=True)
    done = subprocess.run([tmp_path / "program"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
