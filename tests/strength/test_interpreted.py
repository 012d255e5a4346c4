"""Faults planted in the file that the official interpreter computes: where our compiler does not take the network, or
there is no C compiler."""

from __future__ import annotations

import dataclasses
from typing import NoReturn

import numpy as np
import pytest

from tests.compiler.graphs import Graph
from tests.regression.float_networks import weights
from tests.strength.networks import SIZE, dense_softmax, mean_softmax
from tests.strength.test_measure import PROPOSED, alike, asked
from toolkit import compiler, reference
from toolkit.artifacts import Strength
from toolkit.errors import ModelError, ToolError
from toolkit.strength import apart, jobs, look_for, measure
from toolkit.strength.interpreted import Interpreted, planted
from toolkit.strength.measure import Asked
from toolkit.strength.operators import Network
from toolkit.tflite.ends import ends_of, join

pytestmark = pytest.mark.skipif(not reference.is_installed(reference.OFFICIAL), reason="the interpreter is the measure")
ELU = mean_softmax(elu=True)
"""A network that only --runtime tflm takes."""


def _asked(tflite: bytes, values: tuple[np.ndarray, ...]) -> Asked:
    return Asked(join(ends_of(tflite).inputs, values), reference.expected_outputs(tflite, values), best_first=True)


def by_interpreter(tflite: bytes, given: Asked) -> Strength:
    """In this process."""
    return jobs.measured(
        tflite,
        given.inputs,
        given.due,
        moved=given.moved is not None,
        best_first=given.best_first,
        traced=given.traced,
    )


def test_noise_is_weak_and_what_is_made_up_is_not() -> None:
    with pytest.raises(ModelError, match="ELU"):
        compiler.changeable(ELU)
    specs = ends_of(ELU).inputs
    noise = np.random.default_rng(707).integers(-128, 128, (40, *specs[0].sample)).astype(np.int8)
    plain = measure(ELU, _asked(ELU, (noise,)))
    assert (plain.how, plain.missing, plain.weak) == ("interpreter", "", True)
    assert plain.unseen_layers[0].startswith("layer 0 (FULLY_CONNECTED")
    found = look_for(ELU, specs, 40)
    assert found is not None
    assert found.tried >= 300
    better = measure(ELU, _asked(ELU, found.values))
    assert not better.weak
    assert better.seen > 0.9 * better.planted
    assert [layer.operators[0] for layer in better.layers] == ["FULLY_CONNECTED", "ELU", "FULLY_CONNECTED", "SOFTMAX"]
    bare = [dataclasses.replace(each, seconds=0.0) for each in (better, measure(ELU, _asked(ELU, found.values)))]
    assert bare[0] == bare[1]


def test_it_comes_to_what_compiled_c_comes_to() -> None:
    tflite = dense_softmax(8.0)
    for given, weak in ((alike(tflite, np.full(SIZE, 90, np.int8)), True), (asked(tflite, 40), False)):
        compiled, interpreted = measure(tflite, given), by_interpreter(tflite, given)
        assert (compiled.how, interpreted.how) == ("compiled C", "interpreter")
        assert compiled.weak == interpreted.weak == weak
        assert compiled.unseen_layers == interpreted.unseen_layers
        # The second layer's input has a zero point, which our compiler folds into the bias: a weight that is changed
        # there moves the sum by that as well, as it would on a device.
        for number in (0, 2):
            one, other = compiled.layers[number], interpreted.layers[number]
            assert one.seen / one.planted == pytest.approx(other.seen / other.planted, abs=0.05)


def test_traced_layers_count_as_they_do_for_compiled_c() -> None:
    tflite = dense_softmax(8.0)
    given = dataclasses.replace(alike(tflite, np.full(SIZE, 90, np.int8)), traced=2)
    found = by_interpreter(tflite, given)
    assert [layer.zeroed for layer in found.layers] == [True, False, True]
    assert found.by_layers > 0.3 * found.planted


def test_a_computer_without_a_compiler_asks_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> NoReturn:
        raise ToolError("gcc is not installed", "")

    monkeypatch.setattr("toolkit.strength.library.built", refuse)
    strength = measure(PROPOSED, asked(PROPOSED, 20))
    assert (strength.how, strength.missing, strength.weak) == ("interpreter", "", False)
    assert strength.planted == 200
    found = look_for(PROPOSED, ends_of(PROPOSED).inputs, 5)
    assert found is not None
    assert found.values[0].shape == (5, 28, 28, 1)


def test_an_output_of_another_kind_is_not_measured_by() -> None:
    given = asked(ELU, 5)
    given.due[2, 1] ^= 1
    assert "the interpreter differs from the host at input" in measure(ELU, given).missing


def test_an_interpreter_that_dies_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_CODE", "import os; os.abort()")
    strength = measure(ELU, asked(ELU, 5))
    assert not strength.measured
    assert "died of a network with a fault in it" in strength.missing
    assert look_for(ELU, ends_of(ELU).inputs, 5) is None


def test_a_fault_changes_one_constant() -> None:
    network = Network(ELU)
    given = asked(ELU, 1)
    faults = Interpreted(network, given.inputs, given.due, np.zeros((1, 0))).plan(60)
    assert {fault.role for fault in faults} == {"output", "weights", "bias", "multiplier"}
    for fault in faults:
        if fault.fill is not None:
            continue
        slots = network.slots(network.layers[fault.layer].place)
        file = planted(ELU, slots[fault.place], fault)
        other = Network(file).slots(network.layers[fault.layer].place)
        changed = [
            (slot.role, int((slot.values(ELU) != now.values(file)).sum()))
            for slot, now in zip(slots, other, strict=True)
        ]
        assert sum(count for _, count in changed) == 1
        assert dict(changed)[fault.role] in (0, 1)


def test_float32_within_the_tolerance_is_not_seen() -> None:
    graph = Graph()
    source, middle, output = (graph.tensor((1, size), "float32") for size in (8, 4, 4))
    matrix = graph.tensor((4, 8), "float32", data=weights(4, 8))
    graph.operator("FULLY_CONNECTED", [source, matrix, -1], [middle], "FullyConnectedOptions")
    graph.operator("ELU", [middle], [output])
    tflite = graph.file(source, output)
    values = np.random.default_rng(2).uniform(-1, 1, (10, 8)).astype(np.float32)
    given = Asked(
        values.view(np.uint8).reshape(10, -1), reference.expected_outputs(tflite, (values,)), lambda _: iter(())
    )
    strength = by_interpreter(tflite, given)
    assert strength.seen == strength.planted == 32 + 2
    # An element that is so large covers what the others are: nothing of the kind may be forgiven.
    loose = Asked(given.inputs, given.due.copy())
    loose.due.view("<f4")[:] *= np.float32(1 + 1e-6)
    assert by_interpreter(tflite, loose).seen == strength.seen


def test_what_is_only_stored_is_counted_apart() -> None:
    """A layer that reaches no output within one inference cannot be shown by any input."""
    graph = Graph()
    source = graph.tensor((1, 8), scale=1 / 128)
    output, unread = (graph.tensor((1, 8), scale=1 / 128) for _ in range(2))
    graph.operator("ELU", [source], [output])
    graph.operator("ELU", [source], [unread])
    tflite = graph.file(source, output)
    strength = by_interpreter(tflite, asked(tflite, 5))
    assert (len(strength.layers), strength.not_tried, strength.weak) == (1, 1, False)
