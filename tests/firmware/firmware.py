"""Compiles the firmware core with the stub engine: for this computer under the sanitizers, and for emulated boards."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from toolkit import board as boards
from toolkit import project, resources

HERE = Path(__file__).parent
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-g")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def lay_out(folder: Path, port: str, *, bare: bool = False) -> None:
    """The sources as the project generator lays them out: src/core, engine, port, cortexm, model."""
    firmware = resources.firmware()
    start_up = "riscv" if (firmware / "ports" / port / "port.c").read_text().count("plic_uart.h") else "cortexm"
    copies = {
        "core": firmware / "core",
        "port": firmware / "ports" / port,
        **{part: firmware / "ports" / part for part in project.parts_of(port)},
    } | ({start_up: firmware / "ports" / start_up} if bare else {})
    for name, source in copies.items():
        shutil.copytree(source, folder / "src" / name)
    for header in (firmware / "ports").glob("*.h"):
        shutil.copy(header, folder / "src" / "port")
    (folder / "src" / "engine").mkdir()
    shutil.copy(firmware / "engine" / "engine.h", folder / "src" / "engine")
    shutil.copy(HERE / "stub_engine.c", folder / "src" / "engine")
    (folder / "src" / "model").mkdir()
    shutil.copy(HERE / "stub_build_info.c", folder / "src" / "model")


def _compile(folder: Path, compiler: str, flags: Sequence[str], out: str, last: Sequence[str] = ()) -> Path:
    sources = sorted(str(path.relative_to(folder)) for path in folder.glob("src/*/*.c"))
    includes = [f"-I{path.relative_to(folder)}" for path in sorted(folder.glob("src/*"))]
    argv = [compiler, *WARNINGS, *flags, *includes, *sources, *last, "-o", out]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return folder / out


def host(folder: Path, defines: Sequence[str] = (), *, sanitize: bool = True) -> Path:
    """The core with the stub engine as a process of this computer.

    Args:
        folder: an empty one.
        defines: such as "STUB_INPUT_BYTES=64".
        sanitize: with ASan and UBSan; without, it is quicker.
    """
    lay_out(folder, "host")
    flags = ["-O1", *SANITIZERS] if sanitize else ["-O2"]
    return _compile(folder, "gcc", [*flags, *(f"-D{define}" for define in defines)], "firmware")


def bare(
    folder: Path, board_id: str, defines: Sequence[str] = (), edits: Mapping[str, tuple[str, str]] | None = None
) -> Path:
    """The core with the stub engine for an emulated board: an ELF image.

    Args:
        edits: file in src/ -> what to replace in it, and by what: to spoil it.
    """
    board = boards.load(board_id)
    lay_out(folder, board.toolchain[0].port, bare=True)
    for place, content in project.port_files(board, board.toolchain[0]).items():
        (folder / place).write_bytes(content)
    for place, (old, new) in (edits or {}).items():
        text = (folder / "src" / place).read_text()
        assert old in text, f"{place} no longer has {old!r}"
        (folder / "src" / place).write_text(text.replace(old, new))
    if board.toolchain[0].builder == "riscv_gcc":
        return _riscv(folder, board, defines)
    flags = [*board.cpu.gcc_flags, "-O3", "-ffunction-sections", "-fdata-sections"]
    link = ["-T", "src/port/link.ld", "-nostartfiles", "--specs=nano.specs", "--specs=nosys.specs", "-Wl,--gc-sections"]
    link += ["-Wl,-Map=firmware.map", "-Wl,--no-warn-rwx-segments"]
    return _compile(folder, "arm-none-eabi-gcc", [*flags, *(f"-D{define}" for define in defines)], "firmware.elf", link)


def _riscv(folder: Path, board: boards.Board, defines: Sequence[str]) -> Path:
    """In two steps, as templates/bare_riscv/Makefile.j2 says why."""
    compiler, specs = "riscv64-unknown-elf-gcc", "--specs=picolibc.specs"
    flags = [flag + "_zicsr" if flag.startswith("-march=") else flag for flag in board.cpu.gcc_flags]
    flags += [specs, "-O3", "-ffunction-sections", "-fdata-sections", "-c", *(f"-D{define}" for define in defines)]
    sources = sorted(str(path.relative_to(folder)) for path in folder.glob("src/*/*.c"))
    includes = [f"-I{path.relative_to(folder)}" for path in sorted(folder.glob("src/*"))]
    link = [*board.cpu.gcc_flags, specs, "-T", "src/port/link.ld", "-nostartfiles", "-Wl,--gc-sections"]
    link += ["-Wl,--no-warn-rwx-segments", "-o", "firmware.elf", *(f"{Path(each).stem}.o" for each in sources)]
    for argv in ([compiler, *WARNINGS, *flags, *includes, *sources], [compiler, *link]):
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
    return folder / "firmware.elf"


def stub_output(data: bytes, size: int = 10) -> bytes:
    """What stub_engine.c gives for an input tensor."""
    value = 2166136261
    for byte in data:
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    output = bytearray()
    for place in range(size):
        value = (value ^ place) * 16777619 & 0xFFFFFFFF
        output.append(value >> 24)
    return bytes(output)


def driver(folder: Path, defines: Sequence[str] = ()) -> Path:
    """The core's parts behind driver.c, under the sanitizers."""
    firmware = resources.firmware()
    parts = ("crc32", "elements", "frame", "receiver")
    sources = [HERE / "driver.c", *(firmware / "core" / f"{name}.c" for name in parts)]
    includes = [f"-I{firmware / name}" for name in ("core", "engine", "ports")]
    out = folder / "driver"
    argv = ["gcc", *WARNINGS, "-O1", *SANITIZERS, *includes, *(f"-D{define}" for define in defines)]
    done = subprocess.run(
        [*argv, *map(str, sources), "-o", str(out)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return out
