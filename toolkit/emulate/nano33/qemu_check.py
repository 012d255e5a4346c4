"""Boots the very image in QEMU's Cortex-M4F, for what Unicorn lets pass: above all an FPU that was never enabled.

QEMU has no nRF52840, but its `mps2-an386` has the same processor, memory at the same addresses, and forgives
accesses to peripherals that it has not. The image gets as far as waiting for USB power, which is behind start-up and
engine_init(); no exception may have been taken by then. The network itself is run in QEMU on the board mps2-an386,
from the same sources with the same compiler options.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from toolkit.emulate.base import starting
from toolkit.errors import EmulatorError

PROGRAM = "qemu-system-arm"

_WAITS_FOR_USB = "bad offset 438"
"""POWER.USBREGSTATUS lies at 0x40000438, where mps2-an386 has a timer, which says so."""

_EXCEPTION = "Taking exception"


def command(elf: Path, log: Path) -> list[str]:
    """The argv that starts the image at its entry point and logs exceptions; a reset ends QEMU."""
    return [
        *(PROGRAM, "-machine", "mps2-an386", "-display", "none", "-serial", "null", "-monitor", "null", "-no-reboot"),
        # In QEMU's lists of options a comma of the path itself is written twice.
        *("-device", f"loader,file={str(elf).replace(',', ',,')},cpu-num=0"),
        *("-d", "int,guest_errors", "-D", str(log)),
    ]


def check(elf: Path, log: Path, seconds: float = 10.0) -> None:
    """Boot the image.

    Args:
        elf: the linked image.
        log: where QEMU writes what happened.
        seconds: how long it may take.

    Raises:
        EmulatorError: it faulted, was reset, or did not get as far as waiting for USB.
        ToolError: QEMU is not installed.
    """
    log.unlink(missing_ok=True)
    with starting(command(elf, log), log.with_suffix(".out")) as running:
        _watch(running, elf, log, seconds)
        running.kill()
        running.wait()


def _watch(running: subprocess.Popen[bytes], elf: Path, log: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended = running.poll() is not None
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        if _EXCEPTION in text:
            line = next(line for line in text.splitlines() if _EXCEPTION in line)
            raise EmulatorError(f"{elf.name} faults on a Cortex-M4F: {line}", f"see {log}")
        if _WAITS_FOR_USB in text:
            return
        if ended:
            break
        time.sleep(0.02)
    raise EmulatorError(f"{elf.name} does not start on a Cortex-M4F", f"see {log}")
