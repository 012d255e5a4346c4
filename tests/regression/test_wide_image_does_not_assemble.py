"""A 3x3 layer with a pool on an image of over 1,365 columns took the Cortex-M4's assembly, whose loads do not reach."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.graphs import Graph, padding
from toolkit.compiler import compile_model


@pytest.mark.parametrize(("width", "assembly"), [(1300, True), (1302, False), (3000, False)])
def test_only_images_that_it_reaches_go_to_the_assembly(width: int, assembly: bool) -> None:
    g = Graph()
    source = g.tensor((1, 4, width, 1), "int8", 0.02)
    weights = g.tensor((2, 3, 3, 1), "int8", [0.01], data=np.ones((2, 3, 3, 1)))
    conv = g.tensor((1, 2, width - 2, 2), "int8", 0.1)
    members = {"padding": padding(same=False), "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    g.operator("CONV_2D", [source, weights], [conv], "Conv2DOptions", **members)
    output = g.tensor((1, 1, width // 2 - 1, 2), "int8", 0.1)
    window = {"filterHeight": 2, "filterWidth": 2, "strideH": 2, "strideW": 2, "padding": padding(same=False)}
    g.operator("MAX_POOL_2D", [conv], [output], "Pool2DOptions", **window)
    model = compile_model(g.file(source, output), isa="armv7em", fpu=True)
    assert ("aot_conv3x3c1_pool2_dsp.h" in model.kernels) is assembly
