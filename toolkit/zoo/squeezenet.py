"""A small SqueezeNet (Iandola et al., 2016), reconstructed by its parameter count.

The script that the paper cites could not be found. This is one natural network of its form that has exactly the
45,088 parameters that the paper prints; strides, padding and pooling are those of SqueezeNet 1.0.
"""

from __future__ import annotations

from typing import Any

from toolkit.zoo.architecture import Architecture, KerasModel, PaperFigures


def _fire(x: Any, squeeze: int, expand: int) -> Any:
    """Squeeze to few channels by 1x1, expand by 1x1 and 3x3 side by side."""
    from keras import layers

    x = layers.Conv2D(squeeze, 1, activation="relu")(x)
    narrow = layers.Conv2D(expand, 1, activation="relu")(x)
    wide = layers.Conv2D(expand, 3, padding="same", activation="relu")(x)
    return layers.Concatenate()([narrow, wide])


def build() -> KerasModel:
    """Conv 96 7x7 stride 2, pool, fire 16/64, fire 24/96, pool, conv 10 1x1, global average pool, dense 10."""
    import keras
    from keras import layers

    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(96, 7, strides=2, activation="relu")(inputs)
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = _fire(x, 16, 64)
    x = _fire(x, 24, 96)
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = layers.Conv2D(10, 1, activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x), name="squeezenet")


ARCHITECTURE = Architecture(
    name="squeezenet",
    rank=9,
    title="a small SqueezeNet: two fire modules; a reconstruction by parameter count",
    params=45_088,
    paper=(PaperFigures(2, "SqueezeNet", 45_088, 185, 0.9671, 0.8),),
    build=build,
)
