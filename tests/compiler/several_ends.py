"""Networks with several inputs and outputs, of several types, made for tests; no size is a multiple of four."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.compiler.graphs import Graph
from tests.tflite.files import free
from toolkit.tflite import ends
from toolkit.tflite.ends import ends_of

RNG = np.random.default_rng(29)


def _dense(g: Graph, source: int, taken: int, given: int, scale: float, zero: int) -> int:
    """An int8 dense layer, [1, taken] to [1, given]."""
    kernel = g.tensor((given, taken), "int8", 0.02, data=RNG.integers(-127, 128, (given, taken)))
    output = g.tensor((1, given), "int8", scale, zero)
    g.operator("FULLY_CONNECTED", [source, kernel, -1], [output], "FullyConnectedOptions")
    return output


def _to(g: Graph, source: int, kind: str, scale: float | None = None, zero: int = 0) -> int:
    """The same shape in another type."""
    output = g.tensor(g.graph.tensors[source].shape, kind, scale, zero)
    name = "DEQUANTIZE" if kind == "float32" else "QUANTIZE"
    g.operator(name, [source], [output], f"{name.capitalize()}Options")
    return output


def mixed(*, free_batch: bool = False) -> bytes:
    """uint8 [1, 7], float32 [1, 3] and int16 [1, 5] to int8 [1, 3], float32 [1, 3], uint8 [1, 3] and int8 [1, 1].

    The first output is what the second and the third are made of; the fourth goes on from it.
    """
    g = Graph()
    sources = [g.tensor((1, 7), "uint8", 0.02, 100), g.tensor((1, 3), "float32"), g.tensor((1, 5), "int16", 1e-4)]
    parts = [_to(g, source, "int8", 0.02, -28) for source in sources]
    joined = g.tensor((1, 15), "int8", 0.02, -28)
    g.operator("CONCATENATION", parts, [joined], "ConcatenationOptions", axis=1)
    first = _dense(g, joined, 15, 3, 0.05, 3)
    real, unsigned = _to(g, first, "float32"), _to(g, first, "uint8", 0.05, 131)
    last = _dense(g, first, 3, 1, 0.09, -9)
    if free_batch:
        free(g, *sources, *parts, joined, first, real, unsigned, last)
    return g.file(sources, [first, real, unsigned, last])


def handed_on() -> bytes:
    """Three inputs, one of which nothing reads and one that is an output as it is; one output twice, one reshaped."""
    g = Graph()
    read, unread, passed = (g.tensor((1, size), "int8", 0.05) for size in (5, 9, 3))
    first = _dense(g, read, 5, 6, 0.05, 1)
    folded = g.tensor((1, 2, 3), "int8", 0.05, 1)
    g.operator("RESHAPE", [first], [folded], "ReshapeOptions", newShape=[1, 2, 3])
    after = g.tensor((1, 6), "int8", 0.05, 1)
    g.operator("RELU", [first], [after])
    return g.file([unread, read, passed], [after, passed, folded, after])


def without_a_batch() -> bytes:
    """Shapes whose first dimension is no batch: [3, 4] and [4] to [3, 4]."""
    g = Graph()
    a, b, output = g.tensor((3, 4), "int8", 0.05), g.tensor((4,), "int8", 0.02, 7), g.tensor((3, 4), "int8", 0.06, -3)
    g.operator("ADD", [a, b], [output], "AddOptions")
    return g.file([a, b], output)


def floats() -> bytes:
    """float32 [1, 4] and [1, 3] to [1, 2] and [1, 5], the second of another size by far."""
    g = Graph()
    sources = [g.tensor((1, 4), "float32"), g.tensor((1, 3), "float32")]
    outputs = []
    for source, taken, given, scale in ((sources[0], 4, 2, 1.0), (sources[1], 3, 5, 1e4)):
        kernel = g.tensor((given, taken), "float32", data=scale * RNG.normal(size=(given, taken)))
        outputs.append(g.tensor((1, given), "float32"))
        g.operator("FULLY_CONNECTED", [source, kernel, -1], [outputs[-1]], "FullyConnectedOptions")
    return g.file(sources, outputs)


def int16x8() -> bytes:
    """int16 activations, int8 weights and int64 biases: a convolution, a dense layer and a softmax."""
    g = Graph()
    source, image = g.tensor((1, 4, 4, 1), "int16", 1 / 4096), g.tensor((1, 2, 2, 2), "int16", 1 / 2048)
    filters = g.tensor((2, 3, 3, 1), "int8", [0.001, 0.002], data=RNG.integers(-127, 128, (2, 3, 3, 1)))
    bias = g.tensor((2,), "int64", [0.001 / 4096, 0.002 / 4096], data=RNG.integers(-9999, 9999, 2))
    options = {"padding": 1, "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    g.operator("CONV_2D", [source, filters, bias], [image], "Conv2DOptions", **options)
    flat, logits = g.tensor((1, 8), "int16", 1 / 2048), g.tensor((1, 3), "int16", 1 / 1024)
    g.operator("RESHAPE", [image], [flat], "ReshapeOptions", newShape=[1, 8])
    weights = g.tensor((3, 8), "int8", 0.003, data=RNG.integers(-127, 128, (3, 8)))
    more = g.tensor((3,), "int64", 0.003 / 2048, data=RNG.integers(-9999, 9999, 3))
    g.operator("FULLY_CONNECTED", [flat, weights, more], [logits], "FullyConnectedOptions")
    output = g.tensor((1, 3), "int16", 1 / 32768)
    g.operator("SOFTMAX", [logits], [output], "SoftmaxOptions", beta=1.0)
    return g.file(source, output)


def inputs(tflite: bytes, count: int) -> tuple[NDArray[np.generic], ...]:
    """Any values of each input's type, [count, *sample]; reals within 2."""
    made = []
    for spec in ends_of(tflite).inputs:
        if spec.numpy.kind == "f":
            made.append(RNG.uniform(-2, 2, (count, *spec.sample)).astype(np.float32))
        else:
            limits = np.iinfo(spec.numpy)
            made.append(RNG.integers(limits.min, int(limits.max) + 1, (count, *spec.sample)).astype(spec.numpy))
    return tuple(made)


def rows(tflite: bytes, values: tuple[NDArray[np.generic], ...]) -> NDArray[np.uint8]:
    """The same as they travel."""
    return ends.join(ends_of(tflite).inputs, values)
