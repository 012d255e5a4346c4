"""Three networks that are not about digits, built in Keras: keyword spotting, image classification, anomaly detection.

`python -m bench.foreign FOLDER` writes each as int8 and float32 `.tflite`. Their weights are seeded, not trained, but
their batch norms have seen data, so that activations have the ranges of a real network's. What is asked of them is that
the board computes what TensorFlow Lite Micro's interpreter does.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.artifacts import DType
from toolkit.quiet_tensorflow import load_tensorflow, quiet
from toolkit.tflite.slim import slim

SEED = 20
CALIBRATION = 32


def ds_cnn() -> Any:
    """DS-CNN S of "Hello Edge" (Zhang et al., 2017): 49 x 10 MFCC features, 12 words."""
    import keras
    from keras import layers

    source = keras.Input((49, 10, 1))
    x = layers.Conv2D(64, (10, 4), strides=2, padding="same", use_bias=False)(source)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for _ in range(4):
        x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.Conv2D(64, 1, use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.AveragePooling2D((25, 5))(x)
    return keras.Model(source, layers.Dense(12, activation="softmax")(layers.Flatten()(x)), name="ds_cnn")


def mobilenet() -> Any:
    """MobileNetV1 (Howard et al., 2017), width 0.25, 96 x 96 RGB, two classes: MLPerf Tiny's visual wake words."""
    import keras

    return keras.applications.MobileNet((96, 96, 3), alpha=0.25, weights=None, classes=2)


def autoencoder() -> Any:
    """The dense autoencoder of MLPerf Tiny's anomaly detection: 640 features, 128 wide, 8 in the middle."""
    import keras
    from keras import layers

    source = keras.Input((640,))
    x = source
    for width in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        x = layers.ReLU()(layers.BatchNormalization()(layers.Dense(width)(x)))
    return keras.Model(source, layers.Dense(640)(x), name="autoencoder")


def settle(model: Any) -> None:
    """Let every batch norm take its statistics from seeded inputs in [-1, 1)."""
    generator = np.random.default_rng(SEED)
    for layer in model.layers:
        if hasattr(layer, "momentum"):
            layer.momentum = 0.5
    for _ in range(10):
        model(generator.uniform(-1, 1, (8, *model.input_shape[1:])).astype(np.float32), training=True)


def to_tflite(model: Any, dtype: DType) -> bytes:
    """Convert from a concrete function of batch 1; int8 is calibrated with seeded inputs in [-1, 1)."""
    with quiet():
        import tensorflow as tf
        from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

        shape = (1, *model.input_shape[1:])
        function = tf.function(lambda x: model(x, training=False)).get_concrete_function(
            tf.TensorSpec(shape, tf.float32)
        )
        converter = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(function)])
        if dtype is DType.INT8:
            generator = np.random.default_rng(SEED)
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: (
                [generator.uniform(-1, 1, shape).astype(np.float32)] for _ in range(CALIBRATION)
            )
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.int8
        return slim(bytes(converter.convert()))


NETWORKS = {network.__name__: network for network in (ds_cnn, mobilenet, autoencoder)}


def write(name: str, folder: Path) -> list[Path]:
    """Build the network of this name and write it to `folder` in every type, as NAME_TYPE.tflite."""
    folder.mkdir(parents=True, exist_ok=True)
    load_tensorflow()
    import keras

    keras.utils.set_random_seed(SEED)
    model = NETWORKS[name]()
    settle(model)
    paths = []
    for dtype in DType:
        path = folder / f"{name}_{dtype}.tflite"
        path.write_bytes(to_tflite(model, dtype))
        paths.append(path)
    return paths


def main() -> None:
    """Write all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    for name in NETWORKS:
        for path in write(name, folder):
            print(f"{path}  {path.stat().st_size:,} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
