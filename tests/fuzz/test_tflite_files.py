"""A bounded number of mutated .tflite files; the long run is `python -m tests.fuzz.tflite_files`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.compiler import engine
from tests.compiler.graphs import Graph
from tests.fuzz import tflite_files
from toolkit.compiler import compile_model
from toolkit.compiler.fixedpoint import quantize_multiplier
from toolkit.errors import ModelError


def test_mutated_files_are_refused_or_read(tmp_path: Path) -> None:
    figures = tflite_files.run(tmp_path, seed=5, seconds=60, count=250)
    assert figures["files"] == 250
    for name, _ in tflite_files.readers(tmp_path):
        assert figures[f"{name}: refused"] > 0
        assert figures[f"{name}: accepted"] > 0


def test_what_is_accepted_computes_what_the_interpreter_does(tmp_path: Path) -> None:
    figures = tflite_files.run_compared(tmp_path, seed=6, seconds=60, count=8)
    assert figures["int8, equal"] + figures["float32, close"] > 0


def test_scales_too_far_apart_are_refused() -> None:
    """Found by mutation: an OverflowError where a scale divided by another was infinite."""
    graph = Graph()
    source, output = graph.tensor((1, 4), "int8", 1e30), graph.tensor((1, 4), "int8", 1e-30)
    graph.operator("LEAKY_RELU", [source], [output])
    with pytest.raises(ModelError, match="scales by"):
        compile_model(graph.file(source, output), isa="native", fpu=True)


@pytest.mark.parametrize("real", [2.0**30, -(2.0**30), float("inf"), float("nan")])
def test_multipliers_that_no_shift_can_reach(real: float) -> None:
    with pytest.raises(ModelError, match="scales by"):
        quantize_multiplier(real)


def test_what_is_no_number_stays_none() -> None:
    """Found by mutation: a NaN from a damaged weight was converted to an integer in the exponential."""
    graph = Graph()
    source, output = graph.tensor((1, 4), "float32"), graph.tensor((1, 4), "float32")
    graph.operator("LOGISTIC", [source], [output])
    model = compile_model(graph.file(source, output), isa="native", fpu=True)
    inputs = np.array([[[np.nan, 0.0, 100.0, -100.0]]], np.float32)
    assert np.array_equal(engine.run(model, inputs)[0, 0], [np.nan, 0.5, 1.0, 0.0], equal_nan=True)
