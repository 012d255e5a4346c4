"""Files with a few wrong bytes: our own reading computes them, or says in one line why not."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from tests.compiler.graphs import Graph, padding
from tests.reference import single
from tests.reference.whole import made_up
from toolkit.errors import ModelError
from toolkit.reference import exact


def test_wrong_bytes_end_in_words() -> None:
    random, computed = np.random.default_rng(14), 0
    for turn in range(500):
        name = single.EVERY[turn % len(single.EVERY)]
        data = bytearray(single.draw(name, turn).tflite)
        for _ in range(int(random.integers(1, 5))):
            data[int(random.integers(8, len(data)))] ^= 1 << int(random.integers(8))
        with contextlib.suppress(ModelError):
            if not exact.says(bytes(data)):
                exact.outputs(bytes(data), made_up(bytes(data), 2))
                computed += 1
    assert computed > 20


@pytest.mark.parametrize(
    ("height", "channels", "says"),
    [(1 << 30, 1, "has a window of 1073741824 x 1"), (3, 1 << 27, "has the shape")],
)
def test_what_would_take_for_ever_is_refused(height: int, channels: int, says: str) -> None:
    graph = Graph()
    source = graph.tensor((1, 4, 4, channels), "int8", 0.5)
    output = graph.tensor((1, 4, 4, channels), "int8", 0.5)
    options = {"strideH": 1, "strideW": 1, "filterHeight": height, "filterWidth": 1, "padding": padding(True)}
    graph.operator("MAX_POOL_2D", [source], [output], "Pool2DOptions", **options)
    (said,) = exact.says(graph.file(source, output))
    assert says in said
