"""The float32 network beside the int8 one: which layer adds noise, and how much there is."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.compiler.graphs import Graph
from toolkit import reference
from toolkit.reference import loss
from toolkit.tflite.description import describe

pytestmark = pytest.mark.skipif(not reference.is_installed("ai_edge_litert"), reason="needs LiteRT")

SCALE = 1 / 32
COARSE = 1 / 8
"""Of the second layer's output, four times as coarse."""

STEPS = (1 / 64, 1 / 8)
WEIGHTS = tuple(
    step * np.random.default_rng(seed).integers(-9, 9, shape)
    for seed, (step, shape) in enumerate(zip(STEPS, ((6, 8), (3, 6)), strict=True))
)


def _network(dtype: str, scales: tuple[float, ...] = (SCALE, SCALE, COARSE), last: str = "LOGISTIC") -> bytes:
    """Two dense layers, whose weights int8 holds exactly, and one more operator."""
    graph = Graph()
    is_float = dtype == "float32"
    current = source = graph.tensor((1, 8), dtype, scale=None if is_float else scales[0])
    for weights, step, before, after in zip(WEIGHTS, STEPS, scales[:-1], scales[1:], strict=True):
        bias = np.zeros(len(weights))
        if is_float:
            constants = [graph.tensor(each.shape, dtype, data=each.astype(np.float32)) for each in (weights, bias)]
            output = graph.tensor((1, len(weights)), dtype)
        else:
            constants = [
                graph.tensor(weights.shape, scale=step, data=(weights / step).astype(np.int8)),
                graph.tensor(bias.shape, "int32", scale=step * before, data=bias.astype(np.int32)),
            ]
            output = graph.tensor((1, len(weights)), scale=after)
        graph.operator("FULLY_CONNECTED", [current, *constants], [output], "FullyConnectedOptions")
        current = output
    end = graph.tensor((1, 3), dtype) if is_float else graph.tensor((1, 3), scale=1 / 256, zero_point=-128)
    graph.operator(last, [current], [end])
    return graph.file(source, end)


def _inputs(count: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Real values that int8 holds exactly, and how it holds them."""
    stored = np.random.default_rng(3).integers(-64, 64, (count, 8)).astype(np.int8)
    return (stored * SCALE).astype(np.float32), stored


def test_the_coarse_layer_is_the_one_that_adds_most() -> None:
    real, stored = _inputs()
    found = loss.by_layer(_network("float32"), _network("int8"), [real], [stored])
    assert found.samples == 40
    assert found.worst == "layer 1 (FULLY_CONNECTED)"
    first, second, _ = found.layers
    hidden = real @ WEIGHTS[0].T
    for layer, exact, scale, before in ((first, hidden, SCALE, None), (second, hidden @ WEIGHTS[1].T, COARSE, first)):
        # Rounding to a step is noise of step² / 12.
        noise = scale**2 / 12 / np.square(exact).mean()
        assert layer.snr_db == pytest.approx(-10 * math.log10(noise), abs=1.0)
        if before is not None:
            assert layer.added == pytest.approx(noise, rel=0.3)


def test_the_same_network_twice_has_no_noise() -> None:
    real, _ = _inputs(5)
    found = loss.by_layer(_network("float32"), _network("float32"), [real], [real])
    assert found.worst == ""
    assert all(each.snr_db is None or each.snr_db > 100 for each in found.layers)


def test_other_operators_are_matched_by_name_or_not_at_all() -> None:
    one, two = (describe(each).main for each in (_network("int8"), _network("float32", last="TANH")))
    pairs = loss.partners(one, two)
    # The made graphs number their tensors alike, so that names agree; a shape that does not is no partner.
    assert all(one.tensors[mine].shape == two.tensors[theirs].shape for mine, theirs in pairs.items())
    real, stored = _inputs(3)
    found = loss.by_layer(_network("float32", last="TANH"), _network("int8"), [real], [stored])
    assert [bool(each.partner) for each in found.layers] == [each.outputs[0] in pairs for each in one.operators]
