"""The losses, each the mean over a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def cross_entropy(labels: Any, outputs: Any) -> Any:
    """Sparse categorical cross-entropy; labels int32 [batch], outputs float32 [batch, 10], probabilities."""
    import keras

    return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(labels, outputs))


def margin(labels: Any, outputs: Any) -> Any:
    """The margin loss of capsule lengths: 0.9 and more for the right class, 0.1 and less for each other one,
    those weighted by a half (Sabour, Frosst, Hinton: "Dynamic routing between capsules", 2017, equation 4).
    """
    from keras import ops

    truth = ops.one_hot(labels, outputs.shape[-1])
    present = ops.square(ops.maximum(0.0, 0.9 - outputs))
    absent = ops.square(ops.maximum(0.0, outputs - 0.1))
    return ops.mean(ops.sum(truth * present + 0.5 * (1.0 - truth) * absent, axis=-1))


LOSSES: Mapping[str, Callable[[Any, Any], Any]] = {"cross_entropy": cross_entropy, "margin": margin}
