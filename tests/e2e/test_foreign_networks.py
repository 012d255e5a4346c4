"""Networks that are not about digits, built in Keras as a user would bring them, on the emulated Cortex-M4F."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import foreign
from tests.cli.tinyml import tinyml
from toolkit.artifacts import DType

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.emulator, pytest.mark.slow]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("networks")
    subprocess.run([sys.executable, "-m", "bench.foreign", str(made)], cwd=ROOT, check=True, capture_output=True)
    return made


@pytest.mark.parametrize("dtype", list(DType))
@pytest.mark.parametrize("network", list(foreign.NETWORKS))
def test_every_output_is_the_official_interpreters(folder: Path, tmp_path: Path, network: str, dtype: DType) -> None:
    arguments = ["--board", "mps2-an386", "--model", str(folder / f"{network}_{dtype}.tflite"), "--dtype", str(dtype)]
    done = tinyml("run", *arguments, "--limit", "5", "--no-strength", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    verdict = json.loads(done.stdout)
    assert verdict["proven"] is True
    assert verdict["answered"] == 5
    if dtype is DType.INT8:
        assert verdict["max_difference"] == 0
