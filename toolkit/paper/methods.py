"""Pruning and quantisation of a trained network: what each costs in accuracy, and what it saves in bytes.

Everything starts from the same trained weights, and everything that is trained further is trained equally long, so that
the methods can be compared; "tuned" is the same further training with nothing else done.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import Artifact, DType
from toolkit.convert import CALIBRATION_IMAGES, convert, slim
from toolkit.data.samples import Samples
from toolkit.errors import ModelError
from toolkit.models import store
from toolkit.quiet_tensorflow import load_tensorflow, quiet
from toolkit.train import Fit, Phase, Progress

SPARSITIES = (0.5, 0.75, 0.9)
TUNING = Phase("tune", epochs=6, batch_size=128, learning_rate=1e-3, cosine=True)
"""The further training: the same for every method. Pruning reaches its sparsity after the first four epochs."""

_PRUNING_EPOCHS = 4


@dataclass(frozen=True)
class Compressed(Artifact):
    """One network, one method.

    Attributes:
        method: "float32", "tuned", "pruned 50 %" ..., "dynamic range", "int8", "int16x8", "quantisation-aware int8".
        sparsity: share of zeros among the kernels' weights, 0 to 1.
        size_bytes: of the `.tflite`, slimmed.
        zipped_bytes: of the same file under zlib: what the zeros could save if a device could store them so.
        accuracy: on the test images, 0 to 1.
    """

    method: str
    sparsity: float
    size_bytes: int
    zipped_bytes: int
    accuracy: float


def compress_in_every_way(
    build: Callable[[], Any],
    seed: int,
    train: Samples,
    test: Samples,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[Compressed, ...]:
    """Every method on one network.

    Args:
        build: gives the trained Keras model anew at each call; a plain stack of layers.
        seed: of the further training.
        train: for further training; its first 1,000 images calibrate.
        test: to score on.
        progress: called many times an epoch.
    """
    load_tensorflow()
    sample = train.first(CALIBRATION_IMAGES).real()
    model = build()
    found = [
        _result("float32", model, convert(model, DType.FLOAT32), test),
        _result("dynamic range", model, _other(model, None), test),
        _result("int8", model, convert(model, DType.INT8, sample), test),
        _result("int16x8", model, _other(model, sample), test),
    ]
    model = build()
    Fit(model, train, TUNING, seed, progress=progress).run()
    found.append(_result("tuned", model, convert(model, DType.FLOAT32), test))
    found.append(_result("tuned, int8", model, convert(model, DType.INT8, sample), test))
    for sparsity in SPARSITIES:
        model = build()
        prune(model, sparsity, train, seed, progress)
        title = f"pruned {sparsity:.0%}".replace("%", " %")
        found.append(_result(title, model, convert(model, DType.FLOAT32), test))
        found.append(_result(f"{title}, int8", model, convert(model, DType.INT8, sample), test))
    model = build()
    Fit(QuantisationAware(model), train, TUNING, seed, progress=progress).run()
    found.append(_result("quantisation-aware int8", model, convert(model, DType.INT8, sample), test))
    return tuple(found)


def kernels(model: Any) -> list[Any]:
    """The weights that are pruned and quantised: kernels, not biases."""
    return [layer.kernel for layer in model.layers if hasattr(layer, "kernel")]


def sparsity_of(model: Any) -> float:
    """Share of zeros among the kernels' weights."""
    values = [np.asarray(kernel) for kernel in kernels(model)]
    return float(sum(np.sum(value == 0) for value in values) / sum(value.size for value in values))


def prune(
    model: Any,
    sparsity: float,
    train: Samples,
    seed: int,
    progress: Callable[[Progress], None] | None = None,
) -> None:
    """Set the smallest weights of each kernel to zero, gradually, while the others are trained on.

    The share of zeros rises as 1 - (1 - e / n)^3 of the final one (Zhu and Gupta, "To prune, or not to prune", 2017).

    Args:
        model: is changed in place.
        sparsity: final share of zeros in each kernel, 0 to 1.
        train: for the further training.
        seed: of its random numbers.
        progress: called many times an epoch.
    """
    import tensorflow as tf

    pruned = kernels(model)
    masks = [tf.Variable(tf.ones(kernel.shape), trainable=False) for kernel in pruned]

    def before_epoch(epoch: int) -> None:
        done = min(1.0, (epoch + 1) / _PRUNING_EPOCHS)
        share = sparsity * (1 - (1 - done) ** 3)
        for kernel, mask in zip(pruned, masks, strict=True):
            values = np.asarray(kernel)
            count = round(share * values.size)
            keep = np.ones(values.size, np.float32)
            keep[np.argsort(np.abs(values), axis=None, kind="stable")[:count]] = 0
            mask.assign(keep.reshape(values.shape))
            kernel.assign(values * keep.reshape(values.shape))

    def after_step() -> None:
        for kernel, mask in zip(pruned, masks, strict=True):
            kernel.assign(kernel.value * mask)

    Fit(model, train, TUNING, seed, progress=progress, before_epoch=before_epoch, after_step=after_step).run()


class QuantisationAware:
    """A stack of layers that rounds kernels and activations to int8 as the converter will, and learns through it.

    Kernels: symmetric, one scale for each output channel; activations: asymmetric over the batch's range, 0 included.
    Gradients pass the rounding unchanged (Jacob et al., "Quantization and training of neural networks for efficient
    integer-arithmetic-only inference", 2018). The weights are the wrapped model's own.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.input_shape = model.input_shape
        self.trainable_variables = model.trainable_variables
        self.variables = model.variables

    def __call__(self, inputs: Any, training: bool) -> Any:
        """The outputs, float32 [batch, 10]."""
        import tensorflow as tf

        x = inputs
        for layer in self.model.layers:
            if not hasattr(layer, "kernel"):
                x = layer(x, training=training)
                continue
            kernel = _through(layer.kernel.value, _rounded_kernel)
            linear = tf.nn.conv2d(x, kernel, 1, "VALID") if len(kernel.shape) == 4 else x @ kernel
            x = layer.activation(linear + layer.bias.value)
            if layer is not self.model.layers[-1]:
                x = _through(x, _rounded_activation)
        return x


def _through(value: Any, rounding: Callable[[Any], Any]) -> Any:
    """The rounded value, with the gradient of the value itself."""
    import tensorflow as tf

    return value + tf.stop_gradient(rounding(value) - value)


def _rounded_kernel(kernel: Any) -> Any:
    import tensorflow as tf

    largest = tf.reduce_max(tf.abs(kernel), axis=list(range(len(kernel.shape) - 1)), keepdims=True)
    scale = tf.maximum(largest, 1e-8) / 127.0
    return tf.round(kernel / scale) * scale


def _rounded_activation(values: Any) -> Any:
    import tensorflow as tf

    low, high = tf.minimum(tf.reduce_min(values), 0.0), tf.maximum(tf.reduce_max(values), 0.0)
    scale = tf.maximum(high - low, 1e-8) / 255.0
    zero = tf.round(-low / scale)
    return (tf.clip_by_value(tf.round(values / scale) + zero, 0.0, 255.0) - zero) * scale


def _other(model: Any, calibration: npt.NDArray[np.float32] | None) -> bytes:
    """Dynamic range (int8 weights, float activations), or, with calibration images, int16 activations."""
    with quiet():
        import tensorflow as tf
        from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

        shape = (1, *model.input_shape[1:])
        function = tf.function(lambda image: model(image, training=False)).get_concrete_function(
            tf.TensorSpec(shape, tf.float32)
        )
        converter = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(function)])
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if calibration is not None:
            converter.representative_dataset = lambda: ([each.reshape(shape)] for each in calibration)
            converter.target_spec.supported_ops = [
                tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
            ]
        return slim(bytes(converter.convert()))


def _result(method: str, model: Any, tflite: bytes, test: Samples) -> Compressed:
    return Compressed(
        method=method,
        sparsity=round(sparsity_of(model), 4),
        size_bytes=len(tflite),
        zipped_bytes=len(zlib.compress(tflite, 9)),
        accuracy=_accuracy(tflite, test),
    )


def _accuracy(tflite: bytes, test: Samples) -> float:
    """TensorFlow Lite Micro has no hybrid kernels: what it refuses is scored by LiteRT."""
    try:
        score = store.score(tflite, test)
    except ModelError:
        score = store.score(tflite, test, interpreter="ai_edge_litert")
    return score.correct / score.total
