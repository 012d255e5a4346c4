"""Where the networks run: on this computer, on QEMU's Cortex-M0, M4F and M55, and on simavr's ATmega.

Each target compiles with the flags of its board. Kernels' objects are made once a process; a warning is an error.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tests.differential import programs
from tests.differential.programs import Job
from toolkit import resources
from toolkit.artifacts import CompiledModel
from toolkit.board import CPUS
from toolkit.compiler import compile_model

_WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Werror", "-ffunction-sections", "-fdata-sections")
_SECONDS = 120


class ProgramError(Exception):
    """A program that does not compile, or does not run to its end; the first line says which."""


def _run(argv: Sequence[str], folder: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(argv, input=stdin, cwd=folder, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as caught:
        raise ProgramError(f"{argv[0]} takes more than {_SECONDS} s") from caught


@dataclass(eq=False)
class Target:
    """A core, a compiler for it, and where its programs run.

    Attributes:
        name: of the core.
        cpu: a key of CPUS.
        compiler: GCC's name.
        tools: what must be installed.
        flags: for the compiler, beside the core's own.
        core: in place of the core's own.
        largest: bytes of arena and of inputs that a network may have here.
        batch: networks in one program.
    """

    name: str
    cpu: str
    compiler: str
    tools: tuple[str, ...]
    flags: tuple[str, ...] = ()
    core: tuple[str, ...] = ()
    largest: int = 400_000
    batch: int = 32
    _objects: dict[tuple[str, str], Path] = field(default_factory=dict)
    _folder: Path | None = None

    @property
    def available(self) -> bool:
        """True if what it needs is installed."""
        return all(shutil.which(tool) for tool in self.tools)

    def compile(self, tflite: bytes, optimise: str) -> CompiledModel:
        """The network for this core.

        Raises:
            ModelError: it is refused.
        """
        cpu = CPUS[self.cpu]
        return compile_model(tflite, isa=cpu.isa, fpu=cpu.fpu, optimise=optimise)

    def takes(self, job: Job) -> bool:
        """True if it fits the memory here."""
        return max(job.model.arena_bytes, job.inputs.nbytes) <= self.largest

    def run(self, jobs: Sequence[Job], optimise: str) -> list[NDArray[Any]]:
        """Each job's outputs.

        Raises:
            ProgramError: they do not compile, or do not run.
        """
        with tempfile.TemporaryDirectory(prefix="differential-") as made:
            return programs.split(jobs, self._outputs(jobs, optimise, Path(made)))

    def _outputs(self, jobs: Sequence[Job], optimise: str, folder: Path) -> bytes:
        raise NotImplementedError

    def _gcc(self, optimise: str, *arguments: str, folder: Path) -> None:
        level = "-O3" if optimise == "speed" else "-Os"
        argv = [self.compiler, *(self.core or CPUS[self.cpu].gcc_flags), "-std=gnu99", level, *_WARNINGS, *self.flags]
        done = _run([*argv, f"-I{resources.firmware() / 'kernels'}", *arguments], folder)
        if done.returncode:
            lines = done.stderr.decode(errors="replace").splitlines()
            first = [line for line in lines if re.search(r"[Ee]rror:|undefined", line)] or lines or ["?"]
            raise ProgramError(f"{self.compiler}: {first[0]}")

    def _kernels(self, jobs: Sequence[Job], optimise: str) -> list[str]:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="differential-kernels-"))
        for name in programs.kernels(jobs):
            if (name, optimise) not in self._objects:
                target = self._folder / f"{optimise}-{name}.o"
                source = str(resources.firmware() / "kernels" / name)
                self._gcc(optimise, "-c", source, "-o", str(target), folder=self._folder)
                self._objects[name, optimise] = target
        return [str(self._objects[name, optimise]) for name in programs.kernels(jobs)]

    def close(self) -> None:
        """Remove the kernels' objects."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
            self._objects.clear()


_HOST_MAIN = """
#include <stdio.h>
int main(void) {
  for (uint32_t i = 0; i < NETWORKS; ++i) {
    const network_t *n = networks + i;
    for (uint32_t k = 0; k < n->count; ++k) {
      if (fread(n->input(), 1, n->input_bytes, stdin) != n->input_bytes) return 2;
      n->invoke();
      if (fwrite(n->output(), 1, n->output_bytes, stdout) != n->output_bytes) return 3;
    }
  }
  return 0;
}
"""


class Host(Target):
    """This computer, under ASan and UBSan, each network with memory of its own."""

    def _outputs(self, jobs: Sequence[Job], optimise: str, folder: Path) -> bytes:
        (folder / "unit.c").write_text(programs.unit(jobs) + _HOST_MAIN)
        self._gcc(optimise, "unit.c", *self._kernels(jobs, optimise), "-lm", "-o", "program", folder=folder)
        done = _run([str(folder / "program")], folder, programs.input_bytes(jobs))
        if done.returncode:
            said = done.stderr.decode(errors="replace")
            found = re.search(r"runtime error.*|ERROR: AddressSanitizer.*", said)
            raise ProgramError(f"on this computer: {found[0] if found else f'exit {done.returncode}'}")
        return done.stdout


_ARM_LINK = """
SECTIONS {
  .text 0 : { KEEP(*(.vectors)) *(.text*) *(.rodata*) . = ALIGN(4); }
  .ARM.exidx : { *(.ARM.exidx*) }
  .bss 0x20000000 : { *(.data*) *(.bss*) *(COMMON) }
  stack_top = 0x20080000;
  /DISCARD/ : { *(.note*) }
}
"""

# Inputs are in the image; the outputs of a network leave in one call, to a file in the emulator's folder. Any fault
# ends the run at once. Accesses that are not aligned are faults on a Cortex-M0, so the M4 in its place has to trap them.
_ARM_MAIN = """
#include <string.h>
extern uint32_t stack_top;
extern const uint8_t all_inputs[];
void reset(void);
void fault(void);
static uint32_t semihosting(uint32_t operation, const void *argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}
static void leave(uint32_t code) {
  const uint32_t exit[2] = {0x20026u, code};
  for (;;) semihosting(0x20, exit);
}
void fault(void) { leave(9); }
__attribute__((section(".vectors"), used)) const void *const vectors[16] = {
    &stack_top, (const void *)reset, (const void *)fault, (const void *)fault,
    (const void *)fault, (const void *)fault, (const void *)fault};
__attribute__((used)) static void go(void) {
  const struct { const char *name; uint32_t mode, length; } file = {"outputs.bin", 5, 11};
  const uint32_t handle = semihosting(1, &file);
  const uint8_t *next = all_inputs;
  for (uint32_t i = 0; i < NETWORKS; ++i) {
    const network_t *n = networks + i;
    for (uint32_t k = 0; k < n->count; ++k, next += n->input_bytes) {
      memset(pool, 0x55, sizeof pool);
      memcpy(n->input(), next, n->input_bytes);
      n->invoke();
      const struct { uint32_t handle; const void *from; uint32_t count; } part = {handle, n->output(), n->output_bytes};
      if (semihosting(5, &part) != 0) leave(3);
    }
  }
  semihosting(2, &handle);
  leave(0);
}
__attribute__((naked)) void reset(void) {
  __asm__ volatile(".syntax unified\\n\\tldr r0, =0xE000ED88\\n\\tldr r1, =0xF00000\\n\\tstr r1, [r0]\\n\\t"
                   "ldr r0, =0xE000ED14\\n\\tldr r1, [r0]\\n\\tldr r2, =TRAP\\n\\torrs r1, r2\\n\\tstr r1, [r0]\\n\\t"
                   "dsb\\n\\tisb\\n\\tldr r0, =go\\n\\tbx r0\\n\\t.ltorg");
}
"""

_BLOB = (
    '__asm__(".section .rodata\\n.balign 4\\n.global all_inputs\\nall_inputs: .incbin \\"inputs.bin\\"\\n.text\\n");\n'
)


@dataclass(eq=False)
class Arm(Target):
    """A Cortex-M of QEMU; `machine` has code at 0 and RAM at 0x20000000."""

    machine: str = ""

    def _outputs(self, jobs: Sequence[Job], optimise: str, folder: Path) -> bytes:
        trap = "0x8" if self.cpu == "cortex-m0" else "0x0"
        main = _BLOB + _ARM_MAIN.replace("TRAP", trap)
        (folder / "unit.c").write_text(programs.unit(jobs, pool="pool") + main)
        (folder / "inputs.bin").write_bytes(programs.input_bytes(jobs))
        (folder / "link.ld").write_text(_ARM_LINK)
        link = ("-nostartfiles", "--specs=nano.specs", "-Tlink.ld", "-Wl,--gc-sections", "-lm")
        self._gcc(optimise, "unit.c", *self._kernels(jobs, optimise), *link, "-o", "image.elf", folder=folder)
        how = ("-semihosting-config", "enable=on,target=native", "-kernel", "image.elf")
        done = _run(["qemu-system-arm", "-M", self.machine, "-nographic", "-nic", "none", *how], folder)
        if done.returncode or not (folder / "outputs.bin").exists():
            raise ProgramError(f"{self.machine}: exit {done.returncode} {done.stderr.decode(errors='replace')[:200]}")
        return (folder / "outputs.bin").read_bytes()


_AVR_MAIN = """
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>
#include <string.h>
extern const uint8_t all_inputs[];
static void put(char c) {
  while (!(UCSR0A & _BV(UDRE0))) {}
  UDR0 = (uint8_t)c;
}
static uint8_t column;
static void emit(uint8_t byte) {
  put("0123456789abcdef"[byte >> 4]);
  put("0123456789abcdef"[byte & 15]);
  if (++column == 64) {
    column = 0;
    put('\\n');
  }
}
int main(void) {
  UCSR0A = _BV(U2X0);
  UCSR0B = _BV(TXEN0);
  uint_farptr_t next = pgm_get_far_address(all_inputs);
  for (uint8_t i = 0; i < NETWORKS; ++i) {
    const network_t *n = networks + i;
    for (uint8_t k = 0; k < n->count; ++k, next += n->input_bytes) {
      memset(pool, 0x55, sizeof pool);
      memcpy_PF(n->input(), next, (size_t)n->input_bytes);
      n->invoke();
      const uint8_t *from = n->output();
      for (uint16_t at = 0; at < n->output_bytes; ++at) emit(from[at]);
    }
  }
  while (column) emit(0xEE);
  put('\\n');
  cli();
  sleep_enable();
  for (;;) sleep_cpu(); /* asleep without interrupts: simavr ends */
}
"""
# Behind the program: constants must stay within the first 64 kB.
_AVR_BLOB = (
    '__asm__(".section .text.zz,\\"ax\\"\\n.global all_inputs\\nall_inputs: .incbin \\"inputs.bin\\"\\n.text\\n");\n'
)


class Avr(Target):
    """An ATmega1284P of simavr: the Uno's core, with memory for many networks."""

    def _outputs(self, jobs: Sequence[Job], optimise: str, folder: Path) -> bytes:
        (folder / "unit.c").write_text(programs.unit(jobs, pool="pool") + _AVR_BLOB + _AVR_MAIN)
        (folder / "inputs.bin").write_bytes(programs.input_bytes(jobs))
        link = ("-Wl,--gc-sections", "-lm", "-o", "avr.elf")
        self._gcc(optimise, "unit.c", *self._kernels(jobs, optimise), *link, folder=folder)
        done = _run(["simavr", "-m", "atmega1284p", "-f", "16000000", "avr.elf"], folder)
        plain = re.sub(rb"\x1b\[[0-9;]*m", b"", done.stdout + done.stderr)
        data = bytes.fromhex(b"".join(re.findall(rb"^([0-9a-f]{128})", plain, re.MULTILINE)).decode())
        total = sum(job.output_bytes * len(job.inputs) for job in jobs)
        if len(data) < total:
            raise ProgramError(f"simavr: {len(data)} bytes of output, not {total}: {plain[-200:]!r}")
        return data[:total]


_SANITISERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-ffp-contract=off", "-fno-math-errno")
_ARM_TOOLS = ("arm-none-eabi-gcc", "qemu-system-arm")


def all_targets() -> list[Target]:
    """One of each instruction set. The Cortex-M0's code runs on an M4: it has more memory, and all its instructions."""
    return [
        Host("native", "native", "gcc", ("gcc",), ("-O1", *_SANITISERS)),
        Arm("cortex-m0", "cortex-m0", "arm-none-eabi-gcc", _ARM_TOOLS, machine="mps2-an386"),
        Arm("cortex-m4f", "cortex-m4f", "arm-none-eabi-gcc", _ARM_TOOLS, machine="mps2-an386"),
        Arm("cortex-m55", "cortex-m55", "arm-none-eabi-gcc", _ARM_TOOLS, machine="mps3-an547"),
        Avr("avr", "atmega328p", "avr-gcc", ("avr-gcc", "simavr"), (), ("-mmcu=atmega1284p",), 3_000, 10),
    ]
