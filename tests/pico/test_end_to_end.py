"""The whole road on the virtual Pico, and the very objects of its build in QEMU's Cortex-M0."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.tinyml import tinyml
from toolkit import board as boards
from toolkit import project, resources
from toolkit.emulate import qemu

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="needs arm-none-eabi-gcc"),
]


@pytest.fixture(scope="module", name="built")
def _built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A workspace with a build for the Pico, and its project."""
    folder = tmp_path_factory.mktemp("pico")
    done = tinyml("build", "--board", "pico", "--json", "-C", str(folder))
    assert done.returncode == 0, done.stderr
    return folder, Path(json.loads(done.stdout)["project"])


def test_it_is_touched_uploaded_to_by_its_drive_and_proven(built: tuple[Path, Path], library: Path) -> None:
    workspace, _ = built
    flashed = tinyml("flash", "--board", "pico", "--emulate", "-C", str(workspace))
    try:
        assert flashed.returncode == 0, flashed.stderr
        done = tinyml("verify", "--board", "pico", "--limit", "90", "--json", "--no-strength", "-C", str(workspace))
        assert done.returncode == 0, done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        assert result["bit_exact"] == result["answered"] == 100
        assert result["link"]["damaged"] == result["link"]["resent"] == 0
        log = next(workspace.glob("build/pico/*.log")).read_text()
        assert "bootloader" in log and "bytes for 0x10000000" in log
    finally:
        assert tinyml("flash", "--stop", "--board", "pico", "-C", str(workspace)).returncode == 0


@pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="needs qemu-system-arm")
def test_its_objects_are_proven_on_a_core_that_faults(built: tuple[Path, Path], tmp_path: Path) -> None:
    """Linked for QEMU's microbit with that board's port: all else is the Pico's, to the byte."""
    workspace, made = built
    microbit = boards.load("microbit")
    port = tmp_path / "src" / "port"
    port.mkdir(parents=True)
    for place, content in project.port_files(microbit, microbit.toolchain[0]).items():
        (tmp_path / place).write_bytes(content)
    objects = [path for path in sorted(made.glob("out/src/*/*.o")) if path.parent.name not in ("port", "usb")]
    assert {path.parent.name for path in objects} == {"core", "cortexm", "engine", "kernels", "model"}
    elf = tmp_path / "firmware.elf"
    argv = ["arm-none-eabi-gcc", *boards.load("pico").cpu.gcc_flags, "-O3", "-T", "src/port/link.ld", f"-L{made}"]
    argv += ["-nostartfiles", "--specs=nano.specs", "--specs=nosys.specs", "-Wl,--gc-sections"]
    argv += [f"-I{made / 'src' / part}" for part in ("port", "core", "cortexm", "engine", "model")]
    argv += [f"-I{resources.firmware() / 'ports' / 'nrf_uart'}"]
    argv += [str(resources.firmware() / "ports" / "microbit" / "port.c"), *map(str, objects), "-lm", "-o", str(elf)]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    device = qemu.start(microbit, elf, tmp_path / "log")
    try:
        proven = tinyml(
            *("verify", "--board", "pico", "--port", device.port, "--limit", "20", "--no-strength"),
            *("-C", str(workspace)),
        )
        assert proven.returncode == 0, proven.stderr
    finally:
        assert device.pid is not None
        qemu.stop(device.pid)
