"""QEMU 10 did not start the board without atomics: an extension that it adds by itself needs them.

QEMU 7.2 does not know that extension by name, so it cannot be left out: newer ones get a core that begins with none.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit import board, process
from toolkit.emulate import qemu, qemu_riscv

BOARD = board.load("ch32v003-limit", Path())


@pytest.mark.parametrize(("version", "core"), [("7.2.22", "rv32,i=false"), ("9.0.0", "rv32e,"), ("10.0.13", "rv32e,")])
def test_each_gets_the_core_that_it_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, core: str
) -> None:
    asked: list[list[str]] = []

    def run(argv: list[str], **_: object) -> process.Completed:
        asked.append(argv)
        return process.Completed(tuple(argv), 0, f"QEMU emulator version {version} (Debian)", "")

    monkeypatch.setattr(process, "run", run)
    monkeypatch.setattr(qemu, "boot", lambda _board, _log, argv_of: asked.append(argv_of(5000)))
    qemu_riscv.start(BOARD, tmp_path / "firmware.elf", tmp_path / "log")
    (told, started) = asked
    assert told[0] == started[0] == qemu_riscv.PROGRAM
    assert started[started.index("-cpu") + 1].startswith(core)
