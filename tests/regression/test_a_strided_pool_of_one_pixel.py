"""A pool of 1x1 with a stride was left out behind a convolution: products of matrices took it for none."""

from __future__ import annotations

import numpy as np

from tests.compiler.checks import check
from tests.compiler.graphs import Graph, padding

VARIANTS = (
    ("armv6m", "speed"),
    ("rv32", "speed"),
    ("armv7em", "balanced"),
    ("armv7em", "size"),
    ("armv8_1m_mve", "size"),
)


def _strided() -> bytes:
    rng = np.random.default_rng(3)
    g = Graph()
    source = g.tensor((1, 8, 9, 3), "int8", 0.02, 5)
    weights = g.tensor((8, 3, 3, 3), "int8", 0.01, data=rng.integers(-127, 128, (8, 3, 3, 3)))
    conv, output = (g.tensor((1, *size, 8), "int8", 0.05, 9) for size in ((8, 9), (4, 3)))
    once = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    g.operator("CONV_2D", [source, weights], [conv], "Conv2DOptions", padding=padding(same=True), **once)
    pool = {"filterHeight": 1, "filterWidth": 1, "strideH": 2, "strideW": 3, "padding": padding(same=False)}
    g.operator("MAX_POOL_2D", [conv], [output], "Pool2DOptions", **pool)
    return g.file(source, output)


def test_it_leaves_positions_out() -> None:
    check(_strided(), 1, VARIANTS)
