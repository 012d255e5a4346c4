"""A 2x2 kernel with SAME is padded below and on the right alone: a DSP kernel read beyond its image."""

from __future__ import annotations

import numpy as np

from tests.compiler.checks import check
from tests.compiler.graphs import Graph, padding

VARIANTS = (("armv7em", "speed"), ("armv7em", "size"))


def _padded() -> bytes:
    rng = np.random.default_rng(4)
    g = Graph()
    source = g.tensor((1, 6, 6, 4), "int8", 0.02, 77)
    weights = g.tensor((5, 2, 2, 4), "int8", 0.01, data=rng.integers(-127, 128, (5, 2, 2, 4)))
    conv, output = (g.tensor((1, size, size, 5), "int8", 0.05, 9) for size in (6, 3))
    once = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    g.operator("CONV_2D", [source, weights], [conv], "Conv2DOptions", padding=padding(same=True), **once)
    pool = {"filterHeight": 2, "filterWidth": 2, "strideH": 2, "strideW": 2, "padding": padding(same=False)}
    g.operator("MAX_POOL_2D", [conv], [output], "Pool2DOptions", **pool)
    return g.file(source, output)


def test_what_is_outside_is_the_zero_point() -> None:
    check(_padded(), 1, VARIANTS)
