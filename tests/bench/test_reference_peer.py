"""The plain reference kernels give the interpreter's very bytes, on the host and under the sanitizers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from bench.peers import reference
from bench.peers.base import NotForThisNetworkError
from tests.compiler import engine
from tests.compiler.graphs import Graph, activation, padding
from toolkit import models
from toolkit.artifacts import CompiledModel, DType, ModelFile, sha256_of
from toolkit.compiler import compile_model


def _generated(model: ModelFile, folder: Path) -> CompiledModel:
    """The peer's C in the place of our own compiler's."""
    compiled = compile_model(model.path.read_bytes(), isa="native", fpu=True)
    sources = reference.generate(model, folder)
    assert not sources.foreign, "it is built with -Werror"
    return dataclasses.replace(compiled, sources=dict(sources.files), kernels=())


# LeakyReLU; fused ReLU and a convolution with one scale for each of eight channels; dense layers alone.
@pytest.mark.parametrize("name", ["proposed", "cnn-8-8", "initial"])
@pytest.mark.parametrize("dtype", DType)
def test_every_byte_is_the_interpreters(name: str, dtype: DType, tmp_path: Path) -> None:
    model = models.resolve(name, dtype, tmp_path)
    generated = _generated(model, tmp_path)
    inputs = engine.random_inputs(generated, 100, seed=3)
    got, expected = engine.run(generated, inputs), engine.reference(model.path.read_bytes(), inputs)
    if dtype is DType.INT8:
        np.testing.assert_array_equal(got, expected)
        assert len(np.unique(got)) > 10, "inputs that tell wrong arithmetic"
    else:
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-6)


def test_per_tensor_dense_layers_multiply_their_scales_in_single_precision(tmp_path: Path) -> None:
    model = models.resolve("proposed", DType.INT8, tmp_path, per_tensor=True)
    generated = _generated(model, tmp_path)
    inputs = engine.random_inputs(generated, 100, seed=4)
    np.testing.assert_array_equal(engine.run(generated, inputs), engine.reference(model.path.read_bytes(), inputs))


def _padded(kind: str) -> bytes:
    """A padded convolution, or depthwise convolution, and a padded max-pool with a clamp, none of them of even size."""
    rng = np.random.default_rng(5)
    g = Graph()
    source = g.tensor((1, 9, 7, 2), "int8", 0.02, -7)
    shape = (3, 3, 2, 2) if kind == "CONV_2D" else (1, 3, 2, 2)
    channels = shape[0] if kind == "CONV_2D" else shape[3]
    scales = [0.011, 0.004, 0.017][:channels]
    axis = 0 if kind == "CONV_2D" else 3
    weights = g.tensor(shape, "int8", scales, 0, axis, rng.integers(-127, 128, shape))
    bias = g.tensor((channels,), "int32", [0.02 * s for s in scales], 0, 0, rng.integers(-3000, 3000, channels))
    conv = g.tensor((1, 5, 4, channels), "int8", 0.05, 11)
    same = {"padding": padding(True), "strideH": 2, "strideW": 2}
    once = {"dilationHFactor": 1, "dilationWFactor": 1} | ({} if kind == "CONV_2D" else {"depthMultiplier": 1})
    options = "Conv2DOptions" if kind == "CONV_2D" else "DepthwiseConv2DOptions"
    g.operator(kind, [source, weights, bias], [conv], options, **same, **once)
    pool = g.tensor((1, 3, 2, channels), "int8", 0.05, 11)
    fused = {"filterHeight": 3, "filterWidth": 2, "fusedActivationFunction": activation("RELU6")}
    g.operator("MAX_POOL_2D", [conv], [pool], "Pool2DOptions", **same, **fused)
    return g.file(source, pool)


def _file(tflite: bytes, folder: Path) -> ModelFile:
    path = folder / "made.tflite"
    path.write_bytes(tflite)
    return ModelFile("made", path, DType.INT8, sha256_of(tflite), len(tflite))


def test_padding_and_clamps(tmp_path: Path) -> None:
    tflite = _padded("CONV_2D")
    generated = _generated(_file(tflite, tmp_path), tmp_path)
    inputs = engine.random_inputs(generated, 100, seed=6)
    np.testing.assert_array_equal(engine.run(generated, inputs), engine.reference(tflite, inputs))


def test_what_it_lacks_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotForThisNetworkError, match="grouped"):
        reference.generate(_file(_padded("DEPTHWISE_CONV_2D"), tmp_path), tmp_path)
