"""Trains gestures.tflite: three 1-D convolutions on 4,000 made gestures, none of them in test.npz. About a minute.

Run `python examples/gestures/train.py`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from data import CLASSES, SAMPLES, make

from toolkit.artifacts import DType
from toolkit.convert import convert
from toolkit.quiet_tensorflow import load_tensorflow


def main() -> None:
    here = Path(__file__).parent
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--epochs", type=int, default=40)
    options.add_argument("--out", type=Path, default=here / "gestures.tflite")
    asked = options.parse_args()

    load_tensorflow()
    import keras

    keras.utils.set_random_seed(13)
    x, y = make(4000, seed=2)
    x = x.astype(np.float32)
    layers = keras.layers
    network = keras.Sequential(
        [
            layers.Input((SAMPLES, 3)),
            layers.Conv1D(8, 5, strides=2, activation="relu"),
            layers.Conv1D(12, 5, strides=2, activation="relu"),
            layers.Conv1D(16, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(len(CLASSES), activation="softmax"),
        ]
    )
    network.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(x, y, batch_size=64, epochs=asked.epochs, validation_split=0.1, verbose=2)
    asked.out.write_bytes(convert(network, DType.INT8, x[:500]))


if __name__ == "__main__":
    main()
