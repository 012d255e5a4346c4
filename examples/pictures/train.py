"""Trains digits8.tflite: two convolutions on 1,597 pictures of 8 x 8. About a minute.

Run `python examples/pictures/train.py`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from data import split

from toolkit.artifacts import DType
from toolkit.convert import convert
from toolkit.quiet_tensorflow import load_tensorflow


def main() -> None:
    here = Path(__file__).parent
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--epochs", type=int, default=60)
    options.add_argument("--out", type=Path, default=here / "digits8.tflite")
    asked = options.parse_args()

    load_tensorflow()
    import keras

    keras.utils.set_random_seed(13)
    (x, y), _ = split()
    x = (x / np.float32(255))[..., None]  # 0..1, which tinyml reads out of the input's quantisation
    layers = keras.layers
    network = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(12, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ]
    )
    network.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(x, y, batch_size=32, epochs=asked.epochs, verbose=2)
    asked.out.write_bytes(convert(network, DType.INT8, x[:500]))


if __name__ == "__main__":
    main()
