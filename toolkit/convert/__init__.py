"""From a network as its framework has it to `.tflite`.

keras.py, saved_model.py ...   one file a format, found by toolkit/registry.py; see `Converter`
lite.py                        TensorFlow's converter       calibration.py   real values to take ranges from
job.py                         what a child process is asked, so that no framework's memory or death is ours
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from toolkit import registry
from toolkit.artifacts import DType
from toolkit.convert import lite
from toolkit.convert.lite import Arrays, operators
from toolkit.quiet_tensorflow import load_tensorflow, quiet
from toolkit.tflite.slim import slim

if TYPE_CHECKING:
    from toolkit.convert.network import Network

__all__ = ["CALIBRATION_IMAGES", "Arrays", "Converter", "convert", "finder", "operators", "slim"]

CALIBRATION_IMAGES = 1000
"""Samples that the ranges of the activations are taken from; 20 cost up to 0.15 points of accuracy against 1,000."""


class Converter(Protocol):
    """A module with these. Another package brings one by the entry point `tinyml.converters`."""

    PACKAGES: tuple[str, ...]
    """What converts, by the names that a version is asked for."""

    def suits(self, path: Path) -> bool:
        """Whether the path looks like this format, without loading its framework; it need not be sound."""

    def load(self, path: Path) -> Network:
        """The network that lies there.

        Raises:
            ModelError: it is damaged, or holds what cannot be converted.
            ToolError: a package that it needs is not installed.
        """


def finder(path: Path) -> tuple[str, Converter] | None:
    """The converter for what lies at a path, and its name; None if none suits."""
    for name in registry.names(registry.CONVERTERS):
        module = cast(Converter, registry.load(registry.CONVERTERS, name))
        try:
            if module.suits(path):
                return name, module
        except (OSError, ValueError):  # what cannot be looked at is refused in words by whoever reads it
            return None
    return None


def convert(
    model: Any, dtype: DType, calibration: npt.NDArray[np.float32] | None = None, *, per_tensor_dense: bool = False
) -> bytes:
    """Convert a Keras model from a concrete function of batch 1, and slim the result.

    Args:
        model: takes one float32 tensor, a batch in front.
        dtype: of the input and output; int8 makes every tensor an integer.
        calibration: for int8: float32 [N, ...], real values of the training set.
        per_tensor_dense: one scale for each dense kernel, not one per unit, for TFLM libraries older than
            per-channel dense layers, which would compute wrong results without a word.

    Returns:
        The file's bytes.

    Raises:
        TrainError: the converter refused the network, or left operators of a dynamic batch in it.
    """
    load_tensorflow()
    with quiet():
        import tensorflow as tf

        function = tf.function(lambda image: model(image, training=False)).get_concrete_function(
            tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)
        )
        given = () if calibration is None else (calibration,)
        converted = lite.from_concrete(function, model.name, dtype, given, per_tensor_dense=per_tensor_dense)
    lite.check_batch(converted, model.name)
    return converted
