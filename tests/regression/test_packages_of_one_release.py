"""`make test` asked Debian 13 for libclang-rt-14-dev, which only Debian 12 has.

No test saw it: the tool was there already on every machine that ran the tests, so that its package was never asked for.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from toolkit.process import DEBIAN_PACKAGES

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "system-tools"
NEEDED = ("id", "grep", "env")
"""What the script itself runs."""


def _tools() -> list[str]:
    """All that the Makefile may ask for."""
    lines = re.findall(r"^\w+_TOOLS := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) == 3
    return sorted({word for line in lines for word in line.split() if not word.startswith("$")})


def _asked(bare: Path, *tools: str) -> list[str]:
    """The packages that the script names on a machine with nothing but what `bare` holds."""
    for name in NEEDED:
        where = shutil.which(name)
        assert where is not None
        (bare / name).symlink_to(where)
    done = subprocess.run(
        ["/bin/sh", SCRIPT, *tools], env={"PATH": str(bare)}, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode == 0:
        return []
    assert "not found" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("please run:")]
    assert len(lines) == 1, done.stderr
    return lines[0].partition(" -y ")[2].split()


def _stub(program: Path, exits: int) -> None:
    program.write_text(f"#!/bin/sh\nexit {exits}\n", encoding="utf-8")
    program.chmod(0o700)


def test_no_package_name_holds_a_release(tmp_path: Path) -> None:
    asked = _asked(tmp_path, *_tools())
    assert {"gcc-arm-none-eabi", "libclang-rt-dev", "python3-venv", "simavr"} <= set(asked)
    hinted = " ".join(DEBIAN_PACKAGES.values()).split()
    assert [name for name in (*asked, *hinted) if re.search(r"-\d", name)] == []


def test_this_system_has_every_package(tmp_path: Path) -> None:
    def known(package: str) -> bool:
        argv = ["apt-cache", "show", package]
        return subprocess.run(argv, capture_output=True, timeout=60, check=False).returncode == 0

    if shutil.which("apt-cache") is None or not known("git") or not known("npm"):
        pytest.skip("no Debian, or its lists are not here: apt-get update")
    asked = _asked(tmp_path, *_tools())
    hinted = " ".join(DEBIAN_PACKAGES.values()).split()
    assert [name for name in sorted({*asked, *hinted}) if not known(name)] == []


@pytest.mark.parametrize(
    ("tool", "wants"), [("clang", "libclang-rt-dev"), ("avr-gcc", "avr-libc"), ("gcc", "libc6-dev")]
)
def test_a_compiler_without_its_libraries_is_missing(tool: str, wants: str, tmp_path: Path) -> None:
    _stub(tmp_path / tool, exits=1)
    assert wants in _asked(tmp_path, tool)


def test_a_compiler_with_them_is_not(tmp_path: Path) -> None:
    _stub(tmp_path / "clang", exits=0)
    assert _asked(tmp_path, "clang") == []
