"""Small int8 networks with a property of their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.compiler.graphs import Graph

SIZE = 12


def dense_softmax(scale: float, *, dead: bool = False, seed: int = 3) -> bytes:
    """[1, SIZE] -> dense with ReLU -> dense -> softmax of four; the larger the scale, the more of it is cut off.

    Args:
        scale: of what goes into the softmax.
        dead: the first layer's weights are all 0, and its output as well.
    """
    first = np.random.default_rng(seed).integers(-100, 101, (8, SIZE)) * (0 if dead else 1)
    return _two_layers(first, 1 / 64, scale, (np.zeros(8), np.zeros(4)), seed)


def mean_softmax(size: int = 400, seed: int = 3, *, elu: bool = False) -> bytes:
    """The same on weighted means of the input, the first class ahead by 30: noise has always the same means.

    Args:
        elu: behind the first layer, an operator that our compiler does not take.
    """
    first = np.random.default_rng(seed).integers(20, 101, (8, size))
    return _two_layers(first, 1 / 64 / 20, 0.5, (np.zeros(8), np.array([30.0, 0, 0, 0])), seed, elu=elu)


def _two_layers(
    first: NDArray[np.int64],
    first_scale: float,
    scale: float,
    bias: tuple[NDArray[np.float64], ...],
    seed: int,
    *,
    elu: bool = False,
) -> bytes:
    random = np.random.default_rng((seed, 1))
    graph = Graph()
    source = graph.tensor((1, first.shape[1]), scale=1 / 128)
    middle = graph.tensor((1, 8), scale=1 / 16, zero_point=-128)
    logits, output = graph.tensor((1, 4), scale=scale), graph.tensor((1, 4), scale=1 / 256, zero_point=-128)
    second = random.integers(-100, 101, (4, 8))
    behind = graph.tensor((1, 8), scale=1 / 16, zero_point=-128) if elu else middle
    for given, made, weights, each, biases, activation in (
        (source, middle, first, first_scale / 128, bias[0], 1),
        (behind, logits, second, 1 / 64 / 16, bias[1], 0),
    ):
        values = graph.tensor(weights.shape, scale=first_scale if weights is first else 1 / 64, data=weights)
        added = graph.tensor(biases.shape, "int32", scale=each, data=np.rint(biases / each))
        graph.operator(
            "FULLY_CONNECTED", [given, values, added], [made], "FullyConnectedOptions",
            fusedActivationFunction=activation,
        )  # fmt: skip
        if elu and made == middle:
            graph.operator("ELU", [middle], [behind])
    graph.operator("SOFTMAX", [logits], [output], "SoftmaxOptions", beta=1.0)
    return graph.file(source, output)


def side_branch(size: int = 400, seed: int = 5) -> bytes:
    """[1, size] -> dense, plus dense with ReLU -> ELU, which our compiler does not take: noise gives it 0 always."""
    random = np.random.default_rng(seed)
    graph = Graph()
    source = graph.tensor((1, size), scale=1 / 128)
    main, side, behind = (graph.tensor((1, 4), scale=1 / 16, zero_point=zero) for zero in (0, -128, -128))
    output = graph.tensor((1, 4), scale=1 / 8)
    for made, weights, bias, activation in (
        (main, random.integers(-100, 101, (4, size)), 0.0, 0),
        (side, random.integers(20, 101, (4, size)), -4.0, 1),
    ):
        scale = 1 / 64 / 20
        values = graph.tensor(weights.shape, scale=scale, data=weights)
        added = graph.tensor((4,), "int32", scale=scale / 128, data=np.full(4, round(bias * 128 / scale)))
        graph.operator(
            "FULLY_CONNECTED", [source, values, added], [made], "FullyConnectedOptions",
            fusedActivationFunction=activation,
        )  # fmt: skip
    graph.operator("ELU", [side], [behind])
    graph.operator("ADD", [main, behind], [output], "AddOptions")
    return graph.file(source, output)
