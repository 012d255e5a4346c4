"""A network with a free batch was built with the shapes that the converter had written, 1 where 4 was meant.

TensorFlow Lite Micro then computed rubbish behind SPACE_TO_BATCH_ND, on the device and on the host alike: "proven".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.tflite import files
from toolkit import board as boards
from toolkit import models, reference, tflite
from toolkit.artifacts import DType, Runtime, sha256_of
from toolkit.errors import ModelError
from toolkit.runtimes import engines

HOST = boards.load("host")
CASES = Path(__file__).parents[3] / "shared" / "cases"


def test_both_sides_get_the_file_with_the_true_shapes(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(files.dilated())
    model = models.resolve(str(path), DType.FLOAT32, tmp_path)
    assert model.original == path.resolve()
    assert model.original_sha256 == sha256_of(path.read_bytes())
    assert model.changes == ("its free batch fixed at 1", "a PAD before SPACE_TO_BATCH_ND")
    assert model.sha256 == sha256_of(model.path.read_bytes()) != model.original_sha256
    inputs = files.some_inputs(model.read())
    expected = files.litert(path.read_bytes(), inputs)
    outputs = reference.expected_outputs(model.read(), inputs).view(np.float32).reshape(expected.shape)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)
    engines.prepare(HOST, HOST.toolchains(None, Runtime.TFLM)[0], Runtime.TFLM, model, "speed", "auto")


def test_what_cannot_be_fixed_exactly_is_refused(tmp_path: Path) -> None:
    from tests.compiler.graphs import Graph

    g = Graph()
    source, index, output = g.tensor((1, 4), "float32"), g.tensor((1, 4), "int32"), g.tensor((1, 4), "float32")
    files.free(g, source, index, output)
    g.operator("CAST", [source], [index], "CastOptions")
    g.operator("RESHAPE", [source, index], [output], "ReshapeOptions")
    path = tmp_path / "net.tflite"
    path.write_bytes(g.file(source, output))
    with pytest.raises(ModelError, match="a free batch") as caught:
        models.resolve(str(path), DType.FLOAT32, tmp_path)
    assert "batch_size=1" in caught.value.hint


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not here")
@pytest.mark.parametrize(
    "name",
    ["conv1d_d2_same_float32", "conv2d_free_batch_float32", "rows_int8", "conv1d_d2_same_batch1_int8", "float16"],
)
def test_the_cases(tmp_path: Path, name: str) -> None:
    data = (CASES / f"{name}.tflite").read_bytes()
    made = tflite.rewrite(data, tflite.describe(data))
    inputs = files.some_inputs(data)
    np.testing.assert_array_equal(files.litert(made.data, inputs), files.litert(data, inputs))
    expected = files.litert(data, inputs)
    outputs = reference.expected_outputs(made.data, inputs).view(expected.dtype).reshape(expected.shape)
    np.testing.assert_allclose(outputs.astype(float), expected.astype(float), atol=1 if name.endswith("int8") else 1e-5)
