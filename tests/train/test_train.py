"""Training on a few real-looking images: the drawn digits, shifted about."""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import dataclasses

from toolkit import train as training
from toolkit import zoo
from toolkit.data import load_external
from toolkit.data.digits import convention
from toolkit.data.samples import Samples
from toolkit.errors import TrainError
from toolkit.train import loop, losses
from toolkit.train.augment import affine, ink
from toolkit.train.recipe import AUTHORS, Augmentation, InkChanges, suited
from toolkit.train.twin import fold, with_batch_norm


def _toy(count: int = 320) -> Samples:
    external = load_external()
    random = np.random.default_rng(2)
    which = random.integers(0, 10, count)
    shifts = random.integers(-2, 3, (count, 2))
    images = np.stack(
        [np.roll(external.values[one], tuple(shift), (0, 1)) for one, shift in zip(which, shifts, strict=True)]
    )
    return convention.samples("toy", images, which.astype(np.uint8), source="test")


TOY = _toy()
SHORT = training.Recipe(
    name="short",
    epochs=3,
    batch_size=32,
    learning_rate=1e-2,
    warmup_epochs=1,
    cosine=True,
    batch_norm=True,
    augmentation=Augmentation(5.0, 3.0, 0.05, 0.5),
    polish_epochs=2,
    polish_rate=1e-3,
    validation=64,
)


def _weights(trained: training.Trained) -> list[np.ndarray]:
    return list(trained.model.get_weights())


@pytest.fixture(scope="module")
def unbroken() -> training.Trained:
    return training.train(zoo.get("proposed"), SHORT, 7, TOY)


def test_same_seed_same_weights_other_seed_other_weights(unbroken: training.Trained) -> None:
    again = training.train(zoo.get("proposed"), SHORT, 7, TOY)
    for one, two in zip(_weights(unbroken), _weights(again), strict=True):
        np.testing.assert_array_equal(one, two)
    other = training.train(zoo.get("proposed"), SHORT, 8, TOY)
    assert not np.array_equal(_weights(unbroken)[0], _weights(other)[0])


def test_it_learns_and_keeps_its_history(unbroken: training.Trained) -> None:
    assert [record.phase for record in unbroken.history] == ["train"] * 3 + ["polish"] * 2
    assert unbroken.history[-1].loss < unbroken.history[0].loss
    assert unbroken.history[-1].accuracy > 0.25  # guessing gives 0.1
    assert unbroken.validation == unbroken.history[-1].validation
    assert (unbroken.training_images, unbroken.validation_images) == (256, 64)


@pytest.mark.parametrize("stop_at", [("train", 2), ("polish", 1)])
def test_a_stopped_training_goes_on_and_equals_an_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unbroken: training.Trained, stop_at: tuple[str, int]
) -> None:
    monkeypatch.setattr(loop, "_SAVE_SECONDS", -1.0)  # a checkpoint after every epoch

    def stop(at: training.Progress) -> None:
        if (at.phase, at.epoch) == stop_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.train(zoo.get("proposed"), SHORT, 7, TOY, checkpoints=tmp_path, progress=stop)
    seen: list[training.Progress] = []
    resumed = training.train(zoo.get("proposed"), SHORT, 7, TOY, checkpoints=tmp_path, progress=seen.append)
    assert (seen[0].phase, seen[0].epoch) == stop_at
    for one, two in zip(_weights(unbroken), _weights(resumed), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_damaged_checkpoint_is_passed_over(tmp_path: Path, unbroken: training.Trained) -> None:
    training.train(zoo.get("proposed"), SHORT, 7, TOY, checkpoints=tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    again = training.train(zoo.get("proposed"), SHORT, 7, TOY, checkpoints=tmp_path)
    np.testing.assert_array_equal(_weights(unbroken)[0], _weights(again)[0])


def test_a_constant_rate_training_can_be_made_longer(tmp_path: Path) -> None:
    recipe = training.Recipe(name="plain", epochs=1, batch_size=32, learning_rate=1e-3)
    longer = dataclasses.replace(recipe, epochs=3)
    architecture = zoo.get("dropout")  # its own random state must go on too
    training.train(architecture, recipe, 1, TOY, checkpoints=tmp_path)
    resumed = training.train(architecture, longer, 1, TOY, checkpoints=tmp_path)
    whole = training.train(architecture, longer, 1, TOY)
    assert len(resumed.history) == 3
    for one, two in zip(_weights(resumed), _weights(whole), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("name", ["proposed", "cnn2-3-4-5", "dropout"])
def test_folding_keeps_the_function(name: str) -> None:
    model = zoo.get(name).build()
    twin = with_batch_norm(model)
    random = np.random.default_rng(3)
    for variable in twin.variables:
        if np.issubdtype(np.dtype(variable.dtype), np.floating):
            value = random.normal(0.5, 0.4, variable.shape)
            variable.assign(np.abs(value) if "variance" in variable.path else value)
    fold(twin, model)
    images = random.random((20, 28, 28, 1)).astype(np.float32)
    np.testing.assert_allclose(model(images, training=False), twin(images, training=False), atol=2e-5)


def test_trials_choose_the_starting_weights_by_the_training_images(tmp_path: Path) -> None:
    recipe = dataclasses.replace(SHORT, epochs=2, trials=3, trial_epochs=1, trial_polish_epochs=1)
    trained = training.train(zoo.get("proposed"), recipe, 7, TOY, checkpoints=tmp_path)
    phases = [record.phase for record in trained.history]
    assert phases == ["trial", "trial polish"] * 3 + ["train"] * 2 + ["polish"] * 2
    assert trained.epochs == 4
    scores = [record.accuracy for record in trained.history if record.phase == "trial polish"]
    winner = 7000 + scores.index(max(scores))
    assert (tmp_path / f"proposed-short-{winner}-train.npz").is_file()


def test_a_network_that_is_no_stack_is_refused_in_one_line() -> None:
    with pytest.raises(TrainError, match="squeezenet is no plain stack"):
        training.train(zoo.get("squeezenet"), SHORT, 1, TOY)


def test_too_little_data_is_refused() -> None:
    with pytest.raises(TrainError, match="toy has 90 images"):
        training.train(zoo.get("proposed"), SHORT, 1, TOY.first(90))


def test_rates() -> None:
    phase = loop.Phase("train", 10, 32, 0.1, warmup_epochs=2, cosine=True)
    rates = [phase.rate(step, 5) for step in range(50)]
    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == rates[9] == rates[10] == pytest.approx(0.1)
    assert rates[30] == pytest.approx(0.05)
    assert 0 < rates[-1] < 0.001
    decaying = loop.Phase("train", 3, 16, 0.1, decay=0.5)
    assert [decaying.rate(step, 2) for step in range(6)] == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025, 0.025])


def test_augmentation_without_bounds_changes_nothing_and_within_them_keeps_the_centre() -> None:
    images = TOY.first(8).real()[..., np.newaxis]
    same = np.asarray(affine(images, Augmentation(0, 0, 0, 0), (1, 2)))
    np.testing.assert_allclose(same, images, atol=1e-6)
    dot = np.zeros((50, 29, 29, 1), np.float32)
    dot[:, 14, 14] = 1
    turned = np.asarray(affine(dot, Augmentation(20, 10, 0.2, 0), (3, 4)))
    np.testing.assert_allclose(turned[:, 14, 14, 0], 1, atol=1e-4)
    shifted = np.asarray(affine(dot, Augmentation(0, 0, 0, 2), (3, 4)))[..., 0]
    places = np.arange(29)
    rows = (shifted.sum(axis=2) * places).sum(axis=1) - 14
    assert np.abs(rows).max() < 2.01
    assert np.abs(rows).max() > 1.0


def _framed() -> npt.NDArray[np.float32]:
    """Twenty pictures of a frame of ink, 10 to 15 by 8 to 19."""
    images = np.zeros((20, 28, 28, 1), np.float32)
    images[:, 8:20, 10:16] = 1.0
    return images


def test_a_digit_moves_within_its_margins_and_becomes_narrower() -> None:
    """Whole margins of 8 rows above and below; the same seed gives the same pictures."""
    how = InkChanges(rotate_degrees=0, squeeze_pixels=7, patch_pixels=0)
    found = np.asarray(ink(_framed(), how, (1, 2)))[..., 0]
    assert np.array_equal(found, np.asarray(ink(_framed(), how, (1, 2)))[..., 0])
    assert not np.array_equal(found, np.asarray(ink(_framed(), how, (2, 2)))[..., 0])
    rows = [np.flatnonzero(each.max(axis=1) > 0.5) for each in found]
    assert {len(each) for each in rows} == {12}
    assert min(each[0] for each in rows) >= 0 and max(each[-1] for each in rows) <= 27
    assert len({int(each[0]) for each in rows}) > 4
    widths = [each.max(axis=0).sum() for each in found]
    assert 6 * 21 / 28 - 0.1 <= min(widths) <= max(widths) < 6.0


def test_one_digit_in_two_is_turned_and_each_loses_a_square() -> None:
    images = np.ones((200, 28, 28, 1), np.float32)
    black = np.asarray(ink(images, InkChanges(0, 1, 4), (5, 6)))[..., 0] == 0
    inner = black[:, 4:24, 4:24].sum(axis=(1, 2))
    assert inner.max() == 16 and inner.min() >= 4
    spots = {tuple(np.argwhere(each[4:24, 4:24])[0]) for each in black}
    assert len(spots) > 50
    framed = np.repeat(_framed()[:1], 200, axis=0)
    turned = np.asarray(ink(framed, InkChanges(30, 1, 0), (7, 8)))[..., 0]
    # Upright, every row of the frame has the same columns.
    slanted = sum(float(np.abs(np.diff(each[(each > 0.5).any(axis=1)][2:-2], axis=0)).max()) > 0.05 for each in turned)
    assert 60 < slanted < 140


def test_the_authors_recipe_is_for_networks_that_have_one() -> None:
    capsules = zoo.get("efficient-capsnet")
    found = suited(AUTHORS, capsules)
    assert capsules.training is not None
    assert found.decay**found.epochs == pytest.approx(capsules.training.decay**capsules.training.epochs)
    assert (found.loss, found.batch_size) == ("margin", 16)
    with pytest.raises(TrainError, match="initial has no settings of its authors"):
        suited(AUTHORS, zoo.get("initial"))


def test_margin_loss_at_known_lengths() -> None:
    lengths = np.full((1, 10), 0.1, np.float32)
    lengths[0, 3] = 0.9
    labels = np.array([3], np.int32)
    assert float(losses.margin(labels, lengths)) == pytest.approx(0.0, abs=1e-12)
    lengths[0, 3], lengths[0, 4] = 0.4, 0.6
    assert float(losses.margin(labels, lengths)) == pytest.approx(0.5**2 + 0.5 * 0.5**2)


def test_the_authors_own_settings_take_the_recipes_place() -> None:
    recipe = suited(training.PAPER, zoo.get("efficient-capsnet"))
    assert (recipe.loss, recipe.batch_size, recipe.learning_rate, recipe.epochs) == ("margin", 16, 5e-4, 20)
    assert suited(training.PAPER, zoo.get("initial")) is training.PAPER
