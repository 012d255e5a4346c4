"""Where the vector kernels serve, where they do not, and the memory that they read and write beyond their tensors."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.checks import check, check_plan
from tests.compiler.graphs import Graph, padding
from toolkit import resources
from toolkit.artifacts import CompiledModel
from toolkit.compiler import compile_model

MVE = (("armv8_1m_mve", "speed"),)


def _convolution(in_c: int, out_scale: float, *, pooled: bool) -> bytes:
    """3x3 to five channels, perhaps with a 2x2 max-pool."""
    rng = np.random.default_rng(in_c)
    g = Graph()
    source = g.tensor((1, 9, 9, in_c), "int8", 0.02, -7)
    weights = g.tensor((5, 3, 3, in_c), "int8", [0.01], data=rng.integers(-127, 128, (5, 3, 3, in_c)))
    bias = g.tensor((5,), "int32", [0.0002], data=rng.integers(-3000, 3000, 5))
    conv = g.tensor((1, 7, 7, 5), "int8", out_scale, 4)
    members = {"padding": padding(same=False), "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    g.operator("CONV_2D", [source, weights, bias], [conv], "Conv2DOptions", **members)
    if not pooled:
        return g.file(source, conv)
    pool = g.tensor((1, 3, 3, 5), "int8", out_scale, 4)
    window = {"filterHeight": 2, "filterWidth": 2, "strideH": 2, "strideW": 2, "padding": padding(same=False)}
    g.operator("MAX_POOL_2D", [conv], [pool], "Pool2DOptions", **window)
    return g.file(source, pool)


def _compiled(tflite: bytes) -> CompiledModel:
    return compile_model(tflite, isa="armv8_1m_mve", fpu=True)


@pytest.mark.parametrize(
    ("in_c", "out_scale", "pooled", "header"),
    [
        pytest.param(1, 0.05, True, "aot_conv3x3c1_pool2_mve.h", id="image"),
        pytest.param(1, 0.004, True, "aot_conv_pool2_mve.h", id="image whose table would be too long"),
        pytest.param(3, 0.05, True, "aot_conv_pool2_mve.h", id="rows of sixteen bytes at most"),
        pytest.param(6, 0.05, True, "aot_conv_mve.h", id="general"),
        pytest.param(3, 0.05, False, "aot_gemm_mve.h", id="no pool"),
        pytest.param(3, 0.0003, False, "aot_conv_tile_dsp.h", id="a scale of half or more, which is not shifted"),
        pytest.param(3, 0.0001, False, "aot_conv_tile_dsp.h", id="a scale above one, which is shifted to the left"),
    ],
)
def test_each_layer_is_on_the_kernel_that_suits_it(in_c: int, out_scale: float, pooled: bool, header: str) -> None:
    tflite = _convolution(in_c, out_scale, pooled=pooled)
    assert f'#include "{header}"' in _compiled(tflite).sources["model.c"]
    check(tflite, in_c, MVE)


def test_what_is_read_and_written_past_a_tensor_is_inside_the_arena_and_nobody_elses() -> None:
    model = _compiled((resources.models() / "proposed" / "proposed_int8.tflite").read_bytes())
    images = model.plan[0]
    assert images.bytes == 784
    assert images.offset + images.bytes + 15 <= model.arena_bytes
    # 13 x 13 x 3, and one more: vectors of four bytes are stored.
    assert 507 + 1 in {buffer.bytes for buffer in model.plan}
    check_plan((resources.models() / "proposed" / "proposed_int8.tflite").read_bytes(), "armv8_1m_mve")
