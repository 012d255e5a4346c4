"""A network of dense layers alone: all its kernels are headers, and the project must find them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.tinyml import tinyml
from toolkit import resources

pytestmark = pytest.mark.emulator


@pytest.mark.parametrize("dtype", ["int8", "float32"])
def test_dense_network_is_proven_on_the_emulated_board(tmp_path: Path, dtype: str) -> None:
    model = resources.models() / "initial" / f"initial_{dtype}.tflite"
    arguments = ["--board", "mps2-an386", "--model", str(model), "--dtype", dtype, "--limit", "5", "--json"]
    done = tinyml("run", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["proven"] is True
