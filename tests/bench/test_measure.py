"""A peer measured as `make bench` does: built, booted, proven, counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import host, measure
from bench.peers import base
from toolkit import process
from toolkit.artifacts import Build, DType


@pytest.mark.emulator
def test_reference_kernels_on_the_emulated_board(tmp_path: Path) -> None:
    row = measure.peer(tmp_path, "mps2-an386", base.load("reference"), DType.INT8, "-O3", images=2)
    ours = measure.ours(tmp_path, "mps2-an386", "proposed", DType.INT8, "speed", images=2)
    assert row is not None
    assert ours is not None
    assert row.peer
    assert not ours.peer
    assert row.macs == ours.macs == 29_602
    assert row.instructions is not None
    assert ours.instructions is not None
    assert row.instructions > 10 * ours.instructions, "an operator at a time, an index for every element"
    assert row.ram_bytes > 2 * 26 * 26 * 3, "the convolution's output and the activation's"
    assert row.image_bytes is not None
    assert 0 < row.flash_bytes < row.image_bytes


@pytest.mark.emulator
def test_a_peer_that_does_not_fit_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = measure.peer(tmp_path, "microbit", base.load("reference"), DType.FLOAT32, "-O3", images=2)
    assert row is None
    assert "too big for BBC micro:bit" in capsys.readouterr().err


@pytest.mark.emulator
@pytest.mark.skipif(process.find("valgrind") is None, reason="valgrind counts the host's instructions")
@pytest.mark.parametrize("dtype", list(DType))
def test_host_instructions_repeat(dtype: DType, tmp_path: Path) -> None:
    row = measure.ours(tmp_path, "host", "proposed", dtype, "speed", images=3)
    assert row is not None
    assert row.unit == "instructions"
    assert row.instructions is not None
    assert row.macs is not None
    assert row.instructions > row.macs
    built = Build.load(tmp_path / "build" / "host" / f"proposed-{dtype}-aot" / "build.json")
    assert host.instructions(built, 3) == row.instructions
