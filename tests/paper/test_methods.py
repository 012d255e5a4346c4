import os
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from toolkit import train, zoo
from toolkit.data import load_external
from toolkit.data.digits import convention
from toolkit.data.samples import Samples
from toolkit.paper import methods
from toolkit.paper import methods as compress


def _toy(count: int) -> Samples:
    external = load_external()
    random = np.random.default_rng(8)
    which = random.integers(0, 10, count)
    images = np.stack([np.roll(external.values[one], int(random.integers(-1, 2)), 1) for one in which])
    return convention.samples("toy", images, which.astype(np.uint8), source="test")


TOY = _toy(400)


@pytest.fixture(scope="module")
def weights() -> list[np.ndarray]:
    recipe = train.Recipe(name="plain", epochs=12, batch_size=20, learning_rate=5e-3)
    trained = train.train(zoo.get("cnn-8-8"), recipe, 1, TOY)
    return list(trained.model.get_weights())


def _model(weights: list[np.ndarray]) -> Any:
    model = zoo.get("cnn-8-8").build()
    model.set_weights(weights)
    return model


def test_pruning_reaches_its_sparsity_in_every_kernel_and_keeps_it(weights: list[np.ndarray]) -> None:
    model = _model(weights)
    assert methods.sparsity_of(model) < 0.01
    before = [np.asarray(kernel) for kernel in methods.kernels(model)]
    methods.prune(model, 0.5, TOY, 1)
    for kernel, old in zip(methods.kernels(model), before, strict=True):
        zero = np.asarray(kernel) == 0
        assert zero.mean() == pytest.approx(0.5, abs=0.02)
        assert np.abs(old[zero]).mean() < np.abs(old[~zero]).mean()  # the small ones went
        assert not np.array_equal(np.asarray(kernel)[~zero], old[~zero])  # the others learnt on
    assert train.accuracy(model, TOY) > 0.7


def test_the_study_covers_every_method(weights: list[np.ndarray]) -> None:
    found = {
        each.method: each for each in methods.compress_in_every_way(lambda: _model(weights), 1, TOY, TOY.first(100))
    }
    assert set(found) == {
        *("float32", "dynamic range", "int8", "int16x8", "tuned", "tuned, int8", "quantisation-aware int8"),
        *(f"pruned {share} %{kind}" for share in (50, 75, 90) for kind in ("", ", int8")),
    }
    assert found["int8"].size_bytes < 0.4 * found["float32"].size_bytes
    assert found["dynamic range"].size_bytes < 0.6 * found["float32"].size_bytes
    # Zeros take no fewer bytes in a .tflite; only a compressed file shows them.
    assert found["pruned 90 %"].size_bytes == pytest.approx(found["tuned"].size_bytes, rel=0.01)
    assert found["pruned 90 %"].zipped_bytes < 0.5 * found["tuned"].zipped_bytes
    assert found["pruned 90 %"].sparsity == pytest.approx(0.9, abs=0.01)
    for method in ("float32", "int8", "int16x8", "dynamic range", "tuned", "quantisation-aware int8"):
        assert found[method].accuracy > 0.9, method


def test_the_aware_network_rounds_forwards_and_not_backwards(weights: list[np.ndarray]) -> None:
    import tensorflow as tf

    model = _model(weights)
    aware = compress.QuantisationAware(model)
    images = TOY.first(16).real()[..., np.newaxis]
    exact = np.asarray(model(images, training=False))
    with tf.GradientTape() as tape:
        rounded = aware(images, training=True)
        loss = tf.reduce_sum(rounded[:, 0])
    assert 0 < np.abs(np.asarray(rounded) - exact).max() < 0.1
    assert all(np.abs(np.asarray(each)).max() > 0 for each in tape.gradient(loss, model.trainable_variables)[:2])


def test_rounding_is_to_256_levels_that_hold_zero() -> None:
    values = np.linspace(-1.3, 2.9, 5000, dtype=np.float32)
    rounded = np.unique(np.asarray(methods._rounded_activation(values)))
    assert len(rounded) <= 256
    assert 0.0 in rounded
    assert np.abs(np.asarray(methods._rounded_activation(values)) - values).max() < 4.2 / 255
    kernel = np.stack([values, 10 * values], axis=1)
    assert all(len(np.unique(column)) <= 255 for column in np.asarray(methods._rounded_kernel(kernel)).T)
