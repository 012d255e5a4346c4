"""The plain stacks of the paper's first table, told by what differs between them."""

from __future__ import annotations

from toolkit.zoo.architecture import KerasModel


def stack(name: str, filters: tuple[int, ...], hidden: tuple[int, ...], *, dropout: float = 0.0) -> KerasModel:
    """(Conv 3x3 'valid', ReLU, max-pool 2x2) for each of `filters`, flatten, (dense, ReLU) for each of `hidden`,
    dropout if any, dense 10, softmax.

    Args:
        name: of the Keras model.
        filters: of each convolution.
        hidden: units of each hidden dense layer.
        dropout: share of the last hidden layer's outputs that are dropped while training.
    """
    import keras
    from keras import layers

    parts = [keras.Input((28, 28, 1))]
    for count in filters:
        parts += [layers.Conv2D(count, 3, activation="relu"), layers.MaxPooling2D()]
    parts.append(layers.Flatten())
    parts += [layers.Dense(units, activation="relu") for units in hidden]
    if dropout:
        parts.append(layers.Dropout(dropout))
    parts.append(layers.Dense(10, activation="softmax"))
    return keras.Sequential(parts, name=name)
