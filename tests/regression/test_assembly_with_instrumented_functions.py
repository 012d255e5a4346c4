"""With -finstrument-functions or -pg GCC put a call into functions that are all assembly: their arguments were lost.

An export's sources are compiled with whatever options a program has; on a Cortex-M0+ such a one ended in a lockup.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from toolkit import resources

NAKED = re.compile(r"\bnaked\b|AOT_ASSEMBLY")
TOLD = (
    re.compile(r"^([A-Za-z_]\w*):\n(?:(?!\s*\.size).*\n)*?\s*@ Naked Function", re.MULTILINE),
    re.compile(r"^([A-Za-z_]\w*):\n\s*/\* prologue: naked \*/", re.MULTILINE),
)
CALLS = re.compile(r"__cyg_profile_func|mcount")


def _naked(compiler: str) -> list[Path]:
    core = "avr" if compiler.startswith("avr") else "armv6m"
    files = [path for path in resources.kernels().values() if path.suffix == ".c" and path.parent.name == core]
    return [path for path in files if NAKED.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("option", ["-finstrument-functions", "-pg"])
@pytest.mark.parametrize(
    ("compiler", "flags"),
    [("arm-none-eabi-gcc", ("-mcpu=cortex-m0plus", "-mthumb")), ("avr-gcc", ("-mmcu=atmega328p",))],
)
def test_they_are_left_alone(compiler: str, flags: tuple[str, ...], option: str) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}")
    found = _naked(compiler)
    assert found
    folders = {f"-I{path.parent}" for path in resources.kernels().values()}
    for path in found:
        done = subprocess.run(
            [compiler, "-std=gnu11", "-O2", *flags, option, *sorted(folders), "-S", "-o", "-", str(path)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        names = {name for told in TOLD for name in told.findall(done.stdout)}
        assert names, path.name
        for name in names:
            body = re.search(rf"^{name}:\n(.*?)^\s*\.size\s+{name},", done.stdout, re.MULTILINE | re.DOTALL)
            assert body is not None
            assert not CALLS.search(body[1]), f"{path.name}: {name}"
