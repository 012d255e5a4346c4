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

NAKED = re.compile(r"__attribute__\(\(naked[^()]*\)\)\s*(?:\w+[\s*]+)+?(\w+)\s*\(")


def _sizes(command: list[str], made: Path) -> dict[str, int]:
    """Bytes of each function of an object."""
    subprocess.run([*command, "-c", "-o", str(made)], check=True, capture_output=True)
    nm = re.sub("gcc$", "nm", command[0])
    said = subprocess.run([nm, "-S", "--defined-only", str(made)], check=True, capture_output=True, text=True).stdout
    found = (line.split() for line in said.splitlines())
    return {words[3].split(".")[0]: int(words[1], 16) for words in found if len(words) == 4}


@pytest.mark.parametrize("option", ["-finstrument-functions", "-pg"])
@pytest.mark.parametrize(
    ("compiler", "core", "flags"),
    [
        ("arm-none-eabi-gcc", "armv6m", ("-mcpu=cortex-m0plus", "-mthumb")),
        ("avr-gcc", "avr", ("-mmcu=atmega328p",)),
    ],
)
def test_they_are_left_alone(tmp_path: Path, compiler: str, core: str, flags: tuple[str, ...], option: str) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}")
    folders = sorted({f"-I{path.parent}" for path in resources.kernels().values()})
    seen: set[str] = set()
    for path in resources.kernels().values():
        if path.suffix != ".c" or path.parent.name != core:
            continue
        command = [compiler, "-std=gnu11", "-O2", *flags, *folders, str(path)]
        text = subprocess.run([*command, "-E", "-P"], check=True, capture_output=True, text=True).stdout
        plain, counted = (_sizes([*command, *more], tmp_path / "made.o") for more in ((), (option,)))
        names = set(NAKED.findall(text)) & set(plain)
        assert {name: counted[name] for name in names} == {name: plain[name] for name in names}
        seen |= names
    assert len(seen) >= (5 if core == "armv6m" else 1), seen


def test_none_is_without_the_word_for_it() -> None:
    """Those too that stand in a header for generated code."""
    for path in resources.kernels().values():
        for attribute in re.findall(r"__attribute__\(\(naked[^()]*\)\)", path.read_text(encoding="utf-8")):
            assert "no_instrument_function" in attribute, path.name
