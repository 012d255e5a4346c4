"""TensorFlow's own toolkit is not installed here: what stands without it."""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from toolkit import zoo
from toolkit.data import load_external
from toolkit.errors import ModelError, TinymlError
from toolkit.paper import compression, records, tfmot
from toolkit.paper.records import TrainingRun
from toolkit.paper.tfmot import Step, ToolkitResult

RUN = TrainingRun("proposed", "paper", 20, 1)
RESULT = ToolkitResult(RUN, (Step("as trained", 707, 9000, 6000, 4000, 0.9),), {"tensorflow": "2"})


def test_it_is_run_on_the_first_seed_of_each_network_of_our_own_study() -> None:
    assert [(run.model, run.seed) for run in tfmot.runs()] == [(model, 1) for model in compression.MODELS]


def test_without_the_toolkit_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow_model_optimization", None)
    with pytest.raises(TinymlError, match="cannot be loaded") as caught:
        tfmot.optimise(RUN, [], load_external(), load_external())
    assert "tfmot" in caught.value.hint


def test_what_is_known_is_not_done_again_and_what_is_not_trained_is_refused(tmp_path: Path) -> None:
    assert tfmot.complete([RUN], tmp_path, known={RUN.key: RESULT}) == {RUN.key: RESULT}
    with pytest.raises(ModelError, match=r"weights\.npz cannot be used"):
        tfmot.complete([RUN], tmp_path, known={})


def test_records_are_collected_and_kept(tmp_path: Path) -> None:
    RESULT.save(records.run_folder(tmp_path, RUN) / tfmot.RECORD)
    assert tfmot.collect(tmp_path) == {RUN.key: RESULT}
    records.save({RUN.key: RESULT}, tmp_path / "kept.json")
    assert tfmot.load_results(tmp_path / "kept.json") == {RUN.key: RESULT}


@pytest.mark.parametrize("name", compression.MODELS)
def test_the_copy_in_the_other_keras_is_the_same_stack(name: str) -> None:
    import keras

    class Keras2:
        """Keras 3 under the one name of an argument that Keras 2 calls otherwise."""

        Input, Sequential = keras.Input, keras.Sequential

        class layers:  # noqa: N801 - a module's name
            Conv2D, Dense = keras.layers.Conv2D, keras.layers.Dense
            MaxPooling2D, Flatten = keras.layers.MaxPooling2D, keras.layers.Flatten

            @staticmethod
            def LeakyReLU(alpha: float) -> Any:  # noqa: N802
                return keras.layers.LeakyReLU(negative_slope=alpha)

    model = zoo.get(name).build()
    copy = tfmot.same_stack(Keras2, model)
    copy.set_weights(model.get_weights())
    images = np.random.default_rng(1).random((5, 28, 28, 1), np.float32)
    np.testing.assert_array_equal(copy(images), model(images))


def test_a_network_that_is_no_plain_stack_is_refused() -> None:
    import keras

    with pytest.raises(TinymlError, match="has a layer"):
        tfmot.same_stack(keras, zoo.get("squeezenet").build())
