"""SAME padding above 255, which a dilated window has, was written to a member of 8 bits: the C did not compile."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.checks import check
from tests.compiler.graphs import Graph, padding
from toolkit.compiler import c, compile_model, structs
from toolkit.errors import ModelError


def _dilated(kind: str, width: int = 40) -> bytes:
    """Nine taps, 64 apart, on a signal of two channels: 256 columns of padding on either side."""
    rng = np.random.default_rng(1)
    g = Graph()
    depthwise = kind == "DEPTHWISE_CONV_2D"
    source = g.tensor((1, 1, width, 2), "int8", 0.02, 5)
    shape = (1, 1, 9, 2) if depthwise else (3, 1, 9, 2)
    weights = g.tensor(shape, "int8", [0.01], data=rng.integers(-127, 128, shape))
    output = g.tensor((1, 1, width, shape[3] if depthwise else 3), "int8", 0.1, -7)
    members = {"padding": padding(same=True), "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 64}
    if depthwise:
        members["depthMultiplier"] = 1
    options = "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions"
    g.operator(kind, [source, weights], [output], options, **members)
    return g.file(source, output)


@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D"])
def test_padding_of_256(kind: str) -> None:
    check(_dilated(kind), 1, (("native", "speed"), ("armv8_1m_mve", "speed")))


def test_what_is_too_large_for_its_member_is_refused_before_anything_is_built() -> None:
    window = {"h": 1, "w": 1, "stride_h": 1, "stride_w": 1, "dilation_h": 1, "dilation_w": 1, "pad_top": 0}
    assert "65535" in c.structure("aot_window_t", "layer0_layer", window | {"pad_left": 65_535})
    with pytest.raises(ModelError, match=r"layer0_layer\.pad_left is 65536, not 0 to 65535") as caught:
        c.structure("aot_window_t", "layer0_layer", window | {"pad_left": 65_536})
    assert "\n" not in caught.value.message
    with pytest.raises(ModelError, match=r"shape\.window\.h is 256"):
        c.structure("aot_depthwise_mve_t", "layer0_layer", {"shape": {"window": window | {"h": 256}}})
    with pytest.raises(ModelError, match="size is 4294967296"):
        c.structure("aot_nest_t", "layer0_layer", {"size": "{1, 1, 1, 4294967296}"})


def test_every_struct_of_a_header_is_known() -> None:
    known = structs.members()
    assert known["aot_conv_s8_t"]["shape"] == "aot_conv_shape_t"
    assert known["aot_conv_shape_t"]["kernel"] == "aot_window_t"
    assert known["aot_window_t"]["pad_left"] == "uint16_t"
    assert known["aot_nest_t"] == {"size": "uint32_t", "a": "int32_t", "b": "int32_t"}


def test_the_widest_padding_that_there_is_fits() -> None:
    g = Graph()
    source = g.tensor((1, 1, 3, 1), "int8", 0.02)
    weights = g.tensor((1, 1, 255, 1), "int8", [0.01], data=np.ones((1, 1, 255, 1)))
    output = g.tensor((1, 1, 3, 1), "int8", 0.1)
    members = {"padding": padding(same=True), "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 255}
    g.operator("CONV_2D", [source, weights], [output], "Conv2DOptions", **members)
    for isa in ("native", "armv6m", "armv7em", "armv8_1m_mve", "avr"):
        text = compile_model(g.file(source, output), isa=isa, fpu=True).sources["model.c"]
        assert ".pad_left = 32385" in text
