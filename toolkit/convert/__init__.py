"""From a Keras model to `.tflite`: float32, and full-integer int8."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import DType
from toolkit.errors import TrainError
from toolkit.quiet_tensorflow import load_tensorflow, quiet
from toolkit.tflite import description
from toolkit.tflite.slim import slim

__all__ = ["CALIBRATION_IMAGES", "convert", "operators", "slim"]

CALIBRATION_IMAGES = 1000
"""Images that the ranges of the activations are taken from; 20 cost up to 0.15 points of accuracy against 1,000."""

_DYNAMIC_BATCH = ("SHAPE", "STRIDED_SLICE", "PACK")


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
        from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

        shape = (1, *model.input_shape[1:])
        function = tf.function(lambda image: model(image, training=False)).get_concrete_function(
            tf.TensorSpec(shape, tf.float32)
        )
        # The converter leaves Keras 3's variables as resource operators: make them constants first.
        converter = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(function)])
        if dtype is DType.INT8:
            _full_integer(converter, tf, calibration, shape)
            converter._experimental_disable_per_channel_quantization_for_dense_layers = per_tensor_dense
        try:
            with warnings.catch_warnings():
                # Asks for ranges of the inputs, which the calibration gives.
                warnings.filterwarnings("ignore", message="Statistics for quantized inputs")
                converted = bytes(converter.convert())
        except (ValueError, RuntimeError, tf.errors.OpError) as caught:
            reason = str(caught).strip().splitlines() or [type(caught).__name__]
            raise TrainError(
                f"{model.name} cannot be converted to {dtype}: {reason[0]}", "convert it to the other type"
            ) from caught
        slimmed = slim(converted)
    left = sorted(set(operators(slimmed)) & set(_DYNAMIC_BATCH))
    if left:
        raise TrainError(
            f"{model.name}: {', '.join(left)} left after the conversion",
            "give every reshape of the network a fixed size",
        )
    return slimmed


def _full_integer(converter: Any, tf: Any, calibration: npt.NDArray[np.float32] | None, shape: tuple[int, ...]) -> None:
    if calibration is None or len(calibration) == 0:
        raise TrainError("an int8 conversion needs calibration images", "give it images of the training set")
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([each.reshape(shape)] for each in calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8


def operators(tflite: bytes) -> tuple[str, ...]:
    """The names of the operators in the order in which they run, as in the schema: "CONV_2D", "SOFTMAX" ...."""
    return tuple(operator.kind for graph in description.describe(tflite).subgraphs for operator in graph.operators)
