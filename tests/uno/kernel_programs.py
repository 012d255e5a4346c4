"""Small C programs around the AVR kernels, run on this computer under sanitizers and on an AVR in simavr.

Each prints lines of hexadecimal; what it must print is computed by the Python of toolkit/compiler/fixedpoint.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from toolkit import process, resources

INCLUDES = tuple(f"-I{folder}" for folder in resources.kernel_folders())
SOURCES = ("aot_scale_avr.c", "aot_conv_avr.c", "aot_conv_pool2_avr.c", "aot_dense_avr.c")

# The same program for both: `emit` prints one byte, `main` is `program` and the end of it.
FRAME = """
#include <stdint.h>
#include <stdio.h>
#include "aot_conv_avr.h"
#include "aot_conv_pool2_avr.h"
#include "aot_dense_avr.h"
#if defined(__AVR__)
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
static void put(char c) {
  while (!(UCSR0A & _BV(UDRE0))) {}
  UDR0 = (uint8_t)c;
}
static void start(void) { UCSR0B = _BV(TXEN0); }
static void end(void) {
  cli();
  sleep_enable();
  for (;;) sleep_cpu(); /* asleep without interrupts: simavr ends */
}
#else
static void put(char c) { putchar(c); }
static void start(void) {}
static void end(void) {}
#endif
static uint8_t column;
static void emit(uint8_t byte) {
  put("0123456789abcdef"[byte >> 4]);
  put("0123456789abcdef"[byte & 15]);
  if (++column == 32) {
    column = 0;
    put('\\n');
  }
}
%s
int main(void) {
  start();
  program();
  while (column) emit(0xEE);
  put('\\n');
  end();
  return 0;
}
"""


def array(kind: str, name: str, values: Iterable[int]) -> str:
    """A constant in flash."""
    return f"static const {kind} {name}[] AOT_CONST = {{{', '.join(map(str, values))}}};\n"


def _hex(text: str) -> bytes:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return bytes.fromhex("".join(re.findall(r"^([0-9a-f]{64})", plain, re.MULTILINE)))


def _sources() -> list[str]:
    return [str(resources.kernels()[name]) for name in SOURCES]


def on_host(folder: Path, program: str) -> bytes:
    """What the program prints on this computer, with GCC's sanitizers watching."""
    source, binary = folder / "program.c", folder / "host"
    source.write_text(FRAME % program)
    flags = "-std=c99 -O1 -g -Wall -Wextra -Wconversion -Werror -fsanitize=address,undefined -fno-sanitize-recover=all"
    process.run(["gcc", *flags.split(), *INCLUDES, "-o", str(binary), str(source), *_sources()], timeout=120)
    return _hex(process.run([str(binary)], timeout=120).stdout)


def on_avr(folder: Path, program: str, *, optimise: str = "-O3") -> bytes:
    """What it prints on an ATmega328P; simavr's own exit code says nothing."""
    source, binary = folder / "program.c", folder / "avr.elf"
    source.write_text(FRAME % program)
    flags = f"-mmcu=atmega328p -std=gnu99 {optimise} -Wall -Wextra -Wconversion -Werror"
    process.run(["avr-gcc", *flags.split(), *INCLUDES, "-o", str(binary), str(source), *_sources()], timeout=120)
    done = process.run(["simavr", "-m", "atmega328p", "-f", "16000000", str(binary)], timeout=120, check=False)
    return _hex(done.stdout + done.stderr)
