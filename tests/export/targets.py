"""Cores on which an export is compiled and run: this computer, and emulators of others.

By hand, the whole matrix: python -m tests.export.targets [--every] [--only m55] [--stream rows] MODEL.tflite ...
--every: with Clang for each core, and with whatever compilers of other versions are on PATH: gcc-14, avr-gcc-14 ...
docs/export.md has what came of it.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.export.programs import STRICT
from toolkit import taken_home
from toolkit.artifacts import DType
from toolkit.errors import TinymlError

_TEMPLATES = Path(__file__).parents[2] / "templates" / "export"
_ARM = ("-mthumb", "--specs=nano.specs", "-nostartfiles", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections")
_QEMU = (
    "-nographic", "-monitor", "none", "-serial", "none", "-semihosting-config", "enable=on,target=native", "-kernel",
)  # fmt: skip
_AVR_MAIN = """
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
static int run(void);
static void say(char sign) {
  while (!(UCSR0A & (1 << UDRE0))) {
  }
  UCSR0A |= 1 << TXC0;
  UDR0 = (uint8_t)sign;
}
int main(void) {
  UCSR0B = 1 << TXEN0;
  say((char)('0' + run()));
  say('.');
  say('\\n');
  while (!(UCSR0A & (1 << TXC0))) {
  }
  cli();
  sleep_enable();
  for (;;) sleep_cpu();
}
"""


@dataclass(frozen=True)
class Target:
    """A core.

    Attributes:
        compiler, flags: of all sources and the linking.
        machine: what runs the program, before its path; empty: this computer.
        memory: (origin, bytes) of code and of data, for a bare Cortex-M.
        front: another compiler's command for the sources, where `compiler` only links what that has made.
    """

    name: str
    compiler: str
    flags: tuple[str, ...]
    machine: tuple[str, ...] = ()
    memory: tuple[tuple[int, int], tuple[int, int]] | None = None
    front: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """A tool that is not installed."""
        tools = (self.compiler, *self.machine[:1], *self.front[:1])
        return next((tool for tool in tools if shutil.which(tool) is None), "")

    @property
    def avr(self) -> bool:
        """It is one."""
        return self.compiler.startswith("avr-")


def _mps2(number: str) -> tuple[str, ...]:
    return ("qemu-system-arm", "-M", number, *_QEMU)


_AN385 = ((0, 4 << 20), (0x2000_0000, 4 << 20))
TARGETS = (
    Target("x86-64 gcc", "gcc", ("-O2", "-lm")),
    Target("x86-64 clang", "clang", ("-O2", "-lm")),
    Target("m0plus", "arm-none-eabi-gcc", ("-O2", "-mcpu=cortex-m0plus", *_ARM), _mps2("mps2-an385"), _AN385),
    Target(
        "m4f", "arm-none-eabi-gcc", ("-O2", "-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", *_ARM),
        _mps2("mps2-an386"), _AN385,
    ),
    Target(
        "m55", "arm-none-eabi-gcc", ("-O2", "-mcpu=cortex-m55", "-mfloat-abi=hard", *_ARM),
        _mps2("mps3-an547"), ((0, 512 << 10), (0x2000_0000, 512 << 10)),
    ),
    Target(
        "rv32imac", "riscv64-unknown-elf-gcc",
        (
            "-O2", "-march=rv32imac", "-mabi=ilp32", "--specs=picolibc.specs", "--oslib=semihost", "--crt0=hosted",
            *(f"-Wl,--defsym={name}={value}" for name, value in (
                ("__flash", "0x80000000"), ("__flash_size", "8M"), ("__ram", "0x80800000"), ("__ram_size", "8M"),
            )),
        ),
        ("qemu-system-riscv32", "-M", "virt", "-bios", "none", *_QEMU),
    ),
    Target("avr", "avr-gcc", ("-Os", "-mmcu=atmega2560", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"),
           ("simavr", "-m", "atmega2560", "-f", "16000000")),
)  # fmt: skip


_CLANG = {
    "m0plus": ("--target=thumbv6m-none-eabi", "-mcpu=cortex-m0plus"),
    "m4f": ("--target=thumbv7em-none-eabihf", "-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16"),
    "m55": ("--target=thumbv8.1m.main-none-eabihf", "-mcpu=cortex-m55"),
    "rv32imac": ("--target=riscv32-unknown-elf", "-march=rv32imac", "-mabi=ilp32"),
}
_HEADERS = {"m0plus": "/usr/lib/arm-none-eabi/include", "rv32imac": "/usr/lib/picolibc/riscv64-unknown-elf/include"}
_FRONT = ("-O2", "-ffreestanding", "-ffunction-sections", "-fdata-sections")


def every() -> tuple[Target, ...]:
    """All cores with all compilers that are here: GCC, GCC of other versions by their Debian names, and Clang."""
    found = list(TARGETS)
    for number in ("13", "14", "15"):
        for each in (each for each in TARGETS if each.compiler.endswith("gcc")):
            other = dataclasses.replace(each, name=f"{each.name} {number}", compiler=f"{each.compiler}-{number}")
            if shutil.which(other.compiler) is not None:
                found.append(other)
    for clang in ("clang", *(f"clang-{number}" for number in range(15, 22))):
        if shutil.which(clang) is None:
            continue
        for each in TARGETS:
            if each.name in _CLANG:
                headers = _HEADERS.get(each.name, _HEADERS["m0plus"])
                front = (clang, *_CLANG[each.name], *_FRONT, "-isystem", headers)
                found.append(dataclasses.replace(each, name=f"{each.name} {clang}", front=front))
            elif each.compiler == "clang" and clang != "clang":
                found.append(dataclasses.replace(each, name=f"x86-64 {clang}", compiler=clang))
    return tuple(found)


class UnfitError(Exception):
    """The network does not fit the core, or is refused for it; why."""


def build(target: Target, export: Path, body: str, place: Path) -> Path:
    """A program that runs `body`, the body of a function that returns an exit code, on an export's sources.

    Raises:
        UnfitError: it does not fit.
        AssertionError: it does not compile without a warning.
    """
    place.mkdir(parents=True, exist_ok=True)
    names = sorted(path.stem for path in (export / "include").glob("*.h"))
    includes = "".join(f'#include "{name}.h"\n' for name in names)
    main, sources = f"{includes}int main(void) {{\n{body}\n}}\n", sorted((export / "src").glob("*.c"))
    flags = [*target.flags]
    if target.avr:
        main = f"{includes}{_AVR_MAIN}static int run(void) {{\n{body}\n}}\n"
    if target.memory is not None:
        script = (_TEMPLATES / "mps2-an386.ld.j2").read_text(encoding="utf-8")
        (code, code_bytes), (data, data_bytes) = target.memory
        script = script.replace("0x00000000, LENGTH = 4M", f"{code}, LENGTH = {code_bytes}")
        script = script.replace("0x20000000, LENGTH = 4M", f"{data}, LENGTH = {data_bytes}")
        (place / "link.ld").write_text(script, encoding="utf-8")
        shutil.copy(_TEMPLATES / "start_mps2.c.j2", place / "start.c")
        sources.append(place / "start.c")
        flags.append(f"-T{place / 'link.ld'}")
    (place / "main.c").write_text(main, encoding="utf-8")
    program = place / "program.elf"
    given = [*sources, place / "main.c"]
    if target.front:
        given = _objects(target, given, export, place)
    done = subprocess.run(
        [target.compiler, "-std=gnu99", *STRICT, *flags, f"-I{export / 'include'}", *map(str, given),
         "-o", str(program), "-lm"],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    for said in (r"region `?\w+'? overflowed by \d+ bytes", r"#error (\".*?\")", r"is not within region .data'"):
        found = re.search(said, done.stderr)
        if found:
            raise UnfitError(found[0])
    assert done.returncode == 0, done.stderr[-3000:]
    if target.avr:
        said = subprocess.run(["avr-size", str(program)], capture_output=True, text=True, check=True).stdout
        text, data, bss = map(int, said.splitlines()[1].split()[:3])
        if text + data > 256 << 10 or data + bss > 7_900:  # some hundred bytes of stack
            raise UnfitError(f"{text + data:,} bytes of flash and {data + bss:,} of RAM")
    return program


def _objects(target: Target, sources: list[Path], export: Path, place: Path) -> list[Path]:
    """What the other compiler makes of the sources."""
    done = subprocess.run(
        [*target.front, "-std=gnu99", *STRICT, f"-I{(export / 'include').resolve()}", "-c",
         *(str(path.resolve()) for path in sources)],
        cwd=place, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [place / f"{path.stem}.o" for path in sources]


def run(target: Target, program: Path, seconds: float = 600) -> int:
    """Its exit code."""
    done = subprocess.run(
        [*target.machine, str(program)], capture_output=True, text=True, check=False, timeout=seconds,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if not target.avr:
        return done.returncode
    found = re.search(r"([0-9])\.", done.stdout + done.stderr)
    assert found is not None, done.stdout + done.stderr
    return int(found[1])


def proof(*names: str) -> str:
    """The body of a program that is 0 exactly when all of these networks' self-tests hold."""
    return f"  return {' | '.join(f'({name}_begin() | {name}_selftest())' for name in names)};"


def main() -> int:
    """The matrix: every model on every core; a line each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="+")
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--every", action="store_true")
    parser.add_argument("--float32", action="store_true")
    parser.add_argument("--stream", default="auto")
    given = parser.parse_args()
    failed = 0
    for model in given.models:
        with tempfile.TemporaryDirectory() as folder:
            place, started = Path(folder), time.monotonic()
            for dtype in (DType.FLOAT32,) if given.float32 else DType:
                try:
                    made = taken_home.export(
                        (model,), "folder", place / "net", names=("net",), dtype=dtype, stream=given.stream
                    )
                    break
                except TinymlError as caught:
                    why = f"{caught}"
            else:
                print(f"{Path(model).stem}: not exported: {why}")
                continue
            test = made.networks[0].selftest
            strong = f"{test.seen}/{test.planted} faults, {test.seen_in_layers} in layers" + (
                f", grid {test.grids}" if any(test.grids) else ""
            )
            print(f"{Path(model).stem}: exported in {time.monotonic() - started:.1f} s, {strong}", flush=True)
            for target in every() if given.every else TARGETS:
                if (given.only and target.name not in given.only) or target.missing:
                    continue
                try:
                    answer = run(target, build(target, place / "net", proof("net"), place / target.name))
                    said = "proven" if answer == 0 else f"FAILED: {answer}"
                except UnfitError as caught:
                    answer, said = 0, f"does not fit: {caught}"
                except (AssertionError, subprocess.TimeoutExpired) as caught:
                    answer, said = 1, f"FAILED: {caught}"
                failed += answer != 0
                print(f"  {target.name}: {said}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
