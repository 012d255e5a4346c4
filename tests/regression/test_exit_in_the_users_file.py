"""A user's file that ends Python ended `tinyml train` with its own code and no word; a damaged network was called none
that is converted, with the advice to leave the data out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.projects import tinyml
from toolkit.errors import TrainError
from toolkit.train import own


@pytest.mark.parametrize("text", ["import sys\nsys.exit(0)\n", "def build():\n    raise SystemExit(3)\n"])
def test_exit(tmp_path: Path, text: str) -> None:
    (tmp_path / "my.py").write_text(text)
    with pytest.raises(TrainError, match=r"my\.py, line 2: SystemExit: [03]"):
        own.build(f"{tmp_path / 'my.py'}:build", 1)


def test_a_signal_is_not_the_files_fault(tmp_path: Path) -> None:
    (tmp_path / "my.py").write_text("raise SystemExit(143)\n")
    with pytest.raises(SystemExit):
        own.build(f"{tmp_path / 'my.py'}:build", 1)


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".onnx", ".pt2"])
def test_a_damaged_network_with_data(tmp_path: Path, suffix: str) -> None:
    model = tmp_path / f"net{suffix}"
    for said in ("is not there", f"has nothing of a {suffix} file in it"):
        ended = tinyml("build", "--board", "host", "--model", str(model), "--data", "x.npz", "-C", str(tmp_path))
        assert ended.returncode == 1 and f"{said}\n" in ended.stderr and "leave --data out" not in ended.stderr
        model.write_bytes(b"half a file")
