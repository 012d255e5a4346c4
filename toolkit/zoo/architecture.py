"""What the toolkit knows of an architecture before any TensorFlow is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

KerasModel = Any
"""A `keras.Model`; not imported here, as listing the zoo must not load TensorFlow."""


@dataclass(frozen=True)
class PaperFigures:
    """One row of the paper "Model memory optimisation using MNIST data", as printed.

    Attributes:
        table: 1 or 2.
        row: the row's name in the table.
        params: trainable parameters.
        size_kb: of the float `.tflite`, in units of 1,024 bytes.
        valid: accuracy on the 10,000 images of MNIST's test set, 0 to 1.
        test: accuracy on the paper's own ten external images, 0 to 1.
    """

    table: int
    row: str
    params: int
    size_kb: float
    valid: float
    test: float


@dataclass(frozen=True)
class Training:
    """What a network's own authors train it with, in place of the recipe's values.

    Attributes:
        loss: "cross_entropy" of probabilities, or "margin" of capsule lengths (Sabour et al., 2017).
        batch_size: images per step.
        learning_rate: Adam's, in the first epoch.
        decay: by which the rate is multiplied after each epoch.
        epochs: how many they train.
    """

    loss: str
    batch_size: int
    learning_rate: float
    decay: float
    epochs: int


@dataclass(frozen=True)
class Architecture:
    """One network of the zoo.

    Attributes:
        name: by which the command line asks for it: its file's, with - for _.
        title: one line on what it is.
        params: trainable parameters; a test holds `build()` to it.
        paper: the figures that the paper prints; a network in both tables has two.
        build: makes the Keras model, untrained: input float32 [batch, 28, 28, 1] in [0, 1], output float32
            [batch, 10], probabilities (a capsule network's: lengths of the class capsules).
        training: its authors' own settings, or None for the recipe's.
        rank: where it stands in lists: the proposed one first, then in the order of the paper's tables.
    """

    name: str
    title: str
    params: int
    paper: tuple[PaperFigures, ...]
    build: Callable[[], KerasModel]
    training: Training | None = None
    rank: int = 1000
