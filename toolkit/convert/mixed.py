"""A network of which the convolutions are int8 and the rest stays float32, for what full-integer conversion destroys.

The converter's own selective quantisation, which is meant for finding bad layers: operators of a list stay as they are,
and QUANTIZE and DEQUANTIZE stand where the types meet.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.convert import lite
from toolkit.errors import TrainError
from toolkit.quiet_tensorflow import quiet
from toolkit.tflite.slim import slim

_TRIED = 10


def convert(model: Any, name: str, samples: npt.NDArray[np.float32], floats: Collection[str]) -> bytes:
    """Convert a Keras model of one input, batch 1; both ends stay float32.

    Args:
        model: a batch normalisation that stands behind an activation costs two changes of type: fold it before.
        name: of the network, for messages.
        samples: float32 [N, *sample]; their activations give the ranges.
        floats: operators that stay float32, by their names in the `.tflite` schema.

    Raises:
        TrainError: the converter refused it.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    def each() -> Any:
        return ([sample[None]] for sample in samples)

    with quiet(), warnings.catch_warnings():
        # The debugger runs its copy on TensorFlow's own interpreter, which says that it moves away.
        warnings.simplefilter("ignore")
        spec = tf.TensorSpec((1, *samples.shape[1:]), tf.float32)
        function = tf.function(lambda given: model(given, training=False)).get_concrete_function(spec)
        converter = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(function)])
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = each
        options = tf.lite.experimental.QuantizationDebugOptions(denylisted_ops=sorted(floats), fully_quantize=False)
        try:
            made = tf.lite.experimental.QuantizationDebugger(
                converter=converter,
                debug_dataset=lambda: ([sample[None]] for sample in samples[:_TRIED]),
                debug_options=options,
            ).get_nondebug_quantized_model()
        except Exception as caught:  # its own errors are of many kinds
            raise TrainError(
                f"{name} cannot be converted in part: {lite.reason(caught)}", "--dtype float32"
            ) from caught
    return slim(bytes(made))
