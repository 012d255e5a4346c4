"""The trained network is the same one in Keras and in the `.tflite`: folding, ties, counts, answers."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from tests.smallest.test_study import _samples
from toolkit.smallest import data, finished, native
from toolkit.smallest.training import Weights, drawn
from toolkit.tflite import description
from toolkit.zoo import topology_keras
from toolkit.zoo.topology import parse

# Ties, padding, a sum, a dense head, a linear end: every way that a layer is folded or laid out anew.
TOPOLOGIES = ("c3p s5 s5 s5t s5t g F", "c2p c3p d4 F", "c4 P s4z s4z r1 P s6 s10n g")


def _weights(words: str, sets: data.Sets, slope: float = 0.1) -> tuple[Weights, native.Network]:
    topology = parse(words, slope)
    rng = np.random.default_rng(5)
    parameters = drawn(topology, 2)
    for layer in topology.layers:
        if layer.scale >= 0:
            scale, bias = topology.slots[layer.scale], topology.slots[layer.bias]
            parameters[scale.offset : scale.offset + scale.size] = rng.uniform(0.3, 1.6, scale.size)
            parameters[bias.offset : bias.offset + bias.size] = rng.normal(0, 0.4, bias.size)
    network = native.Network(topology, 2)
    return Weights(topology, parameters, network.collect(parameters, data.REAL, sets.train.pixels[:256])), network


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> data.Sets:
    return data.split(_samples(), tmp_path_factory.mktemp("copies"), held_out=100)


@pytest.mark.parametrize("words", TOPOLOGIES)
@pytest.mark.parametrize("slope", [0.1, 0.0])
def test_keras_gives_the_trainers_outputs(words: str, slope: float, sets: data.Sets) -> None:
    weights, network = _weights(words, sets, slope)
    model = finished.keras_model(weights, "network")
    scores = network.run(weights.parameters, data.REAL, sets.held_out.pixels).astype(np.float64)
    likely = np.exp(scores - scores.max(1, keepdims=True))
    given = sets.held_out.pixels.reshape(-1, 28, 28, 1).astype(np.float32) / 255
    outputs = np.asarray(model(given, training=False))
    # float32 sums in another order, and folded weights: a few last bits of a probability.
    np.testing.assert_allclose(outputs, likely / likely.sum(1, keepdims=True), atol=3e-6)
    assert sum(int(np.prod(each.shape)) for each in model.trainable_variables) == weights.topology.parameters


def test_tied_weights_are_one_buffer_of_the_int8_file(sets: data.Sets) -> None:
    weights, network = _weights(TOPOLOGIES[0], sets)
    tflite = finished.tflite(weights, sets)
    graph = description.describe(tflite).subgraphs[0]
    kernels = Counter(each.inputs[1] for each in graph.operators if each.kind in ("CONV_2D", "DEPTHWISE_CONV_2D"))
    assert sorted(kernels.values()) == [1, 1, 1, 1, 1, 1, 3], kernels  # one depthwise kernel in three places
    found = finished.answers(tflite, sets.samples.part(600, 700))
    scores = network.run(weights.parameters, data.REAL, sets.held_out.pixels)
    assert np.mean(found == scores.argmax(1)) > 0.8  # int8 of random weights: near ties fall either way


def test_sums_of_other_widths_are_refused() -> None:
    from toolkit.errors import ModelError

    with pytest.raises(ModelError, match="channels"):
        topology_keras.build(parse("c4p s5 r1 g F"), "network")
