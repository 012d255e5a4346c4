"""Builds and runs the libFuzzer target of the firmware core: `python -m tests.fuzz.core --seconds 600`."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from toolkit import resources

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
FUZZER = ("-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all")
FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-g", "-O1")
SOURCES = ("app.c", "crc32.c", "elements.c", "frame.c", "receiver.c")
MAX_BYTES = 4096
"""Of one input; longer ones are no other kind of input."""


def why_not() -> str:
    """Why this computer cannot fuzz; empty if it can."""
    if shutil.which("clang") is None:
        return "clang is not installed: apt-get install clang libclang-rt-dev"
    done = subprocess.run(
        ["clang", "-fsanitize=fuzzer", "-x", "c", "-", "-o", "/dev/null"],
        input="int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return d && n ? 0 : 0; }",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return "" if done.returncode == 0 else "clang comes without libFuzzer: apt-get install libclang-rt-dev"


def build(out: Path, core: Path | None = None, flags: Sequence[str] = FUZZER) -> Path:
    """Compile the target.

    Args:
        core: the folder of the core's sources; by default firmware/core.
    """
    firmware = resources.firmware()
    core = core or firmware / "core"
    sources = [HERE / "core.c", HERE / "model.c", *(core / name for name in SOURCES)]
    includes = [f"-I{folder}" for folder in (core, firmware / "engine", firmware / "ports", HERE)]
    argv = ["clang", *FLAGS, *flags, *includes, *map(str, sources), "-o", str(out)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return out


def run(target: Path, found: Path, seconds: int, *corpora: Path) -> subprocess.CompletedProcess[str]:
    """Fuzz for so long; 0 seconds: only try the corpora.

    Args:
        found: a folder for what is new; libFuzzer writes a failing input beside it.
    """
    bound = ["-runs=0"] if seconds == 0 else [f"-max_total_time={seconds}"]
    argv = [
        str(target),
        *bound,
        f"-max_len={MAX_BYTES}",
        "-timeout=20",
        "-print_final_stats=1",
        str(found),
        *map(str, corpora),
    ]
    return subprocess.run(argv, cwd=found.parent, capture_output=True, text=True, timeout=seconds + 120, check=False)


def main() -> int:
    """Fuzz, and print libFuzzer's own figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"))
    given = parser.parse_args()
    found = given.folder.resolve() / "corpus"
    found.mkdir(parents=True, exist_ok=True)
    if reason := why_not():
        print(reason, file=sys.stderr)
        return 1
    done = run(build(found.parent / "core"), found, given.seconds, CORPUS)
    print("\n".join(done.stderr.splitlines()[-40:]))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
