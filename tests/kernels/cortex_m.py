"""Runs compiled models on QEMU's cores: tests the assembly, not the C that stands in for it on the host."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit import cpu as cpus
from toolkit import resources
from toolkit.artifacts import CompiledModel

CORES = {
    "armv6m": ("cortex-m0plus", "mps2-an386"),
    "armv7em": ("cortex-m4f", "mps2-an386"),
    "armv8_1m_mve": ("cortex-m55", "mps3-an547"),
}
"""By instruction set: the processor, and the machine that has it. Both have code at 0 and RAM at 0x20000000."""

TOOLS = ("arm-none-eabi-gcc", "qemu-system-arm")
_FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-ffunction-sections", "-fdata-sections")

_LINK = """
SECTIONS {
  .text 0 : { KEEP(*(.vectors)) *(.text*) *(.rodata*) . = ALIGN(4); }
  .ARM.exidx : { *(.ARM.exidx*) }
  .bss 0x20000000 : { *(.data*) *(.bss*) *(COMMON) }
  stack_top = 0x20080000;
}
"""

# Inputs are in the image; outputs leave as hex through semihosting, between brackets.
_MAIN = """
#include <string.h>
#include "engine.h"
#include "inputs.h"
extern uint32_t stack_top;
void reset(void);
__attribute__((section(".vectors"), used)) const void *const vectors[] = {&stack_top, (const void *)reset};
static void semihosting(int32_t operation, const void *argument) {
  register int32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}
__attribute__((used)) static void go(void) {
  if (engine_init() != ENGINE_OK) for (;;) {}
  semihosting(4, "<");
  for (uint32_t i = 0; i < INPUTS; ++i) {
    memcpy(engine_input(0), inputs[i], INPUT_BYTES);
    if (engine_invoke() != ENGINE_OK) for (;;) {}
    for (uint32_t k = 0; k < OUTPUT_BYTES; ++k) {
      const uint8_t byte = engine_output(0)[k];
      const char text[3] = {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15], 0};
      semihosting(4, text);
    }
  }
  semihosting(4, ">");
  semihosting(0x18, (const void *)0x20026);
  for (;;) {}
}
__attribute__((naked)) void reset(void) {
  __asm__ volatile("ldr r0, =0xE000ED88; ldr r1, [r0]; ldr r2, =0xF00000; orr r1, r2; str r1, [r0]; dsb; isb; b go");
}
"""


def available() -> bool:
    """True if the cross compiler and the emulator are installed."""
    return all(shutil.which(tool) for tool in TOOLS)


def run(model: CompiledModel, inputs: NDArray[Any], isa: str, optimise: str, folder: Path) -> NDArray[Any]:
    """int8 outputs [n, ...] for inputs [n, ...]; a warning of the compiler fails the test."""
    firmware = resources.firmware()
    flat = inputs.reshape(len(inputs), -1)
    outputs = int(np.prod(model.outputs[0].shape))
    rows = ",".join("{" + ",".join(str(b) for b in row.view(np.uint8)) + "}" for row in flat)
    sizes = {"INPUTS": len(flat), "INPUT_BYTES": flat.shape[1], "OUTPUT_BYTES": outputs}
    defines = "".join(f"#define {name} {value}u\n" for name, value in sizes.items())
    texts = {"main.c": _MAIN, "link.ld": _LINK, **model.sources}
    texts["inputs.h"] = f"{defines}static const uint8_t inputs[INPUTS][INPUT_BYTES] = {{{rows}}};\n"
    for name, text in texts.items():
        (folder / name).write_text(text)
    places = [resources.kernels()[name] for name in model.kernels]
    for path in (*places, firmware / "engine" / "engine.h", firmware / "engine" / "aot_engine.c"):
        shutil.copy(path, folder)
    compiler, emulator = (shutil.which(tool) or tool for tool in TOOLS)
    sources = [str(path) for path in sorted(folder.glob("*.c"))]
    level = "-Os" if optimise == "size" else "-O3"
    link = ["-nostartfiles", "--specs=nano.specs", "-T", str(folder / "link.ld"), "-Wl,--gc-sections"]
    image = str(folder / "image.elf")
    cpu, machine_name = CORES[isa]
    build = [compiler, *cpus.load(cpu).gcc_flags, *_FLAGS, level, "-I", str(folder), *sources, *link, "-o", image]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    machine = [
        "-M",
        machine_name,
        "-nographic",
        "-nic",
        "none",
        "-semihosting-config",
        "enable=on,target=native",
        "-kernel",
        image,
    ]
    ran = subprocess.run([emulator, *machine], capture_output=True, text=True, timeout=60, check=False)
    told = ran.stdout + ran.stderr
    text = told.partition("<")[2].partition(">")[0]
    assert len(text) == 2 * outputs * len(flat), told
    return np.frombuffer(bytes.fromhex(text), np.int8).reshape(len(flat), *model.outputs[0].shape)
