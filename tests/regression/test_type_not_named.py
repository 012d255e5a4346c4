"""\"takes neither int8 nor float32\": the type was not named, nor the converter's line that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.graphs import Graph
from tests.tflite import files
from toolkit import models
from toolkit.artifacts import DType
from toolkit.compiler import compile_model
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
        (_ends("FLOAT16"), "float16 inputs and outputs", "tf.float32"),
        (_ends("INT64"), "int64 inputs and outputs", "float32"),
        (
            _ends("INT8", "UINT32"),
            r"uint32 outputs \(int8, uint8, int16",
            "float32",
        ),
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


@pytest.mark.parametrize("kind", ["UINT8", "INT16", "INT32"])
def test_so_is_that_of_what_aot_does_not_compute(kind: str) -> None:
    said = f"{kind.lower()} activations in RELU" if kind != "INT32" else "RELU on int32"
    with pytest.raises(ModelError, match=said):
        compile_model(_ends(kind), isa="native", fpu=True)


def test_a_network_without_ends_is_refused() -> None:
    g = Graph()
    source, output = g.tensor((1, 4), "int8", 0.1), g.tensor((1, 4), "int8", 0.1)
    g.operator("RELU", [source], [output])
    for inputs, outputs, said in (([], [output], "0 inputs"), ([source], [], "0 outputs")):
        with pytest.raises(ModelError, match=rf"{said} \(1 to 255 are supported\)"):
            ends_of(files.packed(g, inputs, outputs))
