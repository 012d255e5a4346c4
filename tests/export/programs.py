"""Exports to be compiled, and a program of a user's around them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from toolkit.export import Library, files

ROOT = Path(__file__).parents[2]
GESTURES = str(ROOT / "examples" / "gestures" / "gestures.tflite")
STRICT = ("-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror")


def compiled(
    folders: list[Path], main: str, place: Path, compiler: str = "gcc", flags: tuple[str, ...] = ("-std=c99", "-O0")
) -> Path:
    """A program of one `main` and all sources of these exports, without a warning."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "main.c").write_text(main, encoding="utf-8")
    includes = [f"-I{folder / 'include'}" for folder in folders]
    sources = [str(path) for folder in folders for path in sorted((folder / "src").glob("*.c"))]
    program = place / "program"
    done = subprocess.run(
        [compiler, *STRICT, *flags, *includes, *sources, str(place / "main.c"), "-o", str(program), "-lm"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return program


def code(program: Path) -> int:
    """Its exit code."""
    return subprocess.run([str(program)], check=False, timeout=60).returncode


def selftest(name: str) -> str:
    """A program whose exit code is what a network's self-test returns."""
    return f'#include "{name}.h"\n\nint main(void) {{ return {name}_begin() ? 9 : {name}_selftest(); }}\n'


def written(library: Library, kind: str, out: Path) -> Path:
    """A library as another kind of export."""
    for path, content in files(library, kind).items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_bytes(content)
    return out
