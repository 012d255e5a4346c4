"""Writes test.csv: 111 of the 442 patients of scikit-learn's diabetes set (Efron and others, 2004), real data.

Ten measurements at the start, and how far the disease had gone a year later: a number from 25 to 346. Columns are
standardised by mean and deviation of the other 331 patients, which the network was trained on.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

NAMES = ("age", "sex", "bmi", "pressure", "s1", "s2", "s3", "s4", "s5", "s6")
Array = npt.NDArray[np.float64]


def split() -> tuple[Array, Array, Array, Array]:
    """x and y to train with, then x and y to test with: x [N, 10], y [N]."""
    x, y = load_diabetes(return_X_y=True, scaled=False)
    x, x_test, y, y_test = train_test_split(x, y, test_size=0.25, random_state=3)
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    return (x - mean) / deviation, y, (x_test - mean) / deviation, y_test


def write(folder: Path) -> None:
    """test.csv in this folder."""
    _, _, x, y = split()
    with (folder / "test.csv").open("w", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow((*NAMES, "progression"))
        table.writerows((*(f"{value:.4f}" for value in row), f"{truth:.0f}") for row, truth in zip(x, y, strict=True))


if __name__ == "__main__":
    write(Path(__file__).parent)
