"""What emx-onnx-cgen is given: the .tflite's weights in ONNX' layout. Its own package is not needed here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.peers import emx_onnx_cgen
from tests.compiler import engine
from toolkit import models
from toolkit.artifacts import DType
from toolkit.compiler import compile_model, reader

Floats = NDArray[np.float32]


def _windows(x: Floats, kernel: list[int], strides: list[int]) -> Floats:
    """[c, h, w] -> [c, rows, columns, kernel_h, kernel_w]."""
    views = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(1, 2))
    return np.asarray(views[:, :: strides[0], :: strides[1]], np.float32)


def _computed(nodes: list[dict[str, Any]], arrays: dict[str, Floats], x: Floats) -> Floats:
    """The nodes as ONNX defines them, on one image [1, c, h, w]."""
    for node in nodes:
        weights = [arrays[name] for name in node["weights"]]
        given = node["attributes"]
        assert given.get("pads", [0, 0, 0, 0]) == [0, 0, 0, 0]
        if node["kind"] == "Conv":
            patches = _windows(x[0], given["kernel_shape"], given["strides"])
            x = (np.einsum("cyxhw,ochw->oyx", patches, weights[0]) + weights[1][:, None, None])[None]
        elif node["kind"] == "MaxPool":
            x = _windows(x[0], given["kernel_shape"], given["strides"]).max(axis=(3, 4))[None]
        elif node["kind"] == "LeakyRelu":
            x = np.where(x < 0, given["alpha"] * x, x)
        elif node["kind"] == "Flatten":
            x = x.reshape(1, -1)
        elif node["kind"] == "Gemm":
            x = x @ weights[0].T + weights[1]
        else:
            assert node["kind"] == "Softmax"
            powers = np.exp(x - x.max())
            x = powers / powers.sum()
    return x


def test_layers_compute_the_network(tmp_path: Path) -> None:
    tflite = models.resolve("proposed", DType.FLOAT32, tmp_path).path.read_bytes()
    nodes, arrays = emx_onnx_cgen._layers(reader.read(tflite))
    inputs = engine.random_inputs(compile_model(tflite, isa="native", fpu=True), 5, seed=8)
    for one, expected in zip(inputs, engine.reference(tflite, inputs), strict=True):
        np.testing.assert_allclose(_computed(nodes, arrays, one.transpose(0, 3, 1, 2)), expected, rtol=0, atol=1e-5)
