"""float16 weights: "tensor ... must be a constant" from aot, a line of C++ from tflm, each naming the other runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.compiler import engine
from tests.tflite import files
from toolkit import board as boards
from toolkit import models
from toolkit.artifacts import DType, Runtime
from toolkit.compiler import compile_model
from toolkit.runtimes import engines

HOST = boards.load("host")


@pytest.mark.parametrize("runtime", Runtime)
def test_they_are_taken(tmp_path: Path, runtime: Runtime) -> None:
    path = tmp_path / "half.tflite"
    path.write_bytes(files.half())
    model = models.resolve(str(path), DType.FLOAT32, tmp_path)
    assert model.changes == ("its float16 weights as float32",)
    engines.prepare(HOST, HOST.toolchains(None, runtime)[0], runtime, model, "speed", "auto")


def test_exactly(tmp_path: Path) -> None:
    path = tmp_path / "half.tflite"
    path.write_bytes(files.half())
    model = models.resolve(str(path), DType.FLOAT32, tmp_path)
    inputs = files.some_inputs(model.read())
    ours = engine.run(compile_model(model.read(), isa="native", fpu=True), inputs)
    theirs = files.litert(path.read_bytes(), inputs)
    np.testing.assert_allclose(ours.reshape(theirs.shape), theirs, rtol=1e-5, atol=1e-6)
