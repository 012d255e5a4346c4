"""Efficient-CapsNet (Mazzia, Salvetti, Chiaberge: "Efficient-CapsNet: capsule network with self-attention routing",
Scientific Reports 11, 2021), without the decoder that its authors train beside it.

Written so that it converts to built-in operators alone: the einsum '...ij,...kj->...i' of the routing is computed as
u . (sum of u), which is equal by distributivity; a depthwise convolution stands for the grouped one, as there is one
group for each channel.
"""

from __future__ import annotations

from typing import Any

from toolkit.zoo.architecture import Architecture, KerasModel, PaperFigures, Training

_PRIMARY, _PRIMARY_DIM = 16, 8
_CLASSES, _CLASS_DIM = 10, 16
_EPSILON = 1e-20


def _squash(vectors: Any) -> Any:
    """v (1 - e^-|v|) / |v| along the last axis: the length goes into [0, 1), the direction stays."""
    from keras import ops

    norm = ops.sqrt(ops.sum(ops.square(vectors), axis=-1, keepdims=True) + _EPSILON)
    return vectors * ((1.0 - ops.exp(-norm)) / norm)


def build() -> KerasModel:
    """Four convolutions with batch norm, 16 primary capsules of 8, self-attention routing to 10 capsules of 16.

    The outputs are the lengths of the class capsules, in [0, 1); they do not add up to 1.
    """
    import keras
    from keras import layers, ops

    class Squash(layers.Layer):  # type: ignore[misc]  # Keras is without types here
        def call(self, inputs: Any) -> Any:
            return _squash(inputs)

    class Routing(layers.Layer):  # type: ignore[misc]
        """Votes of every primary capsule for every class, weighted by how well they agree (self-attention)."""

        def build(self, _: Any) -> None:
            self.kernel = self.add_weight(
                shape=(_CLASSES, _PRIMARY, _PRIMARY_DIM, _CLASS_DIM), initializer="he_normal", name="kernel"
            )
            self.prior = self.add_weight(shape=(_CLASSES, _PRIMARY, 1), initializer="zeros", name="prior")

        def call(self, inputs: Any) -> Any:
            votes = ops.einsum("bji,kjiz->bkjz", inputs, self.kernel)
            total = ops.sum(votes, axis=-2, keepdims=True)
            agreement = ops.sum(votes * total, axis=-1, keepdims=True) / _CLASS_DIM**0.5
            coupling = ops.softmax(agreement, axis=1) + self.prior
            return _squash(ops.sum(votes * coupling, axis=-2))

    class Length(layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return ops.sqrt(ops.sum(ops.square(inputs), axis=-1) + _EPSILON)

    inputs = keras.Input((28, 28, 1))
    x = inputs
    for filters, kernel, strides in ((32, 5, 1), (64, 3, 1), (64, 3, 1), (128, 3, 2)):
        x = layers.Conv2D(filters, kernel, strides, activation="relu", kernel_initializer="he_normal")(x)
        x = layers.BatchNormalization()(x)
    x = layers.DepthwiseConv2D(9)(x)
    x = layers.Reshape((_PRIMARY, _PRIMARY_DIM))(x)
    x = Squash(name="primary")(x)
    x = Routing(name="classes")(x)
    return keras.Model(inputs, Length(name="length")(x), name="efficient-capsnet")


FLOATS = (
    "ADD", "BATCH_MATMUL", "DIV", "EXP", "FULLY_CONNECTED", "MUL", "NEG", "RESHAPE", "RSQRT", "SOFTMAX", "SQRT",
    "SQUARE", "SQUARED_DIFFERENCE", "SUB", "SUM", "TRANSPOSE",
)  # fmt: skip
"""What stays float32 where the convolutions are int8: squash and routing. A capsule's length is a root of a sum of
squares; int8 has no room for both the small and the large ones, and reads one digit in five."""


def without_batch_norm(model: KerasModel) -> KerasModel:
    """The same function without its batch normalisations, each folded into the convolution behind it.

    gamma (x - mean) / sqrt(variance + epsilon) + beta is one factor and one summand a channel. Both go through a
    convolution exactly, as none of these pads: the factor into its weights, the summand into its bias.
    """
    import keras
    import numpy as np

    inputs = keras.Input(model.input_shape[1:])
    x, scale, shift = inputs, None, None
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for layer in copy.layers[1:]:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = (np.asarray(each, np.float64) for each in layer.get_weights())
            scale = gamma / np.sqrt(variance + layer.epsilon)
            shift = beta - mean * scale
            continue
        if scale is not None and shift is not None:
            kernel, bias = (np.asarray(each, np.float64) for each in layer.get_weights())
            # [H, W, inputs, outputs], or of a depthwise convolution [H, W, channels, 1].
            moved = (kernel * shift[:, None]).sum(axis=(0, 1))
            moved = moved.reshape(-1) if kernel.shape[3] == 1 else moved.sum(axis=0)
            layer.set_weights([kernel * scale[:, None], bias + moved])
            scale, shift = None, None
        x = layer(x)
    return keras.Model(inputs, x, name=model.name)


ARCHITECTURE = Architecture(
    name="efficient-capsnet",
    rank=10,
    title="Efficient-CapsNet: capsules with self-attention routing",
    params=161_824,
    paper=(PaperFigures(2, "Efficient-CapsNet", 161_824, 656, 0.9978, 1.0),),
    build=build,
    training=Training(loss="margin", batch_size=16, learning_rate=5e-4, decay=0.97, epochs=150),
)
