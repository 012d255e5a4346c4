"""A network of the user's own: what the function may be, how it learns, and that it is gone on with."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.convert.networks import data, waves
from toolkit import api, models, reference
from toolkit.artifacts import DType
from toolkit.data import Samples
from toolkit.data.task import Kind, Task
from toolkit.errors import TinymlError, TrainError, UsageError
from toolkit.selection import Selection
from toolkit.steps.train import Own, train_own
from toolkit.train import own

FILE = """
import keras
from keras import layers
def build():
    return keras.Sequential([
        keras.Input((16, 2)), layers.Conv1D(6, 5, activation="relu"), layers.Flatten(), layers.Dropout(0.1),
        layers.Dense(3, activation="softmax"),
    ])
def compiled():
    model = build()
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model
def values():
    return keras.Sequential([keras.Input((4,)), layers.Dense(1)])
def free():
    return keras.Sequential([keras.Input((None, 2)), layers.Conv1D(3, 3)])
def number(): return 3
def fails(): return layers.Dense(-1)
def _private(): return 3
"""

FAILING = 1 + next(place for place, line in enumerate(FILE.splitlines()) if line.startswith("def fails"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "gesture.py"
    path.write_text(FILE)
    return path


def _waves(count: int = 60) -> Samples:
    x, y = waves(count)
    return Samples("waves", (x,), y, Task(Kind.CLASSIFY))


def _weights(model: Any) -> list[np.ndarray]:
    return [np.array(each) for each in model.get_weights()]


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("gesture.py", "names no function"),
        ("gesture.py:", "names no function"),
        ("gone.py:build", r"gone\.py is no file"),
        ("gesture.py:built", r"gesture\.py has no function built"),
        ("gesture.py:number", "returns int, no keras.Model"),
        ("gesture.py:fails", rf"gesture\.py, line {FAILING}: ValueError: .*units"),
        ("broken.py:build", r"broken\.py, line 2: SyntaxError"),
        ("text.py:build", r"text\.py, line 1: ModuleNotFoundError"),
    ],
)
def test_what_is_no_function_of_a_network_is_one_line(
    file: Path, monkeypatch: pytest.MonkeyPatch, function: str, said: str
) -> None:
    monkeypatch.chdir(file.parent)
    Path("broken.py").write_text("x = 1\ndef build(:\n")
    Path("text.py").write_text("import no_such_module\n")
    with pytest.raises(TinymlError, match=said) as caught:
        own.build(function, 1)
    assert isinstance(caught.value, UsageError | TrainError)
    assert "\n" not in caught.value.message
    if function.endswith("built"):
        assert caught.value.hint == "it has: build, compiled, values, free, number, fails"


def test_an_input_of_any_length_is_refused(file: Path) -> None:
    with pytest.raises(TrainError, match=r"\(None, None, 2\)"):
        own.ends(own.build(f"{file}:free", 1), "gesture")


def test_names_and_data_are_asked_for_before_anything_is_loaded(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "build", None)
    here = Selection(data=data(tmp_path))
    for asked, said in (
        (Own(f"{file}:build"), "--data names none"),
        (Own(f"{file}:build", Selection(data=tmp_path / "gone.npz")), r"gone\.npz cannot be read"),
        (Own(f"{file}:build", here, name="proposed"), "proposed is a network of ours"),
        (Own(f"{file}:build", here, name="../x"), "no name for a model"),
        (Own(f"{file}:build", here, recipe="fast"), "there is no recipe 'fast'"),
    ):
        with pytest.raises(TinymlError, match=said):
            train_own(asked, tmp_path)


def test_it_learns_and_is_found_by_its_name(file: Path, tmp_path: Path) -> None:
    asked = Own(f"{file}:build", Selection(data=data(tmp_path, 600)), epochs=30, recipe="own")
    card = train_own(asked, tmp_path)
    assert (card.name, card.architecture, card.epochs) == ("gesture", "gesture.py:build", 30)
    assert (card.training_images, card.validation_images) == (540, 60)
    assert set(card.accuracy) == {"held_out_float32", "held_out_int8", "held_out_int8_per_tensor"}
    x, y = waves(200, seed=9)
    tflite = models.resolve("gesture", DType.INT8, tmp_path).read()
    outputs = reference.expected_outputs(tflite, reference.quantise(tflite, x))
    assert np.mean(np.argmax(reference.dequantise(tflite, outputs), axis=1) == y) > 0.6  # a third by chance
    listed = {row.model: row for row in api.models(tmp_path)}
    assert list(listed)[-1] == "gesture" and listed["gesture"].trained == "workspace"
    assert listed["gesture"].size("int8")
    right = card.accuracy["held_out_int8"].correct / 60
    assert listed["gesture"].title == f"gesture.py:build, held out {right:.4f} in int8"


def test_a_training_that_is_gone_on_with_equals_an_unbroken_one(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dropout and Adam's state go on too."""
    how = dataclasses.replace(own.OWN, epochs=3, warmup_epochs=0)
    whole = own.train(own.build(f"{file}:build", 1), "gesture", how, 1, _waves())
    monkeypatch.setattr(own, "_SAVE_SECONDS", -1.0)
    stopped = tmp_path / "state.npz"

    def stop(progress: Any) -> None:
        if progress.epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        own.train(own.build(f"{file}:build", 1), "gesture", how, 1, _waves(), checkpoint=stopped, progress=stop)
    seen = []
    rest = own.train(
        own.build(f"{file}:build", 1),
        "gesture",
        how,
        1,
        _waves(),
        checkpoint=stopped,
        progress=lambda progress: seen.append(progress.epoch),
    )
    assert set(seen) == {3}
    for one, other in zip(_weights(whole.model), _weights(rest.model), strict=True):
        np.testing.assert_array_equal(one, other)
    assert [each.loss for each in whole.history] == [each.loss for each in rest.history]


def test_the_rate_follows_the_recipe_unless_the_model_is_compiled(file: Path) -> None:
    how = dataclasses.replace(own.OWN, epochs=4, warmup_epochs=1)
    scheduled = own.train(own.build(f"{file}:build", 1), "gesture", how, 1, _waves()).history
    rates = [each.learning_rate for each in scheduled]
    assert rates[0] == pytest.approx(how.learning_rate)
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.2 * how.learning_rate
    compiled = own.train(own.build(f"{file}:compiled", 1), "gesture", how, 1, _waves())
    assert [each.learning_rate for each in compiled.history] == pytest.approx([0.01] * 4)
    assert compiled.told.startswith("its own optimiser and loss")
    assert compiled.validation is None  # it was compiled without a metric


def test_values_are_learnt_with_the_square_error(file: Path) -> None:
    random = np.random.default_rng(4)
    x = random.normal(0, 1, (300, 4)).astype(np.float32)
    prices = Samples("prices", (x,), x @ np.array([1.0, -2.0, 0.5, 3.0]) + 1, Task(Kind.REGRESS))
    how = dataclasses.replace(own.OWN, epochs=30, learning_rate=5e-2)
    done = own.train(own.build(f"{file}:values", 1), "prices", how, 1, prices)
    assert done.history[-1].validation_loss is not None
    assert done.history[-1].validation_loss < 0.01
    assert done.validation is None
