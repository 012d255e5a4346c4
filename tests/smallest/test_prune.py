"""Structured pruning: what nothing reads goes first, and all that is tied to it; a plan whose starts are pruned."""

from __future__ import annotations

import dataclasses
import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.smallest.test_native import _images
from tests.smallest.test_study import SHIPPED, _run, sets
from toolkit.errors import ModelError, TrainError
from toolkit.smallest import data, native, page_search, pipeline, prune, records, training
from toolkit.smallest.data import REAL, Images
from toolkit.smallest.recipe import RECIPE, Run
from toolkit.zoo.topology import Kind, Topology, parse

__all__ = ["sets"]

pytestmark = pytest.mark.skipif(not any(map(shutil.which, native.COMPILERS)), reason="no C compiler")

PAIRS = (
    ("c4p c6p d7 F", "c3p c4p d5 F"),
    ("c6p s7 s7 s7t s7t g F", "c4p s5 s5 s5t s5t g F"),
    ("c5p s6 s6 s6t s10n g", "c4p s6 s6 s6t s10n g"),
    ("c4 P s6z s6z s6zt s4 d8 F", "c3 P s4z s4z s4zt s3 d6 F"),
)


def _sure(topology: Topology, parameters: native.Floats, pixels: native.Bytes) -> native.Bytes:
    """Labels that the network is right and sure of, its last scores made large: any other change makes it worse."""
    last = next(layer for layer in reversed(topology.layers) if layer.weights >= 0 or layer.scale >= 0)
    slot = topology.slots[last.scale if last.kind is Kind.NORM else last.weights]
    parameters[slot.offset : slot.offset + slot.size] *= 100
    network = native.Network(topology)
    network.collect(parameters, REAL, pixels)
    labels: native.Bytes = network.run(parameters, REAL, pixels).argmax(axis=1).astype(np.uint8)
    return labels


@pytest.mark.parametrize(("wide", "narrow"), PAIRS)
def test_channels_that_nothing_reads_leave_and_nothing_changes(wide: str, narrow: str) -> None:
    """Some channels of a wide network, anywhere among the others, are read with weights of zero: they have to go."""
    topology, target = parse(wide), parse(narrow)
    rng = np.random.default_rng(5)
    parameters = training.drawn(topology, 4) + rng.normal(0, 0.1, topology.trained).astype(np.float32)
    for many, few in zip(prune.groups(topology), prune.groups(target), strict=True):
        gone = rng.choice(many.channels, many.channels - few.channels, replace=False)
        for place, axis in many.read:
            slot = topology.slots[place]
            held = parameters[slot.offset : slot.offset + slot.size].reshape(slot.shape)
            np.moveaxis(held, axis, 0)[gone] = 0
    pixels, _ = _images(64)
    labels = _sure(topology, parameters, pixels)
    cut = prune.pruned(topology, parameters, target, Images(pixels, labels))
    outputs = []
    for which, values in ((topology, parameters), (target, cut)):
        network = native.Network(which)
        network.collect(values, REAL, pixels)
        outputs.append(network.run(values, REAL, pixels))
    assert outputs[0].std() > 0.1
    assert np.allclose(outputs[0], outputs[1], atol=1e-4)


@pytest.mark.parametrize(("wide", "narrow"), PAIRS)
def test_the_first_channels_of_a_wide_network_are_a_narrow_one(wide: str, narrow: str) -> None:
    """Where nothing reads the others, both compute the same."""
    topology, target = parse(wide), parse(narrow)
    parameters = training.drawn(topology, 6)
    for few, many in zip(prune.groups(target), prune.groups(topology), strict=True):
        for place, axis in many.read:
            slot = topology.slots[place]
            held = parameters[slot.offset : slot.offset + slot.size].reshape(slot.shape)
            np.moveaxis(held, axis, 0)[few.channels :] = 0
    pixels, _ = _images(64)
    outputs = []
    for which, values in ((topology, parameters), (target, parameters[prune.inside(topology, target)])):
        network = native.Network(which)
        network.collect(values, REAL, pixels)
        outputs.append(network.run(values, REAL, pixels))
    assert outputs[0].std() > 0.1
    assert np.allclose(outputs[0], outputs[1], atol=1e-4)


def test_inside_a_wide_network_whose_loss_hardly_counts_it_is_trained_as_alone() -> None:
    topology, target = parse("c4p d8 F"), parse("c3p d7 F")
    places = prune.inside(topology, target)
    first = training.drawn(topology, 2)
    pixels, labels = _images(128)
    order = np.arange(128, dtype=np.int32)
    ends = []
    for which, start, outer in ((target, first[places], 0.0), (topology, first, 1e-7), (topology, first, 1.0)):
        state = training.state_of(which, start, RECIPE)
        inner = native.Inner(native.Network(target, 1), places, outer) if outer else None
        loss = native.Network(which, 1).epoch(
            state, pixels, labels, order, np.full(8, 0.01, np.float32), REAL,
            accumulate=1, betas=(0.9, 0.99), averaging=0.9, smoothing=0.0, sharpness=0.0, inner=inner,
        )  # fmt: skip
        ends.append((loss, state.parameters[places] if outer else state.parameters))
    assert ends[0][0] == pytest.approx(ends[1][0], rel=1e-4)
    assert np.allclose(ends[0][1], ends[1][1], atol=2e-3)
    assert not np.allclose(ends[0][1], ends[2][1], atol=1e-2)


def test_a_run_inside_a_wider_network_leaves_the_narrow_one(sets: data.Sets, tmp_path: Path) -> None:
    alone = Run("c3p d7 F", 0.1, 1, _run(epochs=2).recipe)
    run = dataclasses.replace(alone, recipe=dataclasses.replace(alone.recipe, outer=0.5), inside="c5p d9 F")
    record = training.train(run, "x", sets, tmp_path)
    weights = training.kept(tmp_path, run)
    assert weights.topology == parse("c3p d7 F") and len(weights.parameters) == weights.topology.trained
    assert record.params == parse("c3p d7 F").parameters and record.identity != records.identity(alone)
    assert records.read(tmp_path) == (record,)
    begun = training.Training(run, sets, tmp_path / "stopped")
    begun.step()
    begun.save()
    training.train(run, "x", sets, tmp_path / "stopped")
    assert np.array_equal(training.kept(tmp_path / "stopped", run).parameters, weights.parameters)
    for wrong in (
        dataclasses.replace(run, recipe=alone.recipe),
        dataclasses.replace(alone, recipe=run.recipe),
        dataclasses.replace(run, recipe=dataclasses.replace(run.recipe, sharpness=0.05)),
    ):
        with pytest.raises(TrainError, match="wider network"):
            training.Training(wrong, sets, tmp_path)


def test_the_least_harmful_channel_goes() -> None:
    """Of four, by the loss that is left when nothing reads it."""
    topology, target = parse("c4p d6 F"), parse("c3p d6 F")
    pixels, _ = _images(64)
    parameters = training.drawn(topology, 8)
    first = topology.slots[topology.layers[1].weights]
    read = topology.slots[topology.layers[3].weights]
    held = parameters[read.offset : read.offset + read.size].reshape(read.shape)
    held[:, 2] *= 0.01
    labels = _sure(topology, parameters, pixels)
    cut = prune.pruned(topology, parameters, target, Images(pixels, labels))
    kernels = parameters[first.offset : first.offset + first.size].reshape(first.shape)
    left = cut[: 3 * 9].reshape(3, 1, 3, 3)
    assert np.array_equal(left, np.delete(kernels, 2, axis=0))


@pytest.mark.parametrize(
    ("wide", "narrow", "told"),
    [
        ("c4p d6 F", "c5p d6 F", "wider"),
        ("c4p d6 F", "c4p d6 d6 F", "fewer channels"),
        ("c4p s6 s6 g F", "c4p s6 s6t g F", "another shape"),
        ("c4p s6 s6 r1 g F", "c4p s5 s5 r1 g F", "sums"),
    ],
)
def test_what_cannot_be_pruned_so_is_refused(wide: str, narrow: str, told: str) -> None:
    pixels, labels = _images(64)
    with pytest.raises((TrainError, ModelError), match=told):
        topology = parse(wide)
        prune.pruned(topology, training.drawn(topology, 1), parse(narrow), Images(pixels, labels))


def test_a_plan_s_starts_come_out_of_wider_networks(sets: data.Sets, tmp_path: Path) -> None:
    recipe = _run(epochs=1).recipe
    wider = pipeline.Wider(("c4p d8 F", "c3p d7 F"), dataclasses.replace(recipe, epochs=2), recipe)
    plan = pipeline.Plan("a", "a", "c2p d6 F", 0.1, 2, recipe, recipe, wider=wider)
    ended = pipeline.run(plan, 3, sets, tmp_path)
    found = records.read(tmp_path)
    assert [(each.run.words, each.run.seed, each.run.recipe.epochs) for each in found] == [
        *((words, seed, epochs) for seed in (300, 301) for words, epochs in zip(
            ("c4p d8 F", "c3p d7 F", "c2p d6 F"), (2, 1, 1), strict=True
        )),
        ("c2p d6 F", ended.run.seed, 1),
    ]  # fmt: skip
    assert [bool(each.run.start) for each in found[:3]] == [False, True, True]
    assert found[1].run.start == found[0].identity and found[2].run.start == found[1].identity
    assert plan.shorts(3) == (found[2].run, found[5].run)
    assert plan.epochs == 5 and pipeline.run(plan, 3, sets, tmp_path) == ended
    assert len(records.read(tmp_path)) == 7
    assert not any("c4p" in line for line in page_search.searched(found))


def test_a_training_that_was_stopped_after_a_cut_ends_as_one_that_was_not(sets: data.Sets, tmp_path: Path) -> None:
    wide = Run("c4p d8 F", 0.1, 1, _run(epochs=1).recipe)
    ends = []
    for folder, stopped in ((tmp_path / "a", False), (tmp_path / "b", True)):
        first = training.train(wide, "x", sets, folder)
        run = Run("c3p d7 F", 0.1, 1, _run(epochs=3).recipe, start=first.identity)
        start = training.kept(folder, wide)
        if stopped:
            begun = training.Training(run, sets, folder, start)
            begun.step()
            begun.save()
        training.train(run, "x", sets, folder, start=start)
        ends.append(training.kept(folder, run).parameters)
    assert np.array_equal(ends[0], ends[1])


def test_frozen_statistics_do_not_come_from_a_wider_network(sets: data.Sets, tmp_path: Path) -> None:
    wide = Run("c4p d8 F", 0.1, 1, _run(epochs=1).recipe)
    first = training.train(wide, "x", sets, tmp_path)
    run = Run("c3p d8 F", 0.1, 1, dataclasses.replace(wide.recipe, frozen=1), start=first.identity)
    with pytest.raises(TrainError, match="wider"):
        training.Training(run, sets, tmp_path, training.kept(tmp_path, wide))


def test_every_plan_that_ships_can_be_pruned_to_its_network(tmp_path: Path) -> None:
    (tmp_path / pipeline.PLANS).write_bytes((SHIPPED / pipeline.PLANS).read_bytes())
    found = 0
    for plan in pipeline.plans(tmp_path).values():
        if plan.wider is None or plan.of is not None:
            continue
        steps = [parse(words, plan.slope) for words in (*plan.wider.words, plan.words)]
        for before, behind in itertools.pairwise(steps):
            many, few = prune.groups(before), prune.groups(behind)
            assert [each.held for each in many] == [each.held for each in few]
            assert all(a.channels >= b.channels for a, b in zip(many, few, strict=True))
            assert before.trained > behind.trained
            found += 1
    assert found or not any("wider" in each for each in json.loads((SHIPPED / pipeline.PLANS).read_text()).values())
