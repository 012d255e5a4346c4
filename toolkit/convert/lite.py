"""From a concrete function of TensorFlow to `.tflite`: float32, and full-integer int8."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from toolkit.artifacts import DType
from toolkit.errors import TrainError
from toolkit.tflite import description
from toolkit.tflite.slim import slim

Arrays = Sequence[npt.NDArray[Any]]
"""By input of a network: real values [N, ...], of the input's own type."""

_DYNAMIC_BATCH = ("SHAPE", "STRIDED_SLICE", "PACK")


def from_concrete(
    function: Any,
    name: str,
    dtype: DType,
    calibration: Arrays = (),
    *,
    per_tensor_dense: bool = False,
    named: bool = False,
) -> bytes:
    """Convert a concrete function of batch 1, and slim the result; TensorFlow is loaded already.

    Args:
        function: its inputs in their order are those of the file.
        name: of the network, for messages.
        dtype: int8 makes every tensor an integer, the float32 ends too.
        calibration: for int8: one array for each input.
        per_tensor_dense: one scale for each dense kernel, not one per unit.
        named: keep the tensors' names, by which a person knows the layers.

    Raises:
        TrainError: the converter refused the network, or nothing is there to calibrate with.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    # The converter leaves Keras 3's variables as resource operators: make them constants first.
    frozen = convert_variables_to_constants_v2(function)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    if dtype is DType.INT8:
        _full_integer(converter, tf, calibration, [tuple(each.shape) for each in frozen.inputs])
        converter._experimental_disable_per_channel_quantization_for_dense_layers = per_tensor_dense
    try:
        with warnings.catch_warnings():
            # Asks for ranges of the inputs, which the calibration gives.
            warnings.filterwarnings("ignore", message="Statistics for quantized inputs")
            converted = bytes(converter.convert())
    except Exception as caught:  # its own ConverterError is none that it exports
        raise TrainError(f"{name} cannot be converted to {dtype}: {reason(caught)}", other_type(dtype)) from caught
    return converted if named else slim(converted)


def other_type(dtype: DType) -> str:
    """The hint for a network that cannot be converted to a type."""
    return "convert it to the other type: --dtype float32" if dtype is DType.INT8 else "use other operators"


def reason(caught: BaseException) -> str:
    """What TensorFlow says, in one line."""
    lines = [line.strip() for line in str(caught).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(caught).__name__


def _full_integer(converter: Any, tf: Any, calibration: Arrays, shapes: Sequence[tuple[int, ...]]) -> None:
    if not calibration or not len(calibration[0]):
        raise TrainError("an int8 conversion needs calibration samples", "give it samples of the training set")
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        [each.reshape(shape) for each, shape in zip(sample, shapes, strict=True)]
        for sample in zip(*calibration, strict=True)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8


def check_batch(tflite: bytes, name: str) -> None:
    """Refuse operators of a dynamic batch.

    Raises:
        TrainError: there are some.
    """
    left = sorted(set(operators(tflite)) & set(_DYNAMIC_BATCH))
    if left:
        raise TrainError(
            f"{name}: {', '.join(left)} left after the conversion", "give every reshape of the network a fixed size"
        )


def operators(tflite: bytes) -> tuple[str, ...]:
    """The names of the operators in the order in which they run, as in the schema: "CONV_2D", "SOFTMAX" ...."""
    return tuple(operator.kind for graph in description.describe(tflite).subgraphs for operator in graph.operators)
