"""A network on QEMU's Cortex-M4F, as a program that holds nothing else: the kernels' assembly, in seconds a network."""

from __future__ import annotations

import functools
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit import cpu as cpus
from toolkit import resources
from toolkit.artifacts import CompiledModel

_HERE = Path(__file__).parent
_START = _HERE.parent / "differential" / "mains"
_FLAGS = ("-std=gnu99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-ffunction-sections", "-fdata-sections")
_SECONDS = 300


def _run(argv: list[str], folder: Path) -> None:
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert done.returncode == 0, f"{argv[0]} exits with {done.returncode}: {done.stderr[-400:]}"


def _gcc(optimise: str, folder: Path, *arguments: str) -> None:
    core = cpus.load("cortex-m4f").gcc_flags
    level = "-Os" if optimise == "size" else "-O3"
    places = [f"-I{each}" for each in (*resources.kernel_folders(), resources.firmware() / "engine", _START, ".")]
    _run(["arm-none-eabi-gcc", *core, *_FLAGS, level, *places, *arguments], folder)


@functools.cache
def _workshop() -> Path:
    return Path(tempfile.mkdtemp(prefix="matrix-"))


@functools.cache
def _kernel(name: str, optimise: str) -> str:
    target = _workshop() / f"{optimise}-{name}.o"
    _gcc(optimise, _workshop(), "-c", str(resources.kernels()[name]), "-o", str(target))
    return str(target)


def outputs(model: CompiledModel, optimise: str, inputs: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rows of output bytes for rows of input bytes, [n, bytes] each.

    Raises:
        AssertionError: it does not compile, or does not run to its end; the message says what was said.
    """
    with tempfile.TemporaryDirectory(prefix="network-", dir=_workshop()) as made:
        folder = Path(made)
        for name, text in model.sources.items():
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "inputs.bin").write_bytes(inputs.tobytes())
        sources = [*(name for name in model.sources if name.endswith(".c")), str(_HERE / "on_qemu.c")]
        sources.append(str(resources.firmware() / "engine" / "aot_engine.c"))
        objects = [_kernel(name, optimise) for name in sorted(model.kernels) if name.endswith(".c")]
        link = (
            "-nostartfiles",
            "--specs=nano.specs",
            f"-T{_START / 'arm.ld'}",
            "-Wl,--gc-sections",
            f"-DINPUTS={len(inputs)}u",
        )
        _gcc(optimise, folder, *sources, *objects, *link, "-lm", "-o", "image.elf")
        how = ["-semihosting-config", "enable=on,target=native", "-kernel", "image.elf"]
        _run(["qemu-system-arm", "-M", "mps2-an386", "-nographic", "-nic", "none", *how], folder)
        return np.frombuffer((folder / "outputs.bin").read_bytes(), np.uint8).reshape(len(inputs), -1)
