"""The paper's proposed model: two small convolutions, a dense layer of five, LeakyReLU; 707 parameters."""

from __future__ import annotations

from toolkit.zoo.architecture import Architecture, KerasModel, PaperFigures


def build() -> KerasModel:
    """Conv 3, LeakyReLU, pool, conv 4, LeakyReLU, pool, dense 5, LeakyReLU, dense 10, softmax; slope 0.1."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(3, 3),
            layers.LeakyReLU(negative_slope=0.1),
            layers.MaxPooling2D(),
            layers.Conv2D(4, 3),
            layers.LeakyReLU(negative_slope=0.1),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(5),
            layers.LeakyReLU(negative_slope=0.1),
            layers.Dense(10, activation="softmax"),
        ],
        name="proposed",
    )


ARCHITECTURE = Architecture(
    name="proposed",
    rank=1,
    title="2 x (conv + max-pool) of 3 and 4 filters, dense 5, LeakyReLU 0.1: the paper's proposed model",
    params=707,
    paper=(
        PaperFigures(1, "Leaky ReLU (0.1x)", 707, 6.5, 0.9636, 1.0),
        PaperFigures(2, "Proposed", 707, 6.5, 0.9636, 1.0),
    ),
    build=build,
)
