"""A board that is flashed on a desk and boots its image in QEMU here: nothing is uploaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.tinyml import tinyml

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="needs arm-none-eabi-gcc"),
    pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="needs qemu-system-arm"),
]


def test_a_nucleo_is_proven_in_qemu_from_the_file_that_would_be_copied(tmp_path: Path) -> None:
    built = tinyml("build", "-b", "nucleo-f446re", "--json", "-C", str(tmp_path))
    assert built.returncode == 0, built.stderr
    assert json.loads(built.stdout)["image"].endswith("firmware.bin")
    for option in (("--port", "/dev/ttyACM0"), ("--method", "st-flash")):
        refused = tinyml("flash", "-b", "nucleo-f446re", "--emulate", *option, "-C", str(tmp_path))
        assert refused.returncode == 2 and "has no use" in refused.stderr
    flashed = tinyml("flash", "-b", "nucleo-f446re", "--emulate", "-C", str(tmp_path))
    try:
        assert flashed.returncode == 0, flashed.stderr
        done = tinyml("verify", "-b", "nucleo-f446re", "--limit", "20", "--json", "--no-strength", "-C", str(tmp_path))
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["ticks"]["unit"] == "instructions"
    finally:
        assert tinyml("flash", "--stop", "-b", "nucleo-f446re", "-C", str(tmp_path)).returncode == 0


@pytest.mark.skipif(
    not all(map(shutil.which, ("riscv64-unknown-elf-gcc", "qemu-system-riscv32"))), reason="needs RISC-V's GCC and QEMU"
)
def test_two_kilobytes_of_ram_and_no_multiplier_are_enough(tmp_path: Path) -> None:
    done = tinyml("run", "-b", "ch32v003-limit", "--limit", "5", "--json", "--no-strength", "-C", str(tmp_path))
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["bit_exact"] == 15 and result["ticks"]["unit"] == "instructions"
    build = json.loads(next(tmp_path.glob("build/*/*/build.json")).read_text())
    assert build["flash_bytes"] < 16_384 and build["ram_bytes"] < 2_048 - 256
