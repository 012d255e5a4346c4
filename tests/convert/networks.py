"""Tiny Keras networks for tests; TensorFlow is loaded when one is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from toolkit.quiet_tensorflow import load_tensorflow


def waves(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Three kinds of noisy waves: float32 [count, 16, 2] in about -2 to 2, and their classes."""
    random = np.random.default_rng(seed)
    kinds = random.integers(0, 3, count)
    place = np.arange(16)[None, :, None]
    values = np.sin(place * (0.3 + 0.5 * kinds[:, None, None]) + random.uniform(0, 6, (count, 1, 2)))
    return (values + random.normal(0, 0.1, values.shape)).astype(np.float32), kinds


def small(*more: Any, name: str = "waves") -> Any:
    """Untrained: float32 [batch, 16, 2] to three classes; `more` layers in front of the last."""
    load_tensorflow()
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((16, 2)),
            layers.Conv1D(4, 3, activation="relu", name="first"),
            layers.MaxPooling1D(2),
            layers.Flatten(),
            *more,
            layers.Dense(3, activation="softmax", name="last"),
        ],
        name=name,
    )


def data(folder: Path, count: int = 60) -> Path:
    """waves.npz with x and y."""
    x, y = waves(count)
    np.savez(folder / "waves.npz", x=x, y=y)
    return folder / "waves.npz"
