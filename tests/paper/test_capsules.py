"""Efficient-CapsNet with int8 convolutions: the folding is exact, and the shipped file is the network that it says."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit import reference, resources
from toolkit.data import load_external
from toolkit.tflite.ends import ends_of
from toolkit.zoo import efficient_capsnet

FILE = resources.models() / "efficient-capsnet_mixed.tflite"


@pytest.mark.slow
def test_batch_normalisations_fold_into_the_convolutions_behind_them() -> None:
    """With random statistics: fresh ones are the identity, and would show nothing."""
    generator = np.random.default_rng(18)
    model = efficient_capsnet.build()
    model.set_weights([generator.uniform(0.05, 0.2, each.shape).astype(np.float32) for each in model.get_weights()])
    folded = efficient_capsnet.without_batch_norm(model)
    assert not [layer for layer in folded.layers if "BatchNorm" in type(layer).__name__]
    images = generator.uniform(0, 1, (3, 28, 28, 1)).astype(np.float32)
    before, after = (np.asarray(each(images, training=False)) for each in (model, folded))
    assert np.ptp(before) > 0
    np.testing.assert_allclose(after, before, rtol=1e-4)


def test_the_shipped_file_reads_the_drawn_digits() -> None:
    """Full-integer conversion reads one of the ten."""
    tflite = FILE.read_bytes()
    assert len(tflite) < 250_000
    assert str(ends_of(tflite).input.dtype) == "float32"
    drawn = load_external()
    outputs = reference.expected_outputs(tflite, reference.quantise(tflite, drawn.values, drawn.scaling))
    assert (np.argmax(reference.dequantise(tflite, outputs), axis=-1) == drawn.labels).all()
