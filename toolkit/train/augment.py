"""Random changes of a batch of images, inside the TensorFlow graph."""

from __future__ import annotations

import math
from typing import Any

from toolkit.train.recipe import Augmentation, InkChanges


def changed(images: Any, how: Augmentation | InkChanges, seed: Any) -> Any:
    """Each image changed at random; float32 [batch, height, width, channels] as it was, and int32 [2], the seed."""
    return affine(images, how, seed) if isinstance(how, Augmentation) else ink(images, how, seed)


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
    return _mapped(images, a0, a1, a2, b0, b1, b2)


def ink(images: Any, how: InkChanges, seed: Any) -> Any:
    """Turn, move, squeeze each image and black out a square of it: see InkChanges.

    The first three are one bilinear mapping here, where the authors resample three times, and the margins are those of
    the picture before it is turned.

    Args:
        images: float32 [batch, height, width, 1], 0 where there is no ink.
        how: the changes.
        seed: int32 [2]; the same seed gives the same changes.

    Returns:
        A tensor of the same shape.
    """
    import tensorflow as tf

    seed = tf.convert_to_tensor(seed, tf.int32)
    batch, (height, width) = tf.shape(images)[0], (int(side) for side in images.shape[1:3])
    normal = tf.clip_by_value(tf.random.stateless_normal((5, batch), seed, 0.0, 1 / 3), -0.9999, 0.9999)
    unit = tf.random.stateless_uniform((6, batch), seed + 1)
    angle = tf.where(unit[0] < 0.5, normal[0], 0.0) * math.radians(how.rotate_degrees)
    right = _moved(images, 1, tf.abs(normal[1]), unit[1] < 0.5)
    down = _moved(images, 2, tf.abs(normal[2]), unit[2] < 0.5)
    narrower = tf.floor(tf.abs(normal[3]) * how.squeeze_pixels) + 1.0
    left = tf.floor(narrower / 2) + tf.floor(2.0 * tf.abs(normal[4]))
    # From a place of the result back to its source: as wide as before, where it was, turned back round the middle.
    wider = width / (width - narrower)
    start = (0.5 - left) * wider - 0.5 - right
    cos, sin = tf.cos(angle), tf.sin(angle)
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    x, y = start - middle_x, -down - middle_y
    mapped = _mapped(
        images, cos * wider, -sin, cos * x - sin * y + middle_x, sin * wider, cos, sin * x + cos * y + middle_y
    )
    side = how.patch_pixels
    top, first = (tf.floor(unit[place] * (size - 3 * side + 3)) + side for place, size in ((3, height), (4, width)))
    rows, columns = tf.range(float(height)), tf.range(float(width))
    in_rows = (rows >= top[:, None]) & (rows < top[:, None] + side)
    in_columns = (columns >= first[:, None]) & (columns < first[:, None] + side)
    return tf.where((in_rows[:, :, None] & in_columns[:, None, :])[..., None], 0.0, mapped)


def _moved(images: Any, along: int, share: Any, back: Any) -> Any:
    """Whole pixels to move each image: `share` of the empty margin at the end of the other axis, or at its start."""
    import tensorflow as tf

    inked = tf.reduce_any(images[..., 0] > 0, axis=along)
    before = tf.cast(tf.argmax(tf.cast(inked, tf.int32), axis=1), tf.float32)
    behind = tf.cast(tf.argmax(tf.cast(tf.reverse(inked, [1]), tf.int32), axis=1), tf.float32)
    return tf.where(back, tf.floor(-share * before), tf.floor(share * (behind + 1.0)))


def _mapped(images: Any, a0: Any, a1: Any, a2: Any, b0: Any, b1: Any, b2: Any) -> Any:
    """Each place (x, y) of the result from (a0 x + a1 y + a2, b0 x + b1 y + b2), bilinear, black outside."""
    import tensorflow as tf

    zero = tf.zeros_like(a2)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([zero + each for each in (a0, a1, a2, b0, b1, b2, zero, zero)], axis=1),
        output_shape=tf.constant([int(images.shape[1]), int(images.shape[2])]),
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
        fill_value=0.0,
    )
