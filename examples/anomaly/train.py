"""Trains cells.tflite: an autoencoder that squeezes 30 figures through 6, on 250 normal samples. Half a minute.

Run `python examples/anomaly/train.py`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from data import split

from toolkit.artifacts import DType
from toolkit.convert import convert
from toolkit.quiet_tensorflow import load_tensorflow


def main() -> None:
    here = Path(__file__).parent
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--epochs", type=int, default=300)
    options.add_argument("--out", type=Path, default=here / "cells.tflite")
    asked = options.parse_args()

    load_tensorflow()
    import keras

    keras.utils.set_random_seed(13)
    x, _, _ = split()
    layers = keras.layers
    network = keras.Sequential(
        [
            layers.Input((x.shape[1],)),
            layers.Dense(16, activation="relu"),
            layers.Dense(6, activation="relu"),
            layers.Dense(16, activation="relu"),
            layers.Dense(x.shape[1]),
        ]
    )
    network.compile(keras.optimizers.Adam(0.003), "mse")
    network.fit(x, x, batch_size=32, epochs=asked.epochs, verbose=2)
    asked.out.write_bytes(convert(network, DType.INT8, x))


if __name__ == "__main__":
    main()
