"""How many planted faults the inputs show, and that nothing is left behind of them."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import pytest

from tests.regression.float_networks import dense, weights
from tests.strength.networks import SIZE, dense_softmax
from toolkit import compiler, reference, resources
from toolkit.artifacts import Strength
from toolkit.data import made
from toolkit.strength import library as libraries
from toolkit.strength import measure
from toolkit.strength.faults import plan
from toolkit.strength.measure import Asked, allowance, rows_of
from toolkit.strength.rounds import Runner
from toolkit.tflite.ends import ends_of, join

PROPOSED = (resources.models() / "proposed" / "proposed_int8.tflite").read_bytes()


def asked(tflite: bytes, count: int = 60) -> Asked:
    """Made-up inputs of all families, and what the interpreter says of them."""
    specs = ends_of(tflite).inputs
    values = tuple(
        made.stored(spec, units).reshape(count, *spec.sample)
        for spec, units in zip(specs, made.made(specs, count, 1), strict=True)
    )
    return Asked(join(specs, values), reference.expected_outputs(tflite, values))


def alike(tflite: bytes, row: npt.NDArray[np.int8], count: int = 20) -> Asked:
    """The same input again and again."""
    rows = np.repeat(row.reshape(1, -1), count, axis=0)
    return Asked(rows.view(np.uint8), reference.expected_outputs(tflite, (rows,)))


def _bare(strength: Strength) -> Strength:
    return dataclasses.replace(strength, seconds=0.0)


def test_a_sound_proof_sees_nearly_all_and_the_same_again() -> None:
    given = asked(PROPOSED)
    first = measure(PROPOSED, given)
    assert (first.missing, first.inputs, first.planted) == ("", 60, 500)
    assert first.seen > 450
    assert not first.weak
    assert [layer.zeroed for layer in first.layers] == [True] * 5
    assert sum(layer.planted for layer in first.layers) == 500
    assert _bare(measure(PROPOSED, given)) == _bare(first)


def test_a_small_network_gets_all_faults_that_there_are() -> None:
    tflite = dense_softmax(1 / 16)
    strength = measure(tflite, asked(tflite))
    constants = 8 * SIZE + 8 + 8 + 4 * 8 + 4 + 4
    outputs = 2 + 1 + 2  # the second layer's zero point is 0
    assert constants * 0.8 < strength.planted <= constants + outputs
    assert strength.seen > 0.9 * strength.planted


def test_one_input_and_a_network_that_cuts_off_is_weak_and_names_the_layer() -> None:
    tflite = dense_softmax(8.0)
    strength = measure(tflite, alike(tflite, np.full(SIZE, 90, np.int8)))
    assert strength.weak
    assert strength.seen < 0.5 * strength.planted
    assert strength.unseen_layers[0].startswith("layer 0 (FULLY_CONNECTED")


def test_a_layer_that_is_always_zero_makes_no_proof_weak() -> None:
    tflite = dense_softmax(1 / 16, dead=True)
    layer = measure(tflite, asked(tflite)).layers[0]
    assert layer.zeroed is not False
    # Its weights are on channels that nothing can tell from dead ones; one that becomes 128 is another matter.
    assert layer.planted > 0


def test_nothing_is_counted_where_the_library_does_not_equal_the_host() -> None:
    given = asked(PROPOSED, 10)
    given.due[4, 2] ^= 1
    strength = measure(PROPOSED, given)
    assert (strength.planted, strength.measured) == (0, False)
    assert "differs from the host at input 4" in strength.missing


def test_a_computer_without_a_compiler_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.process.find", lambda _: None)
    monkeypatch.setenv("PATH", "/nowhere")
    strength = measure(PROPOSED, asked(PROPOSED, 5))
    assert not strength.measured
    assert "could not be compiled on this computer" in strength.missing


def test_what_the_work_does_not_suffice_for_is_said() -> None:
    tflite = dense_softmax(8.0)
    given = alike(tflite, np.full(SIZE, 90, np.int8), 3_000)
    strength = measure(tflite, given, work=2e7)
    assert 0 < strength.tried < strength.inputs == 3_000


@pytest.mark.parametrize("tflite", [PROPOSED, dense_softmax(1.0)])
def test_every_fault_is_taken_out_again(tflite: bytes) -> None:
    given = asked(tflite, 12)
    with libraries.built(compiler.changeable(tflite)) as library:
        layers = library.network.layers
        held = [library.constants(each.place, each.values) for layer in layers for each in layer.constants]
        due = [each.values for layer in layers for each in layer.constants]
        faults = plan(library, 200)
        assert {fault.role for fault in faults} == {"output", "weights", "bias", "multiplier"}
        Runner(library, rows_of(library, given), allowance(given)).run(faults, np.arange(12, dtype=np.int32))
        for is_, was in zip(held, due, strict=True):
            np.testing.assert_array_equal(is_, was)


def test_float32_faults_within_the_tolerance_are_not_seen() -> None:
    """A weight that is 1e-9 of the others may become any other such: the verdict would not notice."""
    matrix = weights(4, 8)
    matrix[2] *= np.float32(1e-7)
    tflite = dense(matrix, np.full(4, 1.0, np.float32))
    values = np.random.default_rng(2).uniform(-1, 1, (30, 8)).astype(np.float32)
    given = Asked(values.view(np.uint8).reshape(30, -1), reference.expected_outputs(tflite, (values,)))
    strength = measure(tflite, given)
    assert strength.missing == ""
    assert strength.seen == strength.planted  # by the layer's largest weight: each is visible in kind
    loose = Asked(given.inputs, given.due, lambda _: iter([np.full(4, 1e3)]))
    assert measure(tflite, loose).seen == 0


def test_a_dead_channel_is_no_weakness_but_is_counted() -> None:
    """The shipped network has a unit that no digit moves from 0, and no made-up input either."""
    tflite = (resources.models() / "cnn2-3-3-4" / "cnn2-3-3-4_int8.tflite").read_bytes()
    strength = measure(tflite, asked(tflite))
    assert strength.dead > 0
    assert strength.seen + strength.dead <= strength.planted
    assert not strength.weak


def test_what_only_a_traced_layer_shows_counts_and_is_counted_apart() -> None:
    """The network cuts off: its outputs show few faults, and its layers most of them.

    On this one input the second layer gives zeros, so that one stays unseen when it is zeroed.
    """
    tflite = dense_softmax(8.0)
    given = alike(tflite, np.full(SIZE, 90, np.int8))
    plain = measure(tflite, given)
    traced = measure(tflite, dataclasses.replace(given, traced=2))
    assert [layer.zeroed for layer in plain.layers] == [False, False, True]
    assert [layer.zeroed for layer in traced.layers] == [True, False, True]
    assert plain.by_layers == 0
    assert traced.by_layers == traced.seen - plain.seen > 0.3 * traced.planted


def test_a_traced_float32_layer_shows_what_is_beyond_its_bound() -> None:
    tflite = dense(weights(8, 4), np.zeros(8, np.float32))
    row = np.ones((1, 4), np.float32)
    given = Asked(row.view(np.uint8), reference.expected_outputs(tflite, (row,)))
    with libraries.built(compiler.changeable(tflite)) as library:
        planted = plan(library, 40)
        runner = Runner(library, rows_of(library, given), allowance(given))
        outcome = runner.run(planted, np.zeros(1, np.int32))
        nothing_seen = dataclasses.replace(outcome, seen=[None] * len(planted), shown=[False] * len(planted))
        runner.trace(planted, nothing_seen, 1)
    seen = [each is not None for each in outcome.seen]
    # The layer's output is the network's: what the far closer bound of an output lets pass, this does as well.
    assert any(nothing_seen.shown)
    assert all(output or not layer for output, layer in zip(seen, nothing_seen.shown, strict=True))
