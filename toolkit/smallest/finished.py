"""From trained weights to the finished network: normalisation and scaling folded in, Keras, `.tflite`, its answers."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import DType
from toolkit.data.samples import Samples
from toolkit.data.task import predicted
from toolkit.smallest.data import DEVIATION, MEAN, Sets
from toolkit.smallest.training import Weights
from toolkit.zoo import topology_keras
from toolkit.zoo.topology import SIDE, Kind, Layer
from toolkit.zoo.topology_keras import EPSILON, Stored

Double = npt.NDArray[np.float64]


def fold(weights: Weights) -> Stored:
    """What the finished network stores; see `Stored`.

    With scale g, offset b, mean and variance of a normalisation: gain = g / sqrt(variance + epsilon), weights x gain,
    bias = b - mean x gain. The trainer sees (pixel - MEAN) / DEVIATION; the finished network the pixel.
    """
    topology = weights.topology
    slots: list[Double | None] = [
        weights.parameters[slot.offset : slot.offset + slot.size].astype(np.float64).reshape(slot.shape)
        for slot in topology.slots
    ]
    first: dict[int, Double] = {}  # the gain that is in a slot of weights
    at = 0
    for place, layer in enumerate(topology.layers):
        source: Layer | None = topology.layers[place - 1] if place else None
        if layer.kind is not Kind.NORM or source is None:
            continue
        count = layer.channels
        mean, variance = (weights.statistics[at + part * count :][:count].astype(np.float64) for part in (0, 1))
        at += 2 * count
        scale, offset, kernel = (cast(Double, slots[slot]) for slot in (layer.scale, layer.bias, source.weights))
        gain = scale / np.sqrt(variance + EPSILON)
        if place == 2:  # the first convolution: it reads the pixels
            kernel = kernel / DEVIATION
            mean = mean + kernel.reshape(count, -1).sum(axis=1) * MEAN
        slots[layer.bias] = offset - mean * gain
        slots[layer.scale] = gain / first[source.weights] if source.use else None
        if not source.use:
            first[source.weights] = gain
            slots[source.weights] = kernel * gain.reshape(-1, *[1] * (kernel.ndim - 1))
    return tuple(None if each is None else each.astype(np.float32) for each in slots)


def keras_model(weights: Weights, name: str) -> Any:
    """The finished network in Keras."""
    model = topology_keras.build(weights.topology, name)
    topology_keras.set_weights(weights.topology, model, fold(weights))
    return model


def tflite(
    weights: Weights, sets: Sets, dtype: DType = DType.INT8, *, name: str = "network", per_tensor_dense: bool = False
) -> bytes:
    """The finished network as a `.tflite`, its ranges from the first thousand training images."""
    from toolkit.convert import CALIBRATION_IMAGES, convert

    sample = sets.samples.first(CALIBRATION_IMAGES).real()
    images = sample.reshape(-1, SIDE, SIDE, 1)
    return convert(keras_model(weights, name), dtype, images, per_tensor_dense=per_tensor_dense)


def answers(network: bytes, data: Samples) -> npt.NDArray[np.uint8]:
    """[N]: the class that the official interpreter finds in each sample."""
    from toolkit import reference

    inputs = reference.quantise(network, data.values, data.scaling)
    outputs = reference.expected_outputs(network, inputs)
    return predicted(reference.dequantise(network, outputs)).astype(np.uint8)
