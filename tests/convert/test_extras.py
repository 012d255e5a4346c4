"""ONNX and PyTorch, where their converters are installed; and what is said where they are not."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit import convert, process, reference
from toolkit.artifacts import DType
from toolkit.convert import onnx, pytorch
from toolkit.errors import ModelError, ToolError
from toolkit.models import conversion
from toolkit.selection import EVERYTHING, Selection
from toolkit.tflite.ends import ends_of

HEAD = b"\x08\x09\x12\x07pytorch"
"""Of every ONNX file: its version, and who wrote it."""


def _data(folder: Path) -> Selection:
    x = np.random.default_rng(3).normal(0, 1, (50, 1, 8, 8)).astype(np.float32)
    np.savez(folder / "t.npz", x=x)
    return Selection(data=folder / "t.npz")


def _outputs(tflite: bytes, x: np.ndarray) -> np.ndarray:
    return reference.dequantise(tflite, reference.expected_outputs(tflite, reference.quantise(tflite, x)))


def _near(made: conversion.Converted, folder: Path, meant: np.ndarray) -> None:
    """Both files give what the framework does; int8 to a few steps."""
    x = np.load(folder / "t.npz")["x"]
    float32, int8 = made.float32.read_bytes(), made.path.read_bytes()
    np.testing.assert_allclose(_outputs(float32, x), meant, atol=1e-5)
    np.testing.assert_allclose(_outputs(int8, x), meant, atol=0.05)
    spec = ends_of(int8).input
    assert spec.dtype == "int8"
    assert spec.scale * (127 - spec.zero_point) == pytest.approx(x.max(), rel=0.02)


def test_they_are_told_by_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(HEAD)
    (tmp_path / "text.onnx").write_text("no network")
    found = convert.finder(tmp_path / "net.onnx")
    assert found is not None
    assert found[0] == "onnx"
    assert convert.finder(tmp_path / "text.onnx") is None


def test_what_is_missing_is_one_line_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.onnx").write_bytes(HEAD)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(process, "find", lambda _: None)
    with pytest.raises(ToolError, match="onnx2tf, which is not installed") as caught:
        onnx.load(tmp_path / "net.onnx")
    assert "pip install 'tinyml-toolkit[onnx]'" in caught.value.hint
    monkeypatch.setitem(sys.modules, "litert_torch", None)
    with pytest.raises(ToolError, match="litert-torch, which is not installed") as caught:
        pytorch.load(tmp_path / "net.pt2")
    assert "pip install 'tinyml-toolkit[torch]'" in caught.value.hint


def test_what_onnx2tf_says_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a program that stands in for it: it is called by name, and may lie in an environment of its own."""
    program = tmp_path / "bin" / "onnx2tf"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "ERROR: the operator Frob is not supported" >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setattr(process, "find", lambda _: program)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    (tmp_path / "net.onnx").write_bytes(HEAD)
    with pytest.raises(Exception, match=r"onnx2tf cannot convert net\.onnx: ERROR: the operator Frob"):
        onnx.load(tmp_path / "net.onnx").make(DType.FLOAT32, (), False)


def _onnx(folder: Path) -> np.ndarray:
    """net.onnx: convolution, pool, dense, softmax with a free batch; and what onnxruntime says to t.npz."""
    module: Any = pytest.importorskip("onnx")
    runtime: Any = pytest.importorskip("onnxruntime")
    helper, arrays, kind = module.helper, module.numpy_helper, module.TensorProto.FLOAT
    random = np.random.default_rng(1)

    def constant(name: str, *shape: int) -> Any:
        return arrays.from_array(random.normal(0, 0.4, shape).astype(np.float32), name)

    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Gemm", ["f", "w2", "b2"], ["l"]),
        helper.make_node("Softmax", ["l"], ["y"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", kind, ["batch", 1, 8, 8])],
        [helper.make_tensor_value_info("y", kind, ["batch", 3])],
        [constant("w", 4, 1, 3, 3), constant("b", 4), constant("w2", 64, 3), constant("b2", 3)],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 9
    module.save(made, str(folder / "net.onnx"))
    session = runtime.InferenceSession(str(folder / "net.onnx"), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": np.load(folder / "t.npz")["x"]})[0])


def test_an_onnx_network_is_converted(tmp_path: Path) -> None:
    if process.find("onnx2tf") is None:
        pytest.skip("onnx2tf is not installed")
    asked = _data(tmp_path)
    meant = _onnx(tmp_path)
    made = conversion.converted(tmp_path / "net.onnx", DType.INT8, asked, tmp_path)
    assert ends_of(made.float32.read_bytes()).input.shape == (1, 8, 8, 1)
    _near(made, tmp_path, meant)


@pytest.mark.skipif(importlib.util.find_spec("litert_torch") is None, reason="litert-torch is not installed")
@pytest.mark.filterwarnings("ignore")
def test_a_program_of_torch_is_converted(tmp_path: Path) -> None:
    import torch

    torch.manual_seed(1)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(64, 3),
        torch.nn.Softmax(-1),
    ).eval()
    asked = _data(tmp_path)
    torch.export.save(torch.export.export(net, (torch.zeros(1, 1, 8, 8),)), tmp_path / "net.pt2")
    made = conversion.converted(tmp_path / "net.pt2", DType.INT8, asked, tmp_path)
    _near(made, tmp_path, net(torch.tensor(np.load(tmp_path / "t.npz")["x"])).detach().numpy())
    torch.export.save(torch.export.export(net, (torch.zeros(4, 1, 8, 8),)), tmp_path / "four.pt2")
    with pytest.raises(ModelError, match="a batch of 4"):
        conversion.converted(tmp_path / "four.pt2", DType.FLOAT32, EVERYTHING, tmp_path)
