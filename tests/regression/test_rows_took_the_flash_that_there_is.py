"""On a board with little flash the code that moves rows made a network too big that fitted as a whole."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.tinyml import tinyml


@pytest.mark.skipif(not shutil.which("riscv64-unknown-elf-gcc"), reason="needs RISC-V's GCC")
def test_whole_images_are_taken_where_rows_do_not_fit(tmp_path: Path) -> None:
    done = tinyml("build", "-b", "ch32v003-limit", "--json", "-C", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "the code for rows would not fit" in done.stderr
    assert json.loads(done.stdout)["flash_bytes"] < 16_384
    done = tinyml("build", "-b", "ch32v003-limit", "--stream", "rows", "-C", str(tmp_path))
    assert done.returncode == 3
