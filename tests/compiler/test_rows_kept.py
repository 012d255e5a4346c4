"""What layers that stream keep: sums instead of rows, rooms that two windows share."""

from __future__ import annotations

import dataclasses

import numpy as np

from tests.compiler import engine
from toolkit import resources
from toolkit.compiler import compile_model


def _smallest() -> bytes:
    return (resources.models() / "smallest" / "smallest_int8.tflite").read_bytes()


def test_the_smallest_network_on_an_uno() -> None:
    """Its depthwise windows share two rooms, a depthwise row is there only until it is mixed, and the mean is a sum."""
    model = compile_model(_smallest(), isa="avr", fpu=False, stream="rows")
    assert model.streamed == 10
    assert model.arena_bytes <= 1420
    text = model.sources["model.c"]
    assert text.count(".moves = 1") == 2
    assert "aot_add_row_s8" in text and "aot_mean_sums_s8" in text


def test_its_outputs_row_by_row() -> None:
    tflite = _smallest()
    model = compile_model(tflite, isa="native", fpu=True, stream="rows")
    assert model.streamed == 10 and ".moves = 1" in model.sources["model.c"]
    inputs = engine.random_inputs(model, 3, 5)
    np.testing.assert_array_equal(engine.run(model, inputs), engine.reference(tflite, inputs))


def test_a_window_that_does_not_move_down_would_be_seen() -> None:
    tflite = _smallest()
    model = compile_model(tflite, isa="native", fpu=True, stream="rows")
    text = model.sources["model.c"].replace(".moves = 1", ".moves = 0")
    wrong = dataclasses.replace(model, sources=model.sources | {"model.c": text})
    inputs = engine.random_inputs(model, 2, 5)
    assert not np.array_equal(engine.run(wrong, inputs), engine.reference(tflite, inputs))
