"""The trainer in C: gradients against differences, tied and padded layers, its optimiser, its CPU-free build."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from toolkit.smallest import native
from toolkit.smallest.data import REAL
from toolkit.smallest.recipe import RECIPE
from toolkit.smallest.training import drawn, int8_steps, state_of
from toolkit.zoo.topology import Kind, parse

pytestmark = pytest.mark.skipif(not any(map(shutil.which, native.COMPILERS)), reason="no C compiler")

# Every kind of layer, kernels of 3 and others, odd widths (rows of four and single ones), padding, ties, sums.
TOPOLOGIES = (
    "c6p s13 s13 s13t s13t g F",
    "c3p c4p d5 F",
    "c5 P s4z s6 r1 s6n P s7k5z F",
    "c2k5p c3k2p s9k2 s10n g",
    "c3 c4k5 P r1 s4 s4z s4zt r2 P d7 d4 F",
)


def _images(count: int) -> tuple[native.Bytes, native.Bytes]:
    rng = np.random.default_rng(7)
    smooth = rng.integers(0, 256, (count, 7, 7)).repeat(4, axis=1).repeat(4, axis=2)
    return smooth.reshape(count, -1).astype(np.uint8), rng.integers(0, 10, count).astype(np.uint8)


@pytest.mark.parametrize(
    ("words", "slope", "forgiving"),
    [*((words, 0.3, 0.0) for words in TOPOLOGIES), (TOPOLOGIES[0], -0.6, 0.0), (TOPOLOGIES[1], 0.1, 0.7)],
)
def test_gradients_are_those_of_differences(words: str, slope: float, forgiving: float) -> None:
    """Of each run of weights along a direction: the difference of a single one drowns in float32's rounding.

    A long step runs over kinks (rectifiers, maxima), a short one into the rounding: between them one has to agree.
    """
    topology = parse(words, slope)
    network = native.Network(topology, 1)
    pixels, labels = _images(network.images)
    chosen = np.arange(network.images, dtype=np.int32)
    rng = np.random.default_rng(3)
    start = drawn(topology, 5) + rng.normal(0, 0.05, topology.trained).astype(np.float32)

    def loss(parameters: native.Floats) -> float:
        return network.gradients(parameters, REAL, pixels, labels, chosen, forgiving=forgiving)[0]

    _, gradients = network.gradients(start, REAL, pixels, labels, chosen, forgiving=forgiving)
    for place, slot in enumerate(topology.slots):
        part = slice(slot.offset, slot.offset + slot.size)
        direction = np.zeros_like(start)
        direction[part] = np.sign(gradients[part]) + rng.normal(0, 0.3, slot.size)
        expected = float(direction.astype(np.float64) @ gradients)
        wrong = []
        for step in np.array([5e-4, 1e-4, 3e-5], np.float32):
            measured = (loss(start + step * direction) - loss(start - step * direction)) / (2 * float(step))
            wrong.append(abs(measured / expected - 1))
        assert min(wrong) < 0.03, f"slot {place} {slot.shape}: {wrong}"


def test_a_weight_that_two_layers_share_gets_both_gradients() -> None:
    tied, apart = parse("c4p s6 s6 s6t g F"), parse("c4p s6 s6 s6 g F")
    pixels, labels = _images(16)
    chosen = np.arange(16, dtype=np.int32)
    given = drawn(tied, 1)
    other = np.zeros(apart.trained, np.float32)
    pairs = []
    for layer, same in zip(tied.layers, apart.layers, strict=True):
        for name in ("weights", "scale", "bias"):
            if getattr(layer, name) >= 0:
                pairs.append((tied.slots[getattr(layer, name)], apart.slots[getattr(same, name)]))
    for mine, theirs in pairs:
        other[theirs.offset : theirs.offset + theirs.size] = given[mine.offset : mine.offset + mine.size]
    loss, sums = native.Network(tied, 1).gradients(given, REAL, pixels, labels, chosen)
    loss_apart, sums_apart = native.Network(apart, 1).gradients(other, REAL, pixels, labels, chosen)
    assert loss == pytest.approx(loss_apart, rel=1e-6)
    added = np.zeros_like(sums)
    for mine, theirs in pairs:
        added[mine.offset : mine.offset + mine.size] += sums_apart[theirs.offset : theirs.offset + theirs.size]
    assert np.allclose(sums, added, rtol=1e-4, atol=1e-4)


def test_values_are_those_of_a_plain_computation() -> None:
    topology = parse("c2p s3 g F", 0.1)
    network = native.Network(topology, 1)
    pixels, labels = _images(16)
    parameters = drawn(topology, 2)
    network.gradients(parameters, REAL, pixels, labels, np.arange(16, dtype=np.int32))
    x = REAL[pixels].reshape(16, 28, 28).astype(np.float64)
    slot = topology.slots[topology.layers[1].weights]
    kernel = parameters[slot.offset : slot.offset + slot.size].reshape(2, 3, 3)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
    convolved = np.einsum("nyxij,cij->ncyx", windows, kernel)
    pooled = convolved.reshape(16, 2, 13, 2, 13, 2).max(axis=(3, 5))
    assert np.allclose(network.values(1), pooled, atol=1e-4)
    normal = (pooled - pooled.mean((0, 2, 3), keepdims=True)) / np.sqrt(pooled.var((0, 2, 3), keepdims=True) + 1e-3)
    assert np.allclose(network.values(2), np.where(normal > 0, normal, 0.1 * normal), atol=1e-4)


def test_an_epoch_lowers_the_loss_and_is_the_same_twice() -> None:
    topology = parse("c3p d8 F", 0.1)
    pixels, labels = _images(256)
    labels = (pixels[:, 400] // 26).astype(np.uint8)  # something that can be learnt
    losses, ends = [], []
    for _ in range(2):
        network = native.Network(topology, 1)
        state = state_of(topology, drawn(topology, 1), RECIPE)
        mine = [
            network.epoch(
                state,
                pixels,
                labels,
                np.random.default_rng(epoch).permutation(256).astype(np.int32),
                np.full(16, 0.02, np.float32),
                REAL,
                accumulate=1,
                betas=(0.9, 0.99),
                averaging=0.9,
                smoothing=0.0,
                sharpness=sharpness,
            )
            for epoch, sharpness in enumerate([0.0] * 10 + [0.05] * 2)
        ]
        losses.append(mine)
        ends.append(state.parameters)
    assert losses[0][9] < 0.8 * losses[0][0]
    assert losses[0] == losses[1]
    assert np.array_equal(ends[0], ends[1])


def test_changed_copies_are_near_their_originals() -> None:
    pixels, _ = _images(20)
    assert np.array_equal(native.augment(pixels, 28, (0, 0, 0, 0), 1), pixels)
    moved = native.augment(pixels, 28, (9, 7, 0.05, 0.07), 1)
    assert np.array_equal(moved, native.augment(pixels, 28, (9, 7, 0.05, 0.07), 1))
    assert not np.array_equal(moved, native.augment(pixels, 28, (9, 7, 0.05, 0.07), 2))
    assert 1 < np.abs(moved.astype(int) - pixels).mean() < 60
    shifted = native.augment(pixels, 28, (0, 0, 0, 1.0), 3)
    assert shifted.max() <= 255


@pytest.mark.parametrize("compiler", native.COMPILERS)
def test_the_trainer_compiles_without_a_warning(compiler: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}")
    sources = [str(path) for path in sorted(native.FOLDER.glob("*.c"))]
    command = native.compile_command(compiler, sources, str(tmp_path / "trainer.so"))
    # Any CPU: nothing is named but the one it runs on, and without even that it compiles as well.
    plain = [each for each in command if not each.startswith(("-march", "-mcpu"))]
    done = subprocess.run([*plain, "-Werror", "-O1"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_kinds_are_numbered_alike_on_both_sides() -> None:
    text = (native.FOLDER / "network.h").read_text(encoding="utf-8")
    names = [line.split()[0].rstrip(",") for line in text.splitlines() if line.strip().startswith("KIND_")]
    assert [name.removeprefix("KIND_") for name in names] == [kind.name for kind in Kind]


def test_frozen_statistics_are_constants_to_the_gradients() -> None:
    """With statistics that are set, a batch's mean and variance are no part of what is differentiated."""
    topology = parse("c3p s4 g F", 0.3)
    network = native.Network(topology, 1)
    pixels, labels = _images(64)
    chosen = np.arange(16, dtype=np.int32)
    start = drawn(topology, 4)
    network.collect(start, REAL, pixels)

    def loss(parameters: native.Floats) -> float:
        return network.gradients(parameters, REAL, pixels, labels, chosen, frozen=True)[0]

    _, gradients = network.gradients(start, REAL, pixels, labels, chosen, frozen=True)
    for slot in topology.slots:
        part = slice(slot.offset, slot.offset + slot.size)
        direction = np.zeros_like(start)
        direction[part] = np.sign(gradients[part])
        wrong = []
        for step in np.array([1e-3, 3e-4, 1e-4], np.float32):
            measured = (loss(start + step * direction) - loss(start - step * direction)) / (2 * float(step))
            wrong.append(abs(measured / float(direction.astype(np.float64) @ gradients) - 1))
        assert min(wrong) < 0.03, f"{slot}: {wrong}"
    scores = network.run(start, REAL, pixels[:16]).astype(np.float64)
    expected = np.log(np.exp(scores).sum(1)) - scores[np.arange(16), labels[:16]]
    assert loss(start) == pytest.approx(expected.sum(), rel=1e-4)


def test_steps_of_int8_grids_are_by_channel() -> None:
    topology = parse("c2 P P P s3n g F")
    parameters = np.arange(topology.trained, dtype=np.float32) - 20
    steps = int8_steps(topology, parameters)
    first = topology.slots[0]
    kernel = parameters[first.offset : first.offset + 18].reshape(2, 9)
    assert np.allclose(
        steps[first.offset : first.offset + 18].reshape(2, 9), np.abs(kernel).max(1, keepdims=True) / 127
    )
    assert not steps[topology.slots[1].offset : topology.slots[1].offset + topology.slots[1].size].any()
