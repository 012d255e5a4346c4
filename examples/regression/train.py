"""Trains diabetes.tflite: two small dense layers on 331 patients. Half a minute.

Run `python examples/regression/train.py`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from data import NAMES, split

from toolkit.artifacts import DType
from toolkit.convert import convert
from toolkit.quiet_tensorflow import load_tensorflow


def main() -> None:
    here = Path(__file__).parent
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--epochs", type=int, default=150)
    options.add_argument("--out", type=Path, default=here / "diabetes.tflite")
    asked = options.parse_args()

    load_tensorflow()
    import keras

    keras.utils.set_random_seed(13)
    x, y, _, _ = (each.astype(np.float32) for each in split())
    layers, decay = keras.layers, keras.regularizers.L2(0.02)
    network = keras.Sequential(
        [
            layers.Input((len(NAMES),)),
            layers.Dense(8, activation="relu", kernel_regularizer=decay),
            layers.Dense(1, kernel_regularizer=decay),
        ]
    )
    # Trained on the truth standardised, which learns faster; then the last layer is scaled back, so that the network
    # gives the number itself.
    mean, deviation = y.mean(), y.std()
    network.compile(keras.optimizers.Adam(0.005), "mse")
    network.fit(x, (y - mean) / deviation, batch_size=32, epochs=asked.epochs, verbose=2)
    kernel, bias = network.layers[-1].get_weights()
    network.layers[-1].set_weights([kernel * deviation, bias * deviation + mean])
    asked.out.write_bytes(convert(network, DType.INT8, x))


if __name__ == "__main__":
    main()
