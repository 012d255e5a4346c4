"""Random networks with 16-bit activations and 8-bit weights (16x8), by the operator that they are about."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.compiler.graphs import Graph, activation, out_size, padding

Random = np.random.Generator
_Drawing = Callable[[Random, Graph], tuple[int, int]]


def _scale(random: Random, least: float = 1e-5, most: float = 1e-2) -> float:
    return float(np.float32(np.exp(random.uniform(np.log(least), np.log(most)))))


def _weights(random: Random, graph: Graph, shape: tuple[int, ...], axis: int, channels: int) -> tuple[int, float]:
    count = channels if random.random() < 0.6 else 1
    scales = [_scale(random, 1e-4, 1e-2) for _ in range(count)]
    return graph.tensor(shape, "int8", scales, 0, axis, data=random.integers(-127, 128, shape)), max(scales)


def _bias(random: Random, graph: Graph, channels: int, scale: float) -> int:
    return graph.tensor((channels,), "int64", scale, 0, data=random.integers(-(1 << 20), 1 << 20, channels))


def _conv(kind: str) -> _Drawing:
    def draw(random: Random, graph: Graph) -> tuple[int, int]:
        height, width, depth = (int(random.integers(3, 9)) for _ in range(3))
        rows, columns, stride = (int(random.integers(1, 4)) for _ in range(3))
        same = bool(random.random() < 0.5)
        channels = depth * 2 if kind == "DEPTHWISE_CONV_2D" else int(random.integers(1, 7))
        source = graph.tensor((1, height, width, depth), "int16", _scale(random), 0)
        shape = (1, rows, columns, channels) if kind == "DEPTHWISE_CONV_2D" else (channels, rows, columns, depth)
        weights, by = _weights(random, graph, shape, 3 if kind == "DEPTHWISE_CONV_2D" else 0, channels)
        out = [out_size(size, tap, stride, 1, same) for size, tap in ((height, rows), (width, columns))]
        output = graph.tensor((1, *out, channels), "int16", by * float(np.sqrt(rows * columns * depth)) * 2e-2, 0)
        options = {"DEPTHWISE_CONV_2D": {"depthMultiplier": 2}}.get(kind, {})
        graph.operator(
            kind,
            [source, weights, _bias(random, graph, channels, by * 1e-4)],
            [output],
            "Conv2DOptions" if kind == "CONV_2D" else "DepthwiseConv2DOptions",
            strideH=stride,
            strideW=stride,
            padding=padding(same),
            fusedActivationFunction=activation(str(random.choice(["NONE", "RELU", "RELU6"]))),
            **options,
        )
        return source, output

    return draw


def _dense(random: Random, graph: Graph) -> tuple[int, int]:
    inner, channels = int(random.integers(1, 60)), int(random.integers(1, 12))
    scale = _scale(random)
    source = graph.tensor((1, inner), "int16", scale, 0)
    weights, by = _weights(random, graph, (channels, inner), 0, channels)
    output = graph.tensor((1, channels), "int16", scale * by * float(np.sqrt(inner)) * 74, 0)
    bias = graph.tensor((channels,), "int64", scale * by, 0, data=random.integers(-(1 << 20), 1 << 20, channels))
    graph.operator("FULLY_CONNECTED", [source, weights, bias], [output], "FullyConnectedOptions")
    return source, output


def _binary(kind: str) -> _Drawing:
    def draw(random: Random, graph: Graph) -> tuple[int, int]:
        shape = (1, 5, int(random.integers(1, 30)))
        a, b = _scale(random), _scale(random)
        source = graph.tensor(shape, "int16", a, 0)
        second = graph.tensor(shape[1:], "int16", b, 0, data=random.integers(-32768, 32768, shape[1:]))
        scale = a * b * 20_000 if kind == "MUL" else max(a, b) * float(random.uniform(0.8, 3))
        output = graph.tensor(shape, "int16", scale, 0)
        graph.operator(kind, [source, second], [output], f"{kind.capitalize()}Options")
        return source, output

    return draw


def _function(kind: str) -> _Drawing:
    def draw(random: Random, graph: Graph) -> tuple[int, int]:
        shape = (4, 300)
        power = random.random() < 0.3
        scale = 2.0**-12 if power else _scale(random, 1e-6, 1e-3)
        source = graph.tensor(shape, "int16", scale, 0)
        out = {"LOGISTIC": 1 / 32768, "TANH": 1 / 32768, "SOFTMAX": 1 / 32768}.get(kind, scale * 1.3)
        output = graph.tensor(shape, "int16", out, 0)
        options = {"SOFTMAX": ("SoftmaxOptions", {"beta": 1.0}), "LEAKY_RELU": ("LeakyReluOptions", {"alpha": 0.3})}
        name, values = options.get(kind, ("", {}))
        graph.operator(kind, [source], [output], name, **values)
        return source, output

    return draw


DRAWINGS: dict[str, _Drawing] = {
    "CONV_2D": _conv("CONV_2D"),
    "DEPTHWISE_CONV_2D": _conv("DEPTHWISE_CONV_2D"),
    "FULLY_CONNECTED": _dense,
    **{kind: _binary(kind) for kind in ("ADD", "SUB", "MUL")},
    **{kind: _function(kind) for kind in ("LOGISTIC", "TANH", "SOFTMAX", "RELU", "LEAKY_RELU")},
}


def draw(kind: str, seed: int) -> bytes:
    """A network of one operator; the same one for ever."""
    graph = Graph()
    source, output = DRAWINGS[kind](np.random.default_rng((seed, len(kind), ord(kind[0]))), graph)
    return graph.file(source, output)
