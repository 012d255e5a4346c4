"""The one caller of outside programs: an argv list, a bound on the time, and "not found" with the cure."""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from toolkit.errors import ToolError

log = logging.getLogger(__name__)

# Debian's package for each program that tinyml calls; on other systems the same names are a good first search.
DEBIAN_PACKAGES: Mapping[str, str] = {
    "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "avr-gcc": "gcc-avr avr-libc arduino-core-avr",
    "avrdude": "avrdude",
    "gcc": "gcc libc6-dev",
    "make": "make",
    "node": "nodejs",
    "npm": "npm",
    "openocd": "openocd",
    "qemu-system-arm": "qemu-system-arm",
    "qemu-system-riscv32": "qemu-system-riscv32",
    "riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
    "teensy_loader_cli": "teensy-loader-cli",
    "simavr": "simavr libsimavr-dev libelf-dev",
    "st-flash": "stlink-tools",
}

INSTALL_HINTS: Mapping[str, str] = {
    "arduino-cli": "install it from https://arduino.github.io/arduino-cli/ and put it on PATH",
    "pio": "install it with: pip install platformio",
    "adafruit-nrfutil": "install it with: pip install adafruit-nrfutil",
    "picotool": "see https://github.com/raspberrypi/picotool; or use the flash method uf2, which needs no program",
    "labgrid-client": "install it with: pipx install labgrid   (not beside tinyml: it brings another pyserial)",
    "pyocd": "install it with: pip install pyocd",
    "esptool": "install it with: pip install esptool",
    "bossac": "install Arduino's fork with the core: arduino-cli core install arduino:mbed_nano",
}


@dataclass(frozen=True)
class Completed:
    """What a finished program left: its exit code and both outputs, decoded as UTF-8."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    @property
    def died(self) -> str | None:
        """What it died of, "signal 11" or Windows' "code 0xC0000005"; None if it ended by itself."""
        if sys.platform == "win32":
            # Its exceptions are negative numbers of 32 bits, which arrive without their sign; abort() gives 3.
            ended = self.returncode in range(_EXCEPTIONS) and self.returncode != _ABORTED
            return None if ended else f"code {self.returncode & 0xFFFFFFFF:#X}".replace("X", "x", 1)
        return f"signal {-self.returncode}" if self.returncode < 0 else None


_EXCEPTIONS = 0x80000000
_ABORTED = 3


def find(program: str) -> Path | None:
    """The program's path on PATH, or None."""
    found = shutil.which(program)
    return Path(found) if found else None


def find_beside_python(program: str) -> Path | None:
    """A program that a package has brought: beside the Python that runs us, else on PATH; None if it is at neither."""
    found = shutil.which(program, path=str(Path(sys.executable).parent))
    return Path(found) if found else find(program)


def _as_started(argv: Sequence[str]) -> list[str]:
    """The argv with what starts it: Windows finds `npm` by its own name only if it ends in .exe.

    Raises:
        ToolError: it is not there.
    """
    program = require(argv[0])
    return [str(program) if sys.platform == "win32" else argv[0], *argv[1:]]


def install_hint(program: str) -> str:
    """One line that tells how to get a program."""
    if program in DEBIAN_PACKAGES:
        return f"install it, on Debian or Ubuntu: sudo apt-get install {DEBIAN_PACKAGES[program]}"
    return INSTALL_HINTS.get(program, f"install {program} and put it on PATH")


def require(program: str) -> Path:
    """The program's path on PATH.

    Raises:
        ToolError: it is not there; the hint says how to install it.
    """
    found = find(program)
    if found is None:
        raise ToolError(f"{program} is not installed, or not on PATH", install_hint(program))
    return found


def run(
    argv: Sequence[str],
    *,
    timeout: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = True,
    error: type[ToolError] = ToolError,
) -> Completed:
    """Run a program to its end and return its output.

    Args:
        argv: the program and its arguments; no shell is involved.
        timeout: seconds after which the program is killed.
        cwd: the folder to run in.
        env: the whole environment, if not the caller's own.
        check: raise if the exit code is not 0.
        error: the class to raise.

    Raises:
        ToolError: (or `error`) not found, timed out, or, with `check`, failed; the message quotes the
            program's first line of error.
    """
    started = _as_started(argv)
    log.info("run: %s", " ".join(argv))
    try:
        done = subprocess.run(
            started,
            cwd=cwd,
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.TimeoutExpired as caught:
        raise error(f"{argv[0]} did not end within {timeout:.0f} s", "try again, or with -v") from caught
    except OSError as caught:
        raise error(f"{argv[0]} could not be started: {caught.strerror}", install_hint(argv[0])) from caught
    completed = Completed(tuple(argv), done.returncode, done.stdout, done.stderr)
    if check and done.returncode != 0:
        raise error(
            f"{argv[0]} failed (exit {done.returncode}): {first_error(completed)}",
            "run with -v to see the command",
        )
    return completed


def first_error(completed: Completed) -> str:
    """The line of a failed program's output that most likely names the cause."""
    lines = [line.strip() for line in (completed.stderr + "\n" + completed.stdout).splitlines() if line.strip()]
    # collect2 only says that the linker failed; what the linker said has no "error" in it.
    telling = [
        line
        for line in lines
        if ("error" in line.lower() or "undefined reference" in line) and not line.startswith("collect2:")
    ]
    return (telling or lines or ["it printed nothing"])[0]


def spawn(argv: Sequence[str], *, log_file: IO[bytes], cwd: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a program in the background, detached from this terminal; both outputs go to `log_file`.

    Raises:
        ToolError: not found, or it could not be started.
    """
    started = _as_started(argv)
    log.info("start: %s", " ".join(argv))
    try:
        return subprocess.Popen(
            started,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Windows knows no sessions: Ctrl-C would reach it too.
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    except OSError as caught:
        raise ToolError(f"{argv[0]} could not be started: {caught.strerror}", install_hint(argv[0])) from caught


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Hear of Ctrl-C, SIGTERM and SIGHUP only when the block is done: for what must not be left half-way.

    A program that was started and is not yet written down anywhere would run on with nobody who knows of it.
    """
    heard: list[int] = []
    former = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ())):
            handler = signal.getsignal(number)
            if handler not in (signal.SIG_IGN, None):
                former[number] = handler
                signal.signal(number, lambda number, _: heard.append(number))
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        if heard:
            signal.raise_signal(heard[0])


_GONE = ("Z", "X")
"""States of a process that has ended, and is only kept until its parent asks for its exit code."""


def start_of(pid: int) -> str | None:
    """When the process with this number was started, in a form that no other process on this computer ever has.

    A number alone names no process: the system gives it to another one as soon as its owner has ended.

    Returns:
        Text to be compared and nothing else; None if there is no such process, it has ended, or the system does not
        say.
    """
    if pid <= 0:  # kill() takes 0 and less for whole groups of processes
        return None
    if platform.system() == "Windows":
        return _start_on_windows(pid)
    if platform.system() == "Linux":
        try:
            # The name in brackets may itself hold brackets and spaces.
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
            return None if fields[0].decode() in _GONE else f"{boot} {int(fields[19])}"
        except (OSError, ValueError, IndexError):
            return None
    try:
        asked = ["ps", "-o", "state=", "-o", "lstart=", "-p", str(pid)]
        said = subprocess.run(
            asked, capture_output=True, timeout=10, check=False, encoding="ascii", env={**os.environ, "LC_ALL": "C"}
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    state, _, started = said.strip().partition(" ")
    return None if not started or state[:1] in _GONE else " ".join(started.split())


def _start_on_windows(pid: int) -> str | None:
    """The time of creation, from the kernel."""
    import ctypes

    kernel: Any = getattr(ctypes, "windll").kernel32  # noqa: B009 - only there, and mypy looks at it elsewhere
    kernel.OpenProcess.restype = ctypes.c_void_p
    query, still_active = 0x1000, 259
    handle = ctypes.c_void_p(kernel.OpenProcess(query, False, pid))
    if not handle:
        return None
    try:
        times = [ctypes.c_uint64() for _ in range(4)]
        code = ctypes.c_uint32()
        told = kernel.GetProcessTimes(handle, *map(ctypes.byref, times))
        running = kernel.GetExitCodeProcess(handle, ctypes.byref(code)) and code.value == still_active
        return str(times[0].value) if told and running else None
    finally:
        kernel.CloseHandle(handle)
