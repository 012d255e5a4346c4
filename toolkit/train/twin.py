"""A training twin of a network, with batch normalisation, and its folding back into the network's own weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from toolkit.errors import TrainError


def _weighted(layer: Any) -> bool:
    from keras import layers

    return isinstance(layer, (layers.Conv2D, layers.Dense)) and not isinstance(layer, layers.DepthwiseConv2D)


def _normalised(model: Any) -> list[Any]:
    """The layers that get a batch normalisation: every convolution and dense layer but the output's."""
    weighted = [layer for layer in model.layers if _weighted(layer)]
    return weighted[:-1]


def can_have_twin(model: Any) -> bool:
    """True for a plain stack of layers: what `with_batch_norm` can take."""
    import keras

    return isinstance(model, keras.Sequential)


def with_batch_norm(model: Any) -> Any:
    """A new, untrained stack that equals `model` but for a batch normalisation before each hidden activation.

    The biases of the normalised layers are left out: the normalisation's own offset takes their place.
    Conv, batch norm, activation, pool is computed as conv, batch norm, pool, activation: all the zoo's
    activations are monotone, so that the result is the same and the activation has a quarter of the work.

    Raises:
        TrainError: the model is not a plain stack of layers.
    """
    import keras
    from keras import layers

    if not can_have_twin(model):
        raise TrainError(f"{model.name} is no plain stack of layers", "train it with the recipe `paper`")
    normalised = _normalised(model)
    stack: list[Any] = [keras.Input(model.input_shape[1:])]
    for layer in model.layers:
        config = layer.get_config()
        if layer not in normalised:
            stack.append(layer.__class__.from_config(config))
            continue
        activation = config["activation"]
        stack.append(layer.__class__.from_config({**config, "activation": "linear", "use_bias": False}))
        stack.append(layers.BatchNormalization(name=f"{layer.name}_norm"))
        if activation != "linear":
            stack.append(layers.Activation(activation))
    for place in range(1, len(stack) - 1):
        monotone = isinstance(stack[place], (layers.LeakyReLU, layers.ReLU)) or (
            isinstance(stack[place], layers.Activation) and config_name(stack[place]) == "relu"
        )
        if monotone and isinstance(stack[place + 1], layers.MaxPooling2D):
            stack[place], stack[place + 1] = stack[place + 1], stack[place]
    return keras.Sequential(stack, name=f"{model.name}_twin")


def config_name(layer: Any) -> str:
    """The name of an Activation layer's function."""
    return str(layer.get_config()["activation"])


def fold(twin: Any, model: Any) -> None:
    """Set the weights of `model` so that it computes what `twin` does at inference.

    With gamma, beta, mean and variance of the normalisation: kernel * g and beta - mean * g, where
    g = gamma / sqrt(variance + epsilon).
    """
    for layer in model.layers:
        if not _weighted(layer):
            continue
        source = twin.get_layer(layer.name)
        weights = source.get_weights()
        if len(weights) == 2:
            layer.set_weights(weights)
            continue
        norm = twin.get_layer(f"{layer.name}_norm")
        gamma, beta, mean, variance = (np.asarray(value, np.float64) for value in norm.get_weights())
        gain = gamma / np.sqrt(variance + norm.epsilon)
        kernel = np.asarray(weights[0], np.float64) * gain
        layer.set_weights([kernel.astype(np.float32), (beta - mean * gain).astype(np.float32)])
