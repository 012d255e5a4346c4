"""A sketch and libraries on Debian's Arduino core for AVR, run in simavr."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from toolkit import resources

_CPU = ("-mmcu=atmega328p", "-DF_CPU=16000000L", "-DARDUINO=10819", "-DARDUINO_AVR_UNO", "-DARDUINO_ARCH_AVR")
_LEAN = ("-Os", "-ffunction-sections", "-fdata-sections")
_CPP = ("-std=gnu++11", "-fno-exceptions", "-fno-threadsafe-statics", "-DDECIMAL_DIG=__DECIMAL_DIG__")
_STRICT = ("-Wall", "-Wextra", "-Wconversion", "-Werror")


def _folders() -> list[str]:
    found = resources.arduino_avr_core()
    assert found is not None
    return [f"-I{found / 'cores' / 'arduino'}", f"-I{found / 'variants' / 'standard'}"]


def _compiled(place: Path, program: str, flags: list[str], sources: list[Path]) -> list[Path]:
    """Objects of these sources, in a folder of their own."""
    place.mkdir(parents=True)
    done = subprocess.run(
        [program, *_CPU, *_LEAN, *flags, "-c", *map(str, sources)],
        cwd=place, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return sorted(place.glob("*.o"))


def core(place: Path) -> Path:
    """An archive of the core."""
    folders = _folders()
    sources = sorted(path for path in Path(folders[0][2:]).iterdir() if path.suffix in (".c", ".cpp", ".S"))
    objects = _compiled(place / "c", "avr-gcc", ["-w", *folders], [path for path in sources if path.suffix != ".cpp"])
    objects += _compiled(
        place / "cpp", "avr-g++", ["-w", *_CPP, *folders], [path for path in sources if path.suffix == ".cpp"]
    )
    subprocess.run(["avr-ar", "rcs", str(place / "core.a"), *map(str, objects)], check=True)
    return place / "core.a"


def built(sketch: Path, libraries: list[Path], archive: Path, place: Path) -> Path:
    """An ELF for the Uno; every warning of the libraries and the sketch is an error.

    Args:
        archive: of `core`.
    """
    includes = [f"-I{library / 'src'}" for library in libraries]
    ours = sorted(path for library in libraries for path in (library / "src").glob("*.c"))
    objects = _compiled(place / "c", "avr-gcc", ["-std=gnu11", *_STRICT, *includes], ours)
    # The IDE writes the first line itself.
    (place / "sketch.cpp").write_text("#include <Arduino.h>\n" + sketch.read_text(encoding="utf-8"), encoding="utf-8")
    objects += _compiled(place / "cpp", "avr-g++", [*_STRICT, *_CPP, *_folders(), *includes], [place / "sketch.cpp"])
    elf = place / "sketch.elf"
    subprocess.run(
        ["avr-gcc", *_CPU, *_LEAN, "-Wl,--gc-sections", *map(str, objects), str(archive), "-lm", "-o", str(elf)],
        check=True,
    )
    return elf


def said(program: Path, until: str) -> str:
    """What the board says over serial, up to a line."""
    with subprocess.Popen(
        ["simavr", "-m", "atmega328p", "-f", "16000000", str(program)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
    ) as board:  # fmt: skip
        lines: list[str] = []
        try:
            assert board.stdout is not None
            for line in board.stdout:
                lines.append(re.sub(r"\x1b\[[0-9;]*m|\.*$", "", line.rstrip()))
                if lines[-1].startswith(until) or len(lines) > 1_000:
                    break
        finally:
            board.kill()
    return "\n".join(lines)


def size(program: Path) -> tuple[int, int]:
    """Bytes of flash and of RAM."""
    listed = subprocess.run(["avr-size", str(program)], capture_output=True, text=True, check=True).stdout
    text, data, bss = map(int, listed.splitlines()[1].split()[:3])
    return text + data, data + bss
