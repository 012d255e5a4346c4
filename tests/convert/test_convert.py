import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tflite as reader

from toolkit import reference, zoo
from toolkit.artifacts import DType, sha256_of
from toolkit.convert import convert, operators, slim
from toolkit.data import load_external
from toolkit.errors import TrainError
from toolkit.tflite.as_c_array import c_array
from toolkit.tflite.ends import ends_of

IMAGES = load_external().real()


@pytest.fixture(scope="module")
def keras_model() -> object:
    import keras

    keras.utils.set_random_seed(3)
    return zoo.get("proposed").build()


@pytest.fixture(scope="module")
def converted(keras_model: object) -> dict[str, bytes]:
    return {
        "float32": convert(keras_model, DType.FLOAT32),
        "int8": convert(keras_model, DType.INT8, IMAGES),
        "per_tensor": convert(keras_model, DType.INT8, IMAGES, per_tensor_dense=True),
    }


def _real(tflite: bytes) -> np.ndarray:
    outputs = reference.expected_outputs(tflite, reference.quantise(tflite, IMAGES))
    return reference.dequantise(tflite, outputs)


def test_float32_computes_what_keras_does(keras_model: object, converted: dict[str, bytes]) -> None:
    floats = IMAGES[..., np.newaxis]
    np.testing.assert_allclose(_real(converted["float32"]), keras_model(floats), atol=1e-6)  # type: ignore[operator]


@pytest.mark.parametrize("kind", ["int8", "per_tensor"])
def test_int8_is_near_float32_and_integer_throughout(converted: dict[str, bytes], kind: str) -> None:
    assert np.abs(_real(converted[kind]) - _real(converted["float32"])).max() < 0.03
    graph = reader.Model.GetRootAsModel(converted[kind], 0).Subgraphs(0)
    types = {graph.Tensors(place).Type() for place in range(graph.TensorsLength())}
    assert types == {reader.TensorType.INT8, reader.TensorType.INT32}


def _dense_scales(tflite: bytes) -> set[int]:
    model = reader.Model.GetRootAsModel(tflite, 0)
    graph = model.Subgraphs(0)
    counts = set()
    for place, name in enumerate(operators(tflite)):
        if name == "FULLY_CONNECTED":
            counts.add(graph.Tensors(graph.Operators(place).Inputs(1)).Quantization().ScaleLength())
    return counts


def test_dense_layers_have_one_scale_only_if_asked(converted: dict[str, bytes]) -> None:
    assert _dense_scales(converted["per_tensor"]) == {1}
    assert _dense_scales(converted["int8"]) == {5, 10}


def test_no_trace_of_a_dynamic_batch(converted: dict[str, bytes]) -> None:
    for tflite in converted.values():
        assert operators(tflite) == (
            *("CONV_2D", "LEAKY_RELU", "MAX_POOL_2D") * 2,
            *("RESHAPE", "FULLY_CONNECTED", "LEAKY_RELU", "FULLY_CONNECTED", "SOFTMAX"),
        )
        assert ends_of(tflite).input.shape == (1, 28, 28, 1)


def test_operators_of_a_dynamic_batch_are_refused(monkeypatch: pytest.MonkeyPatch, keras_model: object) -> None:
    import tensorflow as tf

    dynamic = tf.lite.TFLiteConverter.from_keras_model(_batch_dependent()).convert()
    assert "SHAPE" in operators(dynamic)
    monkeypatch.setattr("toolkit.convert.lite.slim", lambda _: dynamic)
    with pytest.raises(TrainError, match=r"SHAPE.* left after the conversion"):
        convert(keras_model, DType.FLOAT32)


def _batch_dependent() -> object:
    import keras
    from keras import layers

    inputs = keras.Input((28, 28, 1))
    return keras.Model(inputs, layers.Dense(10)(layers.Reshape((784,))(inputs)))


def test_int8_needs_calibration(keras_model: object) -> None:
    with pytest.raises(TrainError, match="calibration"):
        convert(keras_model, DType.INT8)


def test_slimming_changes_the_size_and_nothing_else(keras_model: object, capsys: pytest.CaptureFixture[str]) -> None:
    """Against the converter's own file, in every interpreter that is installed."""
    import tensorflow as tf

    full = tf.lite.TFLiteConverter.from_keras_model(keras_model).convert()
    capsys.readouterr()  # Keras tells where it saved
    small = slim(full)
    assert len(small) < 0.8 * len(full)
    assert slim(small) == small
    inputs = reference.quantise(small, IMAGES)
    packages = [name for name in ("tflite_micro", "ai_edge_litert") if reference.is_installed(name)]
    assert packages
    for package in packages:
        np.testing.assert_array_equal(
            reference.expected_outputs(full, inputs, interpreter=package),
            reference.expected_outputs(small, inputs, interpreter=package),
        )


def test_constants_are_aligned_to_16_bytes(converted: dict[str, bytes]) -> None:
    """A Cortex-M faults on double-word loads from an unaligned address."""
    for tflite in converted.values():
        model = reader.Model.GetRootAsModel(tflite, 0)
        found = 0
        for place in range(model.BuffersLength()):
            data = model.Buffers(place).DataAsNumpy()
            if isinstance(data, int) or len(data) == 0:
                continue
            start = data.__array_interface__["data"][0] - np.frombuffer(tflite, np.uint8).__array_interface__["data"][0]
            assert start % 16 == 0
            found += 1
        assert found >= 7  # kernels, biases and a shape; equal ones share a place


def test_conversion_is_repeatable(keras_model: object, converted: dict[str, bytes]) -> None:
    assert convert(keras_model, DType.INT8, IMAGES) == converted["int8"]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")
@pytest.mark.parametrize("standard", ["c99", "c++11"])
def test_the_c_array_compiles_and_holds_the_bytes(tmp_path: Path, converted: dict[str, bytes], standard: str) -> None:
    tflite = converted["int8"]
    header, source = c_array(tflite, "model")
    assert sha256_of(tflite) in header
    assert sha256_of(tflite) in source
    cxx = standard.startswith("c++")
    (tmp_path / "model.h").write_text(header)
    unit = tmp_path / ("model.cc" if cxx else "model.c")
    unit.write_text(source)
    main = tmp_path / ("main.cc" if cxx else "main.c")
    main.write_text(
        '#include <stdint.h>\n#include <stdio.h>\n#include "model.h"\n'
        "int main(void) {\n"
        "  if ((uintptr_t)model % 16 != 0 || model_len != sizeof model) return 1;\n"
        "  fwrite(model, 1, model_len, stdout);\n  fwrite(model_sha256, 1, 32, stdout);\n  return 0;\n}\n"
    )
    flags = [f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    language = ["-x", "c++" if cxx else "c"]
    subprocess.run([shutil.which("gcc") or "gcc", *flags, *language, unit, main, "-o", tmp_path / "main"], check=True)
    done = subprocess.run([tmp_path / "main"], capture_output=True, check=True)
    assert done.stdout == tflite + bytes.fromhex(sha256_of(tflite))
