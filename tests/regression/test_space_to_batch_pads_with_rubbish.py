"""TensorFlow Lite Micro's SPACE_TO_BATCH_ND pads with what its memory holds: one in ten float32 answers was rubbish.

The host's answer so differed from one run to the next, and a sound device was blamed. int8 was never padded with its
zero point.
"""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from tests.compiler.graphs import Graph
from tests.tflite import files
from toolkit import reference, tflite


def padded(dtype: str, shape: tuple[int, ...], made: tuple[int, ...], block: list[int], pads: list[list[int]]) -> bytes:
    g = Graph()
    scale = 0.1 if dtype == "int8" else None
    source, output = (g.tensor(each, dtype, scale, -77 if scale else 0) for each in (shape, made))
    operands = [source, files.integers(g, block), files.integers(g, pads)]
    g.operator("SPACE_TO_BATCH_ND", operands, [output], "SpaceToBatchNDOptions")
    return g.file(source, output)


@pytest.mark.parametrize("dtype", ["int8", "float32"])
@pytest.mark.parametrize(
    ("shape", "made", "block", "pads"),
    [
        ((1, 5, 6, 3), (4, 4, 4, 3), [2, 2], [[1, 2], [0, 2]]),
        ((1, 8, 2), (2, 6, 2), [2], [[2, 2]]),
        ((1, 4, 4, 1), (4, 2, 2, 1), [2, 2], [[0, 0], [0, 0]]),
    ],
)
def test_a_pad_does_it_exactly(
    dtype: str, shape: tuple[int, ...], made: tuple[int, ...], block: list[int], pads: list[list[int]]
) -> None:
    data = padded(dtype, shape, made, block, pads)
    rewritten = tflite.rewrite(data, tflite.describe(data))
    assert rewritten.changes == (("a PAD before SPACE_TO_BATCH_ND",) if np.any(pads) else ())
    inputs = files.some_inputs(data)
    interpreter = Interpreter(model_content=data)
    interpreter.allocate_tensors()
    source, sink = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    outputs = reference.expected_outputs(rewritten.data, inputs)
    for one, ours in zip(inputs, outputs, strict=True):
        interpreter.set_tensor(source, one[np.newaxis])
        interpreter.invoke()
        assert ours.tobytes() == interpreter.get_tensor(sink).tobytes()


def test_every_run_gives_the_same_bytes() -> None:
    data = files.dilated()
    made = tflite.rewrite(data, tflite.describe(data))
    inputs = files.some_inputs(data, 1)
    first = reference.expected_outputs(made.data, inputs).tobytes()
    for _ in range(60):
        np.full(1 << 18, 1e30, np.float32)  # memory that an arena may be given next
        assert reference.expected_outputs(made.data, inputs).tobytes() == first


def test_padding_that_is_computed_is_refused() -> None:
    g = Graph()
    source, output = g.tensor((1, 5, 2), "float32"), g.tensor((1, 5, 2), "float32")
    pads = g.tensor((1, 2), "int32")
    g.operator("CAST", [source], [pads], "CastOptions")
    g.operator("SPACE_TO_BATCH_ND", [source, files.integers(g, [2]), pads], [output], "SpaceToBatchNDOptions")
    data = g.file(source, output)
    (obstacle,) = tflite.rewrite(data, tflite.describe(data)).obstacles
    assert "SPACE_TO_BATCH_ND (operator 1) pads by what is computed" in obstacle.what
