"""QEMU's micro:bit wraps its timer once in 268 s: one inference then had 2.2e9 instructions too many."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit import resources

PROGRAM = """
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include "nrf51_timer.h"
int main(void) {
  void *page = (void *)0x40008000u;
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
  if (mmap(page, 4096, PROT_READ | PROT_WRITE, flags, -1, 0) != page) return 2;
  const uint32_t shown[] = {0xFFFFFF00u, 0x100u, 0x200u, 0x80000000u, 0x10u};
  for (unsigned i = 0; i < sizeof shown / sizeof shown[0]; ++i) {
    TIMER0_CC0 = shown[i];
    printf("%llu\\n", (unsigned long long)counter());
  }
  nrf51_timer_init();
  return 0;
}
"""


@pytest.mark.skipif(shutil.which("gcc") is None or sys.platform != "linux", reason="needs gcc on Linux")
def test_what_passes_between_two_readings_is_right_across_the_wrap(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text(PROGRAM)
    include = f"-I{resources.firmware() / 'ports' / 'nrf_uart'}"
    argv = ["gcc", "-O1", "-w", include, str(tmp_path / "main.c"), "-o", str(tmp_path / "main")]
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
    said = subprocess.run([str(tmp_path / "main")], capture_output=True, text=True, timeout=20, check=False)
    if said.returncode == 2:
        pytest.skip("another thing lies at the timer's address")
    values = [int(line) for line in said.stdout.split()]
    steps = [after - before for before, after in itertools.pairwise(values)]
    assert steps == [0x200, 0x100, 0x80000000 - 0x200, 0x80000010]
