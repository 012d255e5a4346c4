"""Constants that are equal lie in flash once, the figures say so, and every output stays what it was."""

from __future__ import annotations

import numpy as np

from tests.compiler import checks
from tests.compiler.graphs import Graph
from toolkit.compiler import compile_model
from toolkit.compiler.changeable import changeable


def _three_convolutions(*, tied: bool) -> bytes:
    """Three 1 x 1 convolutions of six channels; `tied`: the second has the first one's weights and its own bias."""
    rng = np.random.default_rng(4)
    g = Graph()
    last = source = g.tensor([1, 4, 4, 6], scale=0.05, zero_point=3)
    weights = rng.integers(-127, 128, (6, 1, 1, 6))
    for place in range(3):
        if place == 2 or not tied:
            weights = rng.integers(-127, 128, (6, 1, 1, 6))
        kernel = g.tensor([6, 1, 1, 6], scale=[0.01] * 6, data=weights)
        bias = g.tensor([6], "int32", scale=[0.0005] * 6, data=rng.integers(-500, 500, 6))
        out = g.tensor([1, 4, 4, 6], scale=0.04 + 0.01 * place, zero_point=-5)
        g.operator("CONV_2D", [last, kernel, bias], [out], "Conv2DOptions", strideW=1, strideH=1, padding=1)
        last = out
    return g.file(source, last)


def test_equal_weights_are_one_array() -> None:
    tied, apart = (compile_model(_three_convolutions(tied=t), isa="native", fpu=True) for t in (True, False))
    assert apart.constants_bytes - tied.constants_bytes == 36
    assert tied.layers[1].shared_bytes - apart.layers[1].shared_bytes == 36  # shifts and the like were equal before
    assert "#define layer1_weights layer0_weights" in tied.sources["model.c"]
    assert "_weights layer0_weights" not in apart.sources["model.c"]
    assert tied.constants_bytes == sum(layer.constants_bytes for layer in tied.layers)


def test_every_output_stays_the_interpreters() -> None:
    checks.check(_three_convolutions(tied=True), 1)


def test_planted_faults_find_each_layers_constants_apart() -> None:
    """A fault in one layer's weights must not be one in another's: there nothing is shared."""
    assert "#define layer1" not in changeable(_three_convolutions(tied=True)).sources["model.c"]
