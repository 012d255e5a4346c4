"""\"takes neither int8 nor float32\": the type was not named, nor the converter's line that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.graphs import Graph
from tests.tflite import files
from toolkit import models
from toolkit.artifacts import DType
from toolkit.errors import ModelError
from toolkit.tflite.ends import ends_of


def _ends(kind: str, other: str = "") -> bytes:
    g = Graph()
    source, output = g.tensor((1, 4), "int8", 0.1), g.tensor((1, 4), "int8", 0.1)
    for index, each in ((source, kind), (output, other or kind)):
        files.retype(g, index, each)
    g.operator("RELU", [source], [output])
    return g.file(source, output)


@pytest.mark.parametrize(
    ("data", "named", "line"),
    [
        (
            _ends("UINT8"),
            "uint8 inputs and outputs",
            "inference_input_type = converter.inference_output_type = tf.int8",
        ),
        (_ends("INT8", "UINT8"), "uint8 outputs", "inference_input_type = converter.inference_output_type = tf.int8"),
        (_ends("INT16"), "int16 inputs and outputs", "representative_dataset"),
        (_ends("INT32"), "int32 inputs and outputs", "float32"),
        (_ends("FLOAT16"), "float16 inputs and outputs", "tf.float32"),
        (_ends("BOOL"), "bool inputs and outputs", "float32"),
        (_ends("INT8", "FLOAT32"), "int8 inputs and float32 outputs", "inference_output_type"),
        (files.dynamic_range(), "dynamic range quantisation", "representative_dataset"),
    ],
)
def test_it_is(tmp_path: Path, data: bytes, named: str, line: str) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=named) as caught:
        models.resolve(str(path), DType.INT8, tmp_path)
    assert line in caught.value.hint
    assert "--runtime" not in caught.value.hint
    if named != "dynamic range quantisation":
        with pytest.raises(ModelError, match=named):
            ends_of(data)


@pytest.mark.parametrize(("inputs", "outputs"), [(2, 1), (1, 2), (2, 2)])
def test_so_is_the_number_of_ends(tmp_path: Path, inputs: int, outputs: int) -> None:
    g = Graph()
    tensors = [g.tensor((1, 4), "int8", 0.1) for _ in range(4)]
    g.operator("ADD", tensors[:2], [tensors[2]], "AddOptions")
    g.operator("RELU", [tensors[2]], [tensors[3]])
    path = tmp_path / "net.tflite"
    path.write_bytes(files.packed(g, tensors[:inputs], tensors[4 - outputs :]))
    words = f"{inputs} input{'s' * (inputs > 1)} and {outputs} output{'s' * (outputs > 1)}"
    with pytest.raises(ModelError, match=words):
        models.resolve(str(path), DType.INT8, tmp_path)
