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
from toolkit import cpu as cpus
from toolkit import resources
from toolkit.artifacts import CompiledModel
from toolkit.compiler import compile_model

_WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Werror", "-ffunction-sections", "-fdata-sections")
_SECONDS = 120
_MAINS = Path(__file__).parent / "mains"


class ProgramError(Exception):
    """A program that does not compile, or does not run to its end; the first line says which."""


def _main(name: str) -> str:
    return (_MAINS / name).read_text()


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
        cpu: a file of boards/cpus.
        compiler: GCC's name.
        tools: what must be installed.
        flags: for the compiler, beside the core's own.
        core: in place of the core's own.
        largest: bytes of arena, of constants and of inputs that a network may have here.
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
        cpu = cpus.load(self.cpu)
        return compile_model(tflite, isa=cpu.isa, fpu=cpu.fpu, optimise=optimise)

    def takes(self, job: Job) -> bool:
        """True if it fits the memory here."""
        return max(job.model.arena_bytes, job.model.constants_bytes, job.inputs.nbytes) <= self.largest

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
        level = "-Os" if optimise == "size" else "-O3"
        core = self.core or cpus.load(self.cpu).gcc_flags
        argv = [self.compiler, *core, "-std=gnu99", level, *_WARNINGS, *self.flags]
        done = _run([*argv, *(f"-I{each}" for each in resources.kernel_folders()), *arguments], folder)
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
                source = str(resources.kernels()[name])
                self._gcc(optimise, "-c", source, "-o", str(target), folder=self._folder)
                self._objects[name, optimise] = target
        return [str(self._objects[name, optimise]) for name in programs.kernels(jobs)]

    def close(self) -> None:
        """Remove the kernels' objects."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
            self._objects.clear()


class Host(Target):
    """This computer, under ASan and UBSan, each network with memory of its own."""

    def _outputs(self, jobs: Sequence[Job], optimise: str, folder: Path) -> bytes:
        (folder / "unit.c").write_text(programs.unit(jobs) + _main("host.c"))
        self._gcc(optimise, "unit.c", *self._kernels(jobs, optimise), "-lm", "-o", "program", folder=folder)
        done = _run([str(folder / "program")], folder, programs.input_bytes(jobs))
        if done.returncode:
            said = done.stderr.decode(errors="replace")
            found = re.search(r"runtime error.*|ERROR: AddressSanitizer.*", said)
            raise ProgramError(f"on this computer: {found[0] if found else f'exit {done.returncode}'}")
        return done.stdout


@dataclass(eq=False)
class Arm(Target):
    """A Cortex-M of QEMU; `machine` has code at 0 and RAM at 0x20000000."""

    machine: str = ""

    def _outputs(self, jobs: Sequence[Job], optimise: str, folder: Path) -> bytes:
        (folder / "unit.c").write_text(programs.unit(jobs, pool="pool") + _main("arm.c"))
        (folder / "inputs.bin").write_bytes(programs.input_bytes(jobs))
        link = (
            f"-I{_MAINS}",
            "-nostartfiles",
            "--specs=nano.specs",
            f"-T{_MAINS / 'arm.ld'}",
            "-Wl,--gc-sections",
            "-lm",
        )
        self._gcc(optimise, "unit.c", *self._kernels(jobs, optimise), *link, "-o", "image.elf", folder=folder)
        how = ("-semihosting-config", "enable=on,target=native", "-kernel", "image.elf")
        done = _run(["qemu-system-arm", "-M", self.machine, "-nographic", "-nic", "none", *how], folder)
        if done.returncode or not (folder / "outputs.bin").exists():
            raise ProgramError(
                f"{self.machine}: exit {done.returncode} {done.stderr.decode(errors='replace').strip()[:200]}"
            )
        return (folder / "outputs.bin").read_bytes()


class Avr(Target):
    """An ATmega1284P of simavr: the Uno's core, with memory for many networks."""

    def _outputs(self, jobs: Sequence[Job], optimise: str, folder: Path) -> bytes:
        (folder / "unit.c").write_text(programs.unit(jobs, pool="pool") + _main("avr.c"))
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
        Avr("avr", "atmega328p", "avr-gcc", ("avr-gcc", "simavr"), (), ("-mmcu=atmega1284p",), 6_500, 8),
    ]
