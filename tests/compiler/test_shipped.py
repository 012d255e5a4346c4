"""The shipped proposed model, compiled for every instruction set, against the official interpreter."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.compiler import engine
from tests.compiler.checks import check_plan
from toolkit import resources
from toolkit.compiler import compile_model

PROPOSED = resources.models() / "proposed"
SETS = ("native", "armv6m", "armv7em", "armv8_1m_mve", "avr")


def _sparse_images(count: int) -> np.ndarray:
    """uint8 images that are mostly background with a few bright strokes, as digits are."""
    rng = np.random.default_rng(7)
    images = np.zeros((count, 1, 28, 28, 1), np.uint8)
    for image in images:
        for _ in range(rng.integers(1, 5)):
            y, x = rng.integers(2, 22, 2)
            image[0, y : y + rng.integers(1, 6), x : x + rng.integers(1, 6), 0] = rng.integers(100, 256)
    return images


@pytest.mark.parametrize("optimise", ["speed", "size"])
@pytest.mark.parametrize("isa", SETS)
@pytest.mark.parametrize("name", ["proposed_int8", "proposed_int8_per_tensor"])
def test_int8_bytes_are_equal(name: str, isa: str, optimise: str) -> None:
    tflite = (PROPOSED / f"{name}.tflite").read_bytes()
    model = compile_model(tflite, isa=isa, fpu=False, optimise=optimise)
    digits = (_sparse_images(40).astype(np.int16) - 128).astype(np.int8)
    inputs = np.concatenate([digits, engine.random_inputs(model, 40, 1)])
    np.testing.assert_array_equal(engine.run(model, inputs), engine.reference(tflite, inputs))


@pytest.mark.parametrize("isa", SETS)
def test_float_outputs_are_close(isa: str) -> None:
    tflite = (PROPOSED / "proposed_float32.tflite").read_bytes()
    model = compile_model(tflite, isa=isa, fpu=True)
    inputs = (_sparse_images(40) / np.float32(255)).astype(np.float32)
    np.testing.assert_allclose(engine.run(model, inputs), engine.reference(tflite, inputs), rtol=0, atol=1e-6)


def test_what_the_compiler_reports() -> None:
    tflite = (PROPOSED / "proposed_int8.tflite").read_bytes()
    model = compile_model(tflite, isa="armv7em", fpu=True)
    # 13 x 13 x 3 x 4 positions x 9, then 5 x 5 x 4 x 4 x 27 (the pool drops a row and a column), then the dense layers.
    assert [layer.macs for layer in model.layers] == [18_252, 10_800, 500, 50, 0]
    assert model.macs == 29_602
    assert model.layers[0].operators == ("CONV_2D", "LEAKY_RELU", "MAX_POOL_2D")
    assert model.layers[2].operators == ("FULLY_CONNECTED", "LEAKY_RELU")
    assert model.inputs[0].shape == (1, 28, 28, 1)
    assert model.outputs[0].shape == (1, 10)
    assert (model.outputs[0].scale, model.outputs[0].zero_point) == (1 / 256, -128)
    assert model.constants_bytes == sum(layer.constants_bytes for layer in model.layers)
    assert f"#define MODEL_ARENA_BYTES {model.arena_bytes}u" in model.sources["model.h"]
    assert model.arena_bytes <= 900


def test_neighbours_in_time_never_share_memory() -> None:
    for model in ("proposed", "squeezenet", "cnn-8-8"):
        for isa in SETS:
            check_plan((resources.models() / model / f"{model}_int8.tflite").read_bytes(), isa)


def test_every_kernel_file_named_exists_and_includes_only_named_files() -> None:
    for isa in SETS:
        for optimise in ("speed", "size"):
            model = compile_model(
                (PROPOSED / "proposed_int8.tflite").read_bytes(), isa=isa, fpu=True, optimise=optimise
            )
            for name in model.kernels:
                text = resources.kernels()[name].read_text()
                assert set(re.findall(r'#include "(\w+\.h)"', text)) <= set(model.kernels), name


def test_no_double_reaches_the_device() -> None:
    model = compile_model((PROPOSED / "proposed_float32.tflite").read_bytes(), isa="armv7em", fpu=True)
    for name in model.kernels:
        code = re.sub(r"/\*.*?\*/", "", resources.kernels()[name].read_text(), flags=re.DOTALL)
        assert not re.search(r"\bdouble\b|\b\d+\.\d+(?:e[-+]?\d+)?(?![\df.e])", code), name
    assert not re.search(r"\b\d+\.\d+(?![\df.e])", model.sources["model.c"])
