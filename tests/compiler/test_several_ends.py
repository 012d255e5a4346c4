"""Several inputs and outputs, compiled and computed by the official interpreter: every byte of every output."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.compiler import engine, several_ends
from toolkit import reference, tflite
from toolkit.compiler import compile_model
from toolkit.errors import ModelError
from toolkit.tflite import ends
from toolkit.tflite.ends import ends_of

NETWORKS = [several_ends.mixed, several_ends.handed_on, several_ends.without_a_batch]


@pytest.mark.parametrize("network", NETWORKS)
def test_every_output_equals_the_interpreters(network: Callable[[], bytes]) -> None:
    made = network()
    given = several_ends.inputs(made, 20)
    expected = reference.expected_outputs(made, given)
    model = compile_model(made, isa="native", fpu=True)
    assert (model.inputs, model.outputs) == (ends_of(made).inputs, ends_of(made).outputs)
    got = engine.run_rows(model, several_ends.rows(made, given))
    for spec, mine, theirs in zip(
        model.outputs, ends.split(model.outputs, got), ends.split(model.outputs, expected), strict=True
    ):
        np.testing.assert_array_equal(spec.stored(mine), spec.stored(theirs), err_msg=spec.name)
    assert len(np.unique(expected, axis=0)) > 10


def test_float32_outputs_are_each_close_by_their_own_size() -> None:
    made = several_ends.floats()
    given = several_ends.inputs(made, 20)
    model = compile_model(made, isa="native", fpu=True)
    got = engine.run_rows(model, several_ends.rows(made, given))
    expected = reference.expected_outputs(made, given)
    for spec, mine, theirs in zip(
        model.outputs, ends.split(model.outputs, got), ends.split(model.outputs, expected), strict=True
    ):
        size = np.abs(spec.stored(theirs)).max()
        np.testing.assert_allclose(spec.stored(mine), spec.stored(theirs), rtol=1e-5, atol=1e-6 * size)


def test_a_free_batch_of_several_ends_is_fixed_and_folded() -> None:
    plain = several_ends.mixed(free_batch=True)
    made = tflite.rewrite(plain, tflite.describe(plain))
    assert not made.obstacles
    given = several_ends.inputs(made.data, 5)
    model = compile_model(made.data, isa="native", fpu=True)
    got = engine.run_rows(model, several_ends.rows(made.data, given))
    np.testing.assert_array_equal(got, reference.expected_outputs(made.data, given))


def test_the_interpreter_computes_16x8_and_aot_says_that_it_does_not() -> None:
    made = several_ends.int16x8()
    outputs = reference.expected_outputs(made, several_ends.inputs(made, 20))
    assert len(np.unique(outputs, axis=0)) > 10
    with pytest.raises(ModelError, match=r"int16 activations in CONV_2D, FULLY_CONNECTED, SOFTMAX"):
        compile_model(made, isa="native", fpu=True)


def test_a_tensor_that_is_an_input_twice_is_refused() -> None:
    from tests.compiler.graphs import Graph

    g = Graph()
    source, output = g.tensor((1, 4), "int8", 0.1), g.tensor((1, 4), "int8", 0.1)
    g.operator("RELU", [source], [output])
    with pytest.raises(ModelError, match="the same tensor as two inputs"):
        ends_of(g.file([source, source], output))
