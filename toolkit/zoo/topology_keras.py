"""A topology as a Keras model: tied layers are one layer called several times, so that what is stored counts once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from toolkit.errors import ModelError
from toolkit.zoo.architecture import KerasModel
from toolkit.zoo.topology import SIDE, Kind, Layer, Topology

EPSILON = 1e-3
"""Of the normalisations: Keras' default."""

Stored = tuple[npt.NDArray[np.float32] | None, ...]
"""What a finished network stores, by the topology's slots, each of its slot's shape: weights with the first use's scale
in them, biases, and the scales of further uses relative to the first; None for scales that are not stored."""


@dataclass
class _Made:
    """The layers so far."""

    topology: Topology
    shared: dict[int, Any] = field(default_factory=dict)  # by slot of the weights
    values: list[Any] = field(default_factory=list)

    def weighted(self, layer: Layer, new: Callable[[], Any]) -> Any:
        """The layer that has these weights: a new one at their first use."""
        if layer.weights not in self.shared:
            self.shared[layer.weights] = new()
        return self.shared[layer.weights]


def build(topology: Topology, name: str) -> KerasModel:
    """The untrained model: input float32 [batch, 28, 28, 1] in [0, 1], output float32 [batch, 10], probabilities.

    A use of tied weights is followed by a normalisation that normalises nothing (mean 0, variance + epsilon 1): its
    offset is the use's bias, its scale, from the second use on, the use's multiplier.

    Raises:
        ModelError: it adds layers of different widths.
    """
    import keras
    from keras import layers

    made = _Made(topology)
    for place, layer in enumerate(topology.layers):
        made.values.append(_layer(made, place, layer) if place else keras.Input((SIDE, SIDE, 1)))
    return keras.Model(made.values[0], layers.Softmax(name="probabilities")(made.values[-1]), name=name)


def _layer(made: _Made, place: int, layer: Layer) -> Any:
    from keras import layers

    x = made.values[-1]
    if layer.kind in (Kind.CONV, Kind.CONV_POOL):
        x = layers.Conv2D(layer.channels, layer.kernel, name=f"conv_{place}")(x)
        return layers.MaxPooling2D()(x) if layer.kind is Kind.CONV_POOL else x
    if layer.kind is Kind.DEPTHWISE:
        padding, kernel = "same" if layer.padding else "valid", layer.kernel
        return made.weighted(
            layer,
            lambda: layers.DepthwiseConv2D(kernel, padding=padding, use_bias=False, name=f"depthwise_{place}"),
        )(x)
    if layer.kind is Kind.POINTWISE:
        tied = any(other.weights == layer.weights and other.use for other in made.topology.layers)
        x = made.weighted(
            layer, lambda: layers.Conv2D(layer.channels, 1, use_bias=not tied, name=f"pointwise_{place}")
        )(x)
        return layers.BatchNormalization(scale=layer.use > 0, epsilon=EPSILON, name=f"use_{place}")(x) if tied else x
    if layer.kind is Kind.NORM:
        if layer.slope == 1:
            return x
        return layers.LeakyReLU(negative_slope=layer.slope)(x) if layer.slope else layers.ReLU()(x)
    if layer.kind is Kind.POOL:
        return layers.MaxPooling2D()(x)
    if layer.kind is Kind.ADD:
        other = made.topology.layers[layer.source]
        if other.channels != layer.channels:
            raise ModelError(f"{made.topology.words}: it adds {other.channels} channels to {layer.channels}")
        off = other.height - layer.height
        cut = (
            layers.Cropping2D((off // 2, off - off // 2))(made.values[layer.source])
            if off
            else made.values[layer.source]
        )
        return layers.Add()([x, cut])
    if layer.kind is Kind.AVERAGE:
        return layers.GlobalAveragePooling2D()(x)
    return layers.Dense(layer.channels, name=f"dense_{place}")(layers.Flatten()(x) if len(x.shape) == 4 else x)


def set_weights(topology: Topology, model: KerasModel, stored: Stored) -> None:
    """Give a model that `build` made its weights."""

    def array(slot: int) -> npt.NDArray[np.float32]:
        return cast(npt.NDArray[np.float32], stored[slot])  # those that are not stored are never asked for

    for place, layer in enumerate(topology.layers):
        bias = array(topology.layers[place + 1].bias) if place + 1 < len(topology.layers) else None
        if layer.kind in (Kind.CONV, Kind.CONV_POOL):
            model.get_layer(f"conv_{place}").set_weights([array(layer.weights).transpose(2, 3, 1, 0), bias])
        elif layer.kind is Kind.DEPTHWISE and not layer.use:
            kernel = array(layer.weights).transpose(1, 2, 0)[..., None]
            model.get_layer(f"depthwise_{place}").set_weights([kernel])
        elif layer.kind is Kind.POINTWISE:
            use = next((each for each in model.layers if each.name == f"use_{place}"), None)
            kernel = array(layer.weights).T[None, None]
            if use is not None:
                plain = [np.zeros(layer.channels, np.float32), np.full(layer.channels, 1 - EPSILON, np.float32)]
                scale = [array(topology.layers[place + 1].scale)] if layer.use else []
                use.set_weights([*scale, bias, *plain])
            if not layer.use:
                model.get_layer(f"pointwise_{place}").set_weights([kernel] if use is not None else [kernel, bias])
        elif layer.kind is Kind.DENSE:
            weights = array(layer.weights)  # [units, channels, height, width]; Keras flattens [height, width, channels]
            own = array(layer.bias) if layer.bias >= 0 else bias
            flat = weights.transpose(2, 3, 1, 0).reshape(-1, layer.channels)
            model.get_layer(f"dense_{place}").set_weights([flat, own])
