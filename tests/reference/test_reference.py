import numpy as np
import pytest

from toolkit import reference, resources
from toolkit.artifacts import DType, ElementType, TensorSpec
from toolkit.data import load_external
from toolkit.data.scaling import UNIT
from toolkit.errors import ModelError
from toolkit.tflite.ends import ends_of

FILES = {dtype: (resources.models() / "proposed" / f"proposed_{dtype}.tflite").read_bytes() for dtype in DType}
IMAGES = load_external().real()


def test_what_a_model_takes_and_gives() -> None:
    float32 = ends_of(FILES[DType.FLOAT32])
    assert float32.input == TensorSpec(float32.input.name, (1, 28, 28, 1), ElementType.FLOAT32, 0.0, 0)
    assert (float32.output.shape, float32.output.size_bytes) == ((1, 10), 40)
    int8 = ends_of(FILES[DType.INT8])
    assert int8.input.scale == pytest.approx(1 / 255)
    assert (int8.input.zero_point, int8.input.size_bytes) == (-128, 784)
    assert (int8.output.scale, int8.output.zero_point) == (1 / 256, -128)  # the softmax's fixed output range


def test_quantisation_of_every_pixel_value() -> None:
    ramp = np.resize(np.arange(256, dtype=np.uint8), (1, 28, 28))
    stored = reference.quantise(FILES[DType.INT8], ramp, UNIT)
    assert stored.shape == (1, 28, 28, 1)
    np.testing.assert_array_equal(stored.reshape(28, 28), ramp[0].astype(int) - 128)
    real = reference.quantise(FILES[DType.FLOAT32], ramp, UNIT)
    assert real.dtype == np.float32
    np.testing.assert_array_equal(real.reshape(1, 28, 28), ramp.astype(np.float32) / np.float32(255))


@pytest.mark.parametrize("dtype", DType)
def test_the_shipped_model_reads_all_ten_external_images(dtype: DType) -> None:
    seen = []
    outputs = reference.expected_outputs(
        FILES[dtype], reference.quantise(FILES[dtype], IMAGES), progress=lambda done, total: seen.append((done, total))
    )
    assert outputs.dtype == np.uint8
    assert outputs.shape == (10, ends_of(FILES[dtype]).output.size_bytes)
    assert reference.dequantise(FILES[dtype], outputs).argmax(axis=1).tolist() == list(range(10))
    assert seen == [(10, 10)]


def test_the_interpreters_agree() -> None:
    """float32 to the last bits; int8 in nearly all outputs and in every answer.

    LiteRT's dense and softmax kernels round otherwise than TensorFlow Lite Micro's, so it is no measure for bytes.
    """
    if not (reference.is_installed("tflite_micro") and reference.is_installed("ai_edge_litert")):
        pytest.skip("needs both interpreters")
    random = np.random.default_rng(6)
    images = np.concatenate([np.roll(IMAGES, tuple(random.integers(-3, 4, 2)), (1, 2)) for _ in range(30)])
    float32 = reference.quantise(FILES[DType.FLOAT32], images)
    one, two = (
        reference.dequantise(
            FILES[DType.FLOAT32], reference.expected_outputs(FILES[DType.FLOAT32], float32, interpreter=package)
        )
        for package in ("tflite_micro", "ai_edge_litert")
    )
    np.testing.assert_allclose(one, two, atol=1e-6)
    int8 = reference.quantise(FILES[DType.INT8], images)
    bytes_one, bytes_two = (
        reference.expected_outputs(FILES[DType.INT8], int8, interpreter=package).view(np.int8).astype(int)
        for package in ("tflite_micro", "ai_edge_litert")
    )
    assert np.abs(bytes_one - bytes_two).max() <= 16
    assert (bytes_one == bytes_two).all(axis=1).mean() > 0.95


def test_describe_names_interpreter_and_version() -> None:
    assert any(character.isdigit() for character in reference.describe(FILES[DType.INT8]))
    assert "Lite" in reference.describe(FILES[DType.INT8])


def test_inputs_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ModelError, match=r"inputs are uint8 \[28, 28\]; the model takes int8 \[28, 28, 1\]"):
        reference.expected_outputs(FILES[DType.INT8], load_external().values)
    with pytest.raises(ModelError, match="takes 784 values, a sample has 100"):
        reference.quantise(FILES[DType.INT8], np.zeros((3, 10, 10), np.uint8))


@pytest.mark.parametrize("data", [b"", b"abcdTFL3", FILES[DType.INT8][:200], b"\0" * 100])
def test_a_file_that_is_no_model_is_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"no TensorFlow Lite model|schema version|the \.tflite is broken"):
        ends_of(data)
