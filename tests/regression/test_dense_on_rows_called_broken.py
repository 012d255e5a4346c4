"""A Keras Dense on a sequence with a free batch: "the .tflite is broken ... download it again"."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.compiler import engine
from tests.tflite import files
from toolkit import models
from toolkit.artifacts import DType
from toolkit.compiler import compile_model


@pytest.mark.parametrize("dtype", DType)
def test_it_is_compiled_once_the_batch_is_1(tmp_path: Path, dtype: DType) -> None:
    path = tmp_path / "rows.tflite"
    path.write_bytes(files.rows(str(dtype)))
    model = models.resolve(str(path), dtype, tmp_path)
    compiled = compile_model(model.read(), isa="native", fpu=True)
    inputs = files.some_inputs(model.read())
    ours = engine.run(compiled, inputs)
    theirs = files.litert(path.read_bytes(), inputs)
    # LiteRT rounds an int8 dense layer otherwise than TensorFlow Lite Micro now and then, by one.
    np.testing.assert_allclose(ours.reshape(theirs.shape).astype(float), theirs.astype(float), rtol=1e-5, atol=1)
