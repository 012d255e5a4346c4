"""Rewrites: exact, told, and only where something is to be done."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.graphs import Graph
from tests.tflite import files
from toolkit import reference, resources, tflite
from toolkit.errors import ModelError
from toolkit.tflite import Rewritten, schema

SHIPPED = sorted(resources.models().glob("*/*.tflite"))


def rewrite(data: bytes) -> Rewritten:
    return tflite.rewrite(data, tflite.describe(data))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_fixed_network_stays_as_it_is(path: object) -> None:
    data = path.read_bytes()  # type: ignore[attr-defined]
    assert rewrite(data) == Rewritten(data)


def test_a_free_batch_that_changes_nothing_stays_as_it_is() -> None:
    g = Graph()
    source, output = g.tensor((1, 4), "float32"), g.tensor((1, 4), "float32")
    files.free(g, source, output)
    g.operator("ABS", [source], [output])
    data = g.file(source, output)
    assert rewrite(data) == Rewritten(data)


@pytest.mark.parametrize("make", [files.dilated, files.rows, lambda: files.rows("float32"), files.half])
def test_what_is_rewritten_computes_what_litert_makes_of_the_original(make: object) -> None:
    data: bytes = make()  # type: ignore[operator]
    made = rewrite(data)
    assert made.changes
    assert made.obstacles == ()
    inputs = files.some_inputs(data)
    np.testing.assert_array_equal(files.litert(made.data, inputs), files.litert(data, inputs))
    described = tflite.describe(made.data)
    assert all(not tensor.free and tensor.type != "float16" for tensor in described.main.tensors)
    # And the official interpreter computes the same network.
    outputs = reference.expected_outputs(made.data, inputs)
    expected = files.litert(data, inputs)
    got = outputs.view(expected.dtype).reshape(expected.shape).astype(float)
    # LiteRT rounds an int8 dense layer otherwise than TensorFlow Lite Micro now and then, by one.
    np.testing.assert_allclose(got, expected.astype(float), rtol=1e-5, atol=1 if expected.dtype == np.int8 else 1e-5)


def test_a_rewritten_file_is_not_rewritten_again() -> None:
    made = rewrite(files.dilated())
    assert rewrite(made.data) == Rewritten(made.data)


def test_shape_arithmetic_is_gone() -> None:
    kinds = [operator.kind for operator in tflite.describe(rewrite(files.rows()).data).main.operators]
    assert kinds == ["RESHAPE", "FULLY_CONNECTED", "RESHAPE"]


def test_an_old_converter_that_wrote_no_signature() -> None:
    """Before 2020 nothing said that the batch was free; the shapes behind SPACE_TO_BATCH_ND are as wrong."""
    model = schema.unpacked(files.dilated())
    for tensor in model.subgraphs[0].tensors:
        tensor.shapeSignature = None
    data = schema.packed(model)
    made = rewrite(data)
    assert made.changes
    inputs = files.some_inputs(data)
    np.testing.assert_array_equal(files.litert(made.data, inputs), files.litert(data, inputs))


def test_a_shape_that_depends_on_data_is_refused_with_the_line_that_helps() -> None:
    g = Graph()
    source, index, output = g.tensor((1, 4), "float32"), g.tensor((1, 4), "int32"), g.tensor((1, 4), "float32")
    files.free(g, source, index, output)
    g.operator("CAST", [source], [index], "CastOptions")
    g.operator("RESHAPE", [source, index], [output], "ReshapeOptions")
    (obstacle,) = rewrite(g.file(source, output)).obstacles
    assert "a free batch: RESHAPE (operator 1)" in obstacle.what
    assert "keras.Input(shape, batch_size=1)" in obstacle.hint


def test_another_free_dimension_is_refused() -> None:
    g = Graph()
    source, output = g.tensor((1, 1, 4), "float32"), g.tensor((1, 1, 4), "float32")
    for index in (source, output):
        g.graph.tensors[index].shapeSignature = [-1, -1, 4]
    g.operator("ABS", [source], [output])
    (obstacle,) = rewrite(g.file(source, output)).obstacles
    assert "dimension 1 of its input is free too" in obstacle.what


def test_damaged_files_are_one_line() -> None:
    rng = np.random.default_rng(7)
    sound = (files.dilated(), files.rows(), files.half())
    refused = 0
    for turn in range(900):
        data = bytearray(sound[turn % len(sound)])
        for place in rng.integers(0, len(data), rng.integers(1, 5)):
            data[place] = rng.integers(0, 256)
        try:
            made = rewrite(bytes(data))
        except ModelError as caught:
            refused += 1
            assert "\n" not in caught.message
        else:
            assert all("\n" not in obstacle.what for obstacle in made.obstacles)
    assert refused > 50
