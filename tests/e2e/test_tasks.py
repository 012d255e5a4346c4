"""A regression and an autoencoder, from the user's data to the scores that the device has: on the host's own board."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.compiler.graphs import Graph
from toolkit import api
from toolkit.artifacts import DType, Verdict
from toolkit.selection import Selection

pytestmark = pytest.mark.emulator

SCALE = 1 / 32
"""Of the int8 network's activations: -4 to 4."""


def _dense(graph: Graph, source: int, weights: np.ndarray, bias: np.ndarray, dtype: str) -> int:
    """weights [outputs, inputs], bias [outputs], real values; int8: all activations have SCALE."""
    shape = (1, len(weights))
    if dtype == "float32":
        constants = [graph.tensor(each.shape, dtype, data=each.astype(np.float32)) for each in (weights, bias)]
        output = graph.tensor(shape, dtype)
    else:
        step = float(np.abs(weights).max()) / 127
        constants = [
            graph.tensor(weights.shape, scale=step, data=np.rint(weights / step).astype(np.int8)),
            graph.tensor(bias.shape, "int32", scale=step * SCALE, data=np.rint(bias / step / SCALE).astype(np.int32)),
        ]
        output = graph.tensor(shape, scale=SCALE)
    graph.operator("FULLY_CONNECTED", [source, *constants], [output], "FullyConnectedOptions")
    return output


def network(layers: Sequence[tuple[np.ndarray, np.ndarray]], dtype: str) -> bytes:
    """Dense layers, (weights, bias) each."""
    graph = Graph()
    last = source = graph.tensor((1, layers[0][0].shape[1]), dtype, scale=None if dtype == "float32" else SCALE)
    for weights, bias in layers:
        last = _dense(graph, last, weights, bias, dtype)
    return graph.file(source, last)


def run(folder: Path, tflite: bytes, dtype: DType, task: str, x: np.ndarray, y: np.ndarray) -> api.Outcome:
    """The whole chain with inputs `x` and the truth `y` in an npz."""
    model, file = folder / "mine.tflite", folder / "set.npz"
    model.write_bytes(tflite)
    np.savez(file, x=x, y=y)
    selection = Selection(data=file, inputs=("x",), truth="y", task=task)
    return api.run("host", str(model), dtype=dtype, selection=selection, workspace=folder)


def test_a_regression_has_the_errors_of_its_truth(tmp_path: Path) -> None:
    random = np.random.default_rng(21)
    inputs = random.normal(0, 1, (150, 10)).astype(np.float32)
    weights = random.normal(0, 1, (1, 10))
    truth = 50 + 30 * (inputs @ weights[0]) + random.normal(0, 10, 150)
    tflite = network([(30 * weights, np.array([50.0]))], "float32")
    done = run(tmp_path, tflite, DType.FLOAT32, "regress", inputs, truth)
    assert done.verification.verdict is Verdict.PROVEN
    (result,) = done.verification.sets
    apart = truth - (50 + 30 * inputs @ weights[0])
    assert result.scores == {
        "mae": pytest.approx(np.abs(apart).mean(), rel=1e-4),
        "rmse": pytest.approx(np.square(apart).mean() ** 0.5, rel=1e-4),
        "r2": pytest.approx(1 - np.square(apart).sum() / np.square(truth - truth.mean()).sum(), rel=1e-4),
    }
    assert result.details.worst[0].index == int(np.abs(apart).argmax())
    page = done.report.read_text(encoding="utf-8")
    assert "How far the device is from the truth" in page
    assert page.count("data:image/svg+xml") == 12


def test_an_autoencoder_with_flags_has_an_auc(tmp_path: Path) -> None:
    """int8, 40 elements through 3: normal samples lie in the plane that comes back, odd ones beside it."""
    random = np.random.default_rng(22)
    plane = np.linalg.qr(random.normal(0, 1, (40, 3)))[0]  # [40, 3]
    odd = random.random(200) < 0.3
    inputs = random.normal(0, 1.2, (200, 3)) @ plane.T + random.normal(0, 0.05, (200, 40))
    inputs += odd[:, None] * random.normal(0, 0.03, (200, 40))
    stored = np.clip(np.rint(inputs / SCALE), -128, 127).astype(np.int8)
    tflite = network([(plane.T, np.zeros(3)), (plane, np.zeros(40))], "int8")
    done = run(tmp_path, tflite, DType.INT8, "reconstruct", inputs, odd)
    assert done.verification.verdict is Verdict.PROVEN
    (result,) = done.verification.sets
    again = SCALE * stored @ plane @ plane.T
    scores = np.square(SCALE * stored - again).mean(axis=1)
    pairs = [(a > b) + (a == b) / 2 for a in scores[odd] for b in scores[~odd]]
    assert result.scores["auc"] == pytest.approx(np.mean(pairs), abs=0.02)
    assert 0.6 < result.scores["auc"] < 1
    assert result.scores["mean_error"] == pytest.approx(scores[~odd].mean(), rel=0.2)
    assert result.details.odd == odd.sum()
    page = done.report.read_text(encoding="utf-8")
    assert "What looks odd to the device" in page
    assert page.count(", what the device gave") == 12
