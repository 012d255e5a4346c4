"""Random affine changes of a batch of images, inside the TensorFlow graph."""

from __future__ import annotations

import math
from typing import Any

from toolkit.train.recipe import Augmentation


def affine(images: Any, bounds: Augmentation, seed: Any) -> Any:
    """Rotate, shear, scale and shift each image at random, bilinear, black outside.

    Args:
        images: float32 [batch, height, width, channels].
        bounds: of the random values.
        seed: int32 [2]; the same seed gives the same changes.

    Returns:
        A tensor of the same shape.
    """
    import tensorflow as tf

    batch = tf.shape(images)[0]
    height, width = float(images.shape[1]), float(images.shape[2])
    unit = tf.random.stateless_uniform((6, batch), seed, -1.0, 1.0)
    angle = unit[0] * math.radians(bounds.rotate_degrees)
    shear = tf.tan(unit[1] * math.radians(bounds.shear_degrees))
    scale_x = 1.0 / (1.0 + unit[2] * bounds.scale)
    scale_y = 1.0 / (1.0 + unit[3] * bounds.scale)
    # The matrix maps a place of the result to its source: scale (rotation (shear)).
    cos, sin = tf.cos(angle), tf.sin(angle)
    a0, a1 = scale_x * cos, scale_x * (cos * shear - sin)
    b0, b1 = scale_y * sin, scale_y * (sin * shear + cos)
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    a2 = middle_x - a0 * middle_x - a1 * middle_y + unit[4] * bounds.shift_pixels
    b2 = middle_y - b0 * middle_x - b1 * middle_y + unit[5] * bounds.shift_pixels
    zero = tf.zeros_like(a0)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([a0, a1, a2, b0, b1, b2, zero, zero], axis=1),
        output_shape=tf.constant([int(height), int(width)]),
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
        fill_value=0.0,
    )
