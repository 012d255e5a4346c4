"""Constant channels taken out of the graph: outputs and every tensor that is left, against the official interpreter."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compiler import engine
from tests.compiler.checks import bounded
from tests.compiler.graphs import Graph, activation, padding
from toolkit.artifacts import TracePoint, from_jsonable, to_jsonable
from toolkit.compiler import compile_model, reader
from toolkit.compiler.compile import dissect
from toolkit.compiler.constant_channels import without_constant_channels
from toolkit.reference.layers import tensors_of

PIXELS = 6
few = settings(bounded, max_examples=9)


class _Net:
    """Convolutions one after the other, of which some channels are dead: of their weights only zeros are left."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng, self.g = rng, Graph()
        self.source = self.last = self.g.tensor((1, PIXELS, PIXELS, 3), "int8", 0.02, int(rng.integers(-128, 128)))

    def _layer(self, kind: str, shape: tuple[int, ...], dead: int, zero: int, axis: int, **members: Any) -> int:
        out = shape[axis]
        weights = self.rng.integers(-127, 128, shape)
        gone = self.rng.choice(out, dead, replace=False)
        weights[(slice(None),) * axis + (gone,)] = 0
        scales = self.rng.uniform(0.002, 0.01, out)
        scales[gone] = 1e-7
        bias = self.rng.integers(-2000, 2000, out)
        bias[gone] = self.rng.integers(-(1 << 29), 1 << 29, dead)
        size = self.g.graph.tensors[self.last].shape[1]
        scale = self.g.graph.tensors[self.last].quantization.scale[0]
        output = self.g.tensor((1, size, size, out), "int8", float(self.rng.uniform(0.04, 0.2)), zero)
        w = self.g.tensor(shape, "int8", [float(s) for s in scales], 0, axis, weights)
        b = self.g.tensor((out,), "int32", [float(scale * s) for s in scales], data=bias)
        options = "DepthwiseConv2DOptions" if kind.startswith("DEPTH") else "Conv2DOptions"
        members |= {
            "strideH": 1,
            "strideW": 1,
            "dilationHFactor": 1,
            "dilationWFactor": 1,
            "padding": padding(same=True),
        }
        members["fusedActivationFunction"] = activation(str(self.rng.choice(["NONE", "RELU", "RELU6"])))
        self.g.operator(kind, [self.last, w, b], [output], options, **members)
        self.last = output
        return output

    def conv(self, out: int, kernel: int, dead: int, zero: int) -> int:
        channels = self.g.graph.tensors[self.last].shape[3]
        return self._layer("CONV_2D", (out, kernel, kernel, channels), dead, zero, 0)

    def depthwise(self, dead: int, zero: int) -> int:
        channels = self.g.graph.tensors[self.last].shape[3]
        return self._layer("DEPTHWISE_CONV_2D", (1, 3, 3, channels), dead, zero, 3, depthMultiplier=1)

    def pool(self, kind: str) -> None:
        tensor = self.g.graph.tensors[self.last]
        size, channels, described = tensor.shape[1] // 2, tensor.shape[3], tensor.quantization
        output = self.g.tensor((1, size, size, channels), "int8", described.scale[0], described.zeroPoint[0])
        windows = {"filterHeight": 2, "filterWidth": 2, "strideH": 2, "strideW": 2, "padding": padding(same=False)}
        self.g.operator(kind, [self.last], [output], "Pool2DOptions", **windows)
        self.last = output

    def add(self, a: int, b: int) -> None:
        output = self.g.tensor(self.g.graph.tensors[a].shape, "int8", 0.2, 3)
        self.g.operator("ADD", [a, b], [output], "AddOptions")
        self.last = output

    def file(self) -> bytes:
        return self.g.file(self.source, self.last)


@st.composite
def networks(draw: Any) -> tuple[bytes, int]:
    """Dead channels, padded readers, pools, a depthwise layer, several readers, an ADD."""
    seed = draw(st.integers(0, 2**32 - 1))
    net = _Net(np.random.default_rng(seed))
    zero = draw(st.sampled_from([-128, -128, 5]))
    first = net.conv(12, draw(st.sampled_from([1, 3])), draw(st.integers(0, 12)), zero)
    if draw(st.booleans()):
        net.depthwise(draw(st.integers(0, 4)), zero)
    if draw(st.booleans()):
        net.pool(draw(st.sampled_from(["MAX_POOL_2D", "AVERAGE_POOL_2D"])))
    second = net.conv(12, draw(st.sampled_from([1, 1, 3])), draw(st.integers(0, 9)), draw(st.sampled_from([-128, 0])))
    if draw(st.booleans()):
        net.last = first  # a second reader of the first one's output
        third = net.conv(12, 3, draw(st.integers(0, 3)), -128)
        if net.g.graph.tensors[third].shape == net.g.graph.tensors[second].shape:
            net.add(second, third)
        else:
            net.last = second
    net.conv(5, 1, 0, -7)
    return net.file(), seed


def _check(tflite: bytes, isa: str, optimise: str, seed: int) -> tuple[TracePoint, ...]:
    model = compile_model(tflite, isa=isa, fpu=True, optimise=optimise)
    inputs = engine.random_inputs(model, 3, seed % 1000)
    np.testing.assert_array_equal(engine.run(model, inputs), engine.reference(tflite, inputs))
    return model.points


@few
@given(networks())
def test_outputs_are_the_interpreters(made: tuple[bytes, int]) -> None:
    tflite, seed = made
    which = [("native", "speed"), ("armv7em", "balanced"), ("armv8_1m_mve", "balanced")][seed % 3]
    _check(tflite, *which, seed)


@few
@given(networks())
def test_what_is_taken_out_is_constant_and_the_rest_is_as_it_was(made: tuple[bytes, int]) -> None:
    """Every tensor that lost channels, as the interpreter has it: those that went never change, at no pixel."""
    tflite, seed = made
    pruned = without_constant_channels(reader.read(tflite))
    if not pruned.kept:
        return
    of = tensors_of(tflite, sorted(pruned.kept))
    rng = np.random.default_rng(seed)
    seen = [of((rng.integers(-128, 128, (1, PIXELS, PIXELS, 3), dtype=np.int8),)) for _ in range(3)]
    for index, kept in pruned.kept.items():
        channels = reader.read(tflite).tensors[index].shape[-1]
        assert 0 < len(kept) < channels
        gone = np.setdiff1d(np.arange(channels), kept)
        pixels = np.concatenate([np.frombuffer(each[index], np.int8).reshape(-1, channels) for each in seen])
        assert (pixels[:, gone] == pixels[0, gone]).all()


def _dead(kernel: int, zero: int, bias_of_the_dead: int | None = None) -> _Net:
    """12 channels, 8 of them dead, and a reader."""
    net = _Net(np.random.default_rng(3))
    net.conv(12, 1, 8, zero)
    if bias_of_the_dead is not None:
        tensors, buffers = net.g.graph.tensors, net.g.model.buffers
        weights, bias = (
            np.frombuffer(bytes(buffers[tensors[i].buffer].data), t) for i, t in ((2, np.int8), (3, "<i4"))
        )
        fresh = np.where(weights.reshape(12, -1).any(axis=1), bias, bias_of_the_dead).astype("<i4")
        buffers[tensors[3].buffer].data = np.frombuffer(fresh.tobytes(), np.uint8)
    net.conv(6, kernel, 0, -7)
    return net


@pytest.mark.parametrize(
    ("kernel", "zero", "bias", "gone"),
    [
        (1, -128, None, 8),
        (1, 20, 1 << 29, 8),  # a value that is not the zero point goes into the bias of a layer that does not pad
        (3, -128, -(1 << 29), 8),  # the zero point adds nothing, padded or not
        (3, 20, 1 << 29, 0),  # padding would add something else than the value
    ],
)
def test_which_go(kernel: int, zero: int, bias: int | None, gone: int) -> None:
    tflite = _dead(kernel, zero, bias).file()
    points = _check(tflite, "armv7em", "balanced", 1)
    assert len(points[0].kept) == (12 - gone if gone else 0)
    assert points[0].output.shape[-1] == 12 - gone
    _check(tflite, "native", "size", 1)


def test_channels_that_an_addition_needs_stay() -> None:
    net = _Net(np.random.default_rng(4))
    first = net.conv(12, 1, 8, -128)
    net.add(first, net.conv(12, 1, 0, -128))
    net.conv(6, 1, 0, 0)
    assert not any(point.kept for point in _check(net.file(), "native", "speed", 2))


def test_ends_keep_all_channels() -> None:
    net = _Net(np.random.default_rng(5))
    net.conv(12, 1, 8, -128)
    assert not any(point.kept for point in _check(net.file(), "native", "speed", 2))


def test_the_host_is_asked_for_what_is_left() -> None:
    anatomy = dissect(_dead(1, -128).file(), isa="native", fpu=True)
    point = anatomy.compiled.points[0]
    whole = np.arange(PIXELS * PIXELS * 12, dtype=np.int16).astype(np.int8)
    part = whole.reshape(-1, 12)[:, list(point.kept)].tobytes()
    assert point.of_host(whole.tobytes()) == part
    assert point.of_host(part) == part
    assert from_jsonable(TracePoint, json.loads(json.dumps(to_jsonable(point)))) == point
