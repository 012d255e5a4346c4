"""Writes test/x.npy and test/y.npy: scikit-learn's breast cancer set (Wisconsin, 1995), real data.

Thirty figures of cell nuclei under a microscope, 569 patients. The benign ones are taken as normal: 250 of them train
the autoencoder, which never sees another; the other 107 and all 212 malignant ones, which are odd to it, are the test.
x is float32 [319, 30], standardised by the 250; y is uint8 [319]: 0 normal, 1 odd.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_breast_cancer

TRAIN = 250
Array = npt.NDArray[np.float32]


def split() -> tuple[Array, Array, npt.NDArray[np.uint8]]:
    """x to train with, all normal; then x and y to test with."""
    held = load_breast_cancer()
    figures, odd = held.data, held.target == list(held.target_names).index("malignant")
    order = np.random.default_rng(5).permutation(np.flatnonzero(~odd))
    normal, rest = figures[order[:TRAIN]], figures[order[TRAIN:]]
    mean, deviation = normal.mean(axis=0), normal.std(axis=0)
    test = np.concatenate([rest, figures[odd]])
    y = np.repeat(np.array([0, 1], np.uint8), (len(rest), odd.sum()))
    mixed = np.random.default_rng(6).permutation(len(y))
    x, x_test = ((each - mean) / deviation for each in (normal, test[mixed]))
    return x.astype(np.float32), np.round(x_test, 3).astype(np.float32), y[mixed]


def write(folder: Path) -> None:
    """test/x.npy and test/y.npy in this folder."""
    _, x, y = split()
    (folder / "test").mkdir(exist_ok=True)
    np.save(folder / "test" / "x.npy", x)
    np.save(folder / "test" / "y.npy", y)


if __name__ == "__main__":
    write(Path(__file__).parent)
