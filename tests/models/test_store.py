import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from toolkit import models, reference, zoo
from toolkit import train as training
from toolkit.artifacts import DType, ModelCard
from toolkit.data import load_external
from toolkit.errors import ModelError, TrainError
from toolkit.models import store
from toolkit.models.card import card_text

EXTERNAL = load_external()
RECIPE = training.Recipe(name="tiny", epochs=1, batch_size=8, learning_rate=1e-3)


@pytest.fixture(scope="module")
def trained() -> training.Trained:
    return training.train(zoo.get("cnn-2-2"), RECIPE, 1, EXTERNAL)


def _store(trained: training.Trained, workspace: Path) -> ModelCard:
    return store.store(
        trained,
        zoo.get("cnn-2-2"),
        RECIPE,
        1,
        calibration=EXTERNAL,
        tests=(EXTERNAL,),
        folder=models.workspace_folder(workspace, "cnn-2-2"),
    )


def test_what_is_stored_is_found_loaded_and_scores_as_its_card_says(tmp_path: Path, trained: training.Trained) -> None:
    card = _store(trained, tmp_path)
    assert (card.params, card.epochs, card.training_images, card.validation) == (728, 1, 10, None)
    assert set(card.accuracy) == {f"external_{kind}" for kind in ("float32", "int8", "int8_per_tensor")}
    stored = models.find("cnn-2-2", tmp_path)
    assert stored is not None
    assert stored.card == card
    for dtype in DType:
        tflite = models.resolve("cnn-2-2", dtype, tmp_path).path.read_bytes()
        assert store.score(tflite, EXTERNAL) == card.accuracy[f"external_{dtype}"]
    for one, two in zip(store.load_model(stored).get_weights(), trained.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_score_counts_right_answers(tmp_path: Path, trained: training.Trained) -> None:
    _store(trained, tmp_path)
    tflite = models.resolve("cnn-2-2", DType.FLOAT32, tmp_path).path.read_bytes()
    outputs = reference.expected_outputs(tflite, reference.quantise(tflite, EXTERNAL.real()))
    predicted = outputs.view(np.float32).argmax(axis=1).astype(np.uint8)
    as_predicted = dataclasses.replace(EXTERNAL, truth=predicted)
    assert store.score(tflite, as_predicted).correct == 10
    wrong = dataclasses.replace(EXTERNAL, truth=(predicted + 1) % 10)
    assert store.score(tflite, wrong).correct == 0


def test_damaged_weights_are_named(tmp_path: Path, trained: training.Trained) -> None:
    _store(trained, tmp_path)
    stored = models.find("cnn-2-2", tmp_path)
    assert stored is not None
    path = stored.folder / store.WEIGHTS
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ModelError, match=r"weights\.npz cannot be used"):
        store.load_model(stored)


def test_a_network_that_does_not_convert_to_int8_keeps_its_float32_file(
    tmp_path: Path, trained: training.Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    from toolkit import convert as stage

    real = stage.convert

    def no_int8(model: object, dtype: DType, *rest: object, **options: bool) -> bytes:
        if dtype is DType.INT8:
            raise TrainError("no such operator")
        return real(model, dtype, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(stage, "convert", no_int8)
    card = _store(trained, tmp_path)
    assert set(card.accuracy) == {"external_float32"}
    with pytest.raises(ModelError, match="cnn-2-2 has no int8 file"):
        models.resolve("cnn-2-2", DType.INT8, tmp_path)


def test_the_card_to_read_holds_the_figures(tmp_path: Path, trained: training.Trained) -> None:
    card = _store(trained, tmp_path)
    text = (models.workspace_folder(tmp_path, "cnn-2-2") / "card.md").read_text()
    assert text == card_text(card)
    assert "728 trainable parameters" in text
    for digest in card.files.values():
        assert digest in text
