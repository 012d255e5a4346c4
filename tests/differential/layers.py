"""Layers with weights, pools, and what the compiler fuses into them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from tests.differential.draft import Draft
from tests.differential.windows import out_sizes, window, windowed


def filters(n: Draft, shape: Sequence[int], axis: int, source: int) -> tuple[int, int, float, float]:
    """Weights and perhaps a bias, what one of a sum is really, and how large sums may become."""
    d, g, channels = n.dice, n.graph, shape[axis]
    if not n.int8:
        bias = g.tensor((channels,), "float32", data=d.reals((channels,)))
        return g.tensor(shape, "float32", data=d.reals(shape)), bias if d.chance(0.8) else -1, 1.0, 1.0
    # Converters write one scale as a list of one, whatever the axis.
    scales = d.weight_scales(channels, d.chance(0.7))
    values = d.weights(shape, math.prod(shape) // channels)
    weights = g.tensor(shape, "int8", scales, 0, axis, values)
    unit = n.scale(source)
    norms = np.sqrt((np.moveaxis(values, axis, 0).reshape(channels, -1).astype(float) ** 2).sum(axis=1))
    largest = 2 * 74 * float(norms.max())
    if d.chance(0.2):
        return weights, -1, unit * max(scales), largest
    reach = 20 if d.fine else int(d.log(10, 60_000))
    # Some converters leave the weights' axis on the bias, which has but one.
    bias_axis = d.pick((0, 0, axis))
    values = d.rng.integers(-reach, reach + 1, channels)
    bias = g.tensor((channels,), "int32", [unit * s for s in scales], 0, bias_axis, values)
    return weights, bias, unit * max(scales), largest


def with_bias(n: Draft, source: int, weights: int, bias: int, depthwise: bool) -> list[int]:
    """Of a convolution: no bias is -1 or nothing; the interpreter does not survive a -1 of DEPTHWISE_CONV_2D."""
    return [source, weights, bias] if bias >= 0 or (not depthwise and n.dice.chance(0.5)) else [source, weights]


def convolution(n: Draft, source: int | None, *, depthwise: bool) -> tuple[int, int]:
    """(source, output); without a source one is made that the window suits."""
    d = n.dice
    kernel, stride, dilation, size, same = window(d, dilated=True)
    groups = d.pick((1, 1, 1, 1, 2, 3)) if not depthwise else 1
    if source is None:
        source = n.fresh((1, *size, d.small(1, 20) * groups))
    else:
        # After another layer the window is one that fits what is there.
        _, *size, channels = n.shape(source)
        kernel = [d.number(1, min(3, s)) for s in size]
        dilation, groups = [1, 1], 1
    channels = n.shape(source)[3]
    out = out_sizes(kernel, stride, dilation, size, same)
    out_c = channels * d.pick((1, 1, 1, 2)) if depthwise else d.small(1, 18) * groups
    shape = (1, *kernel, out_c) if depthwise else (out_c, *kernel, channels // groups)
    weights, bias, unit, largest = filters(n, shape, 3 if depthwise else 0, source)
    output = n.after((1, *out, out_c), unit, largest)
    members = windowed(None, stride, dilation, same) | {"fusedActivationFunction": n.fused()}
    if depthwise:
        members["depthMultiplier"] = out_c // channels
    kind, options = ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions") if depthwise else ("CONV_2D", "Conv2DOptions")
    n.graph.operator(kind, with_bias(n, source, weights, bias, depthwise), [output], options, **members)
    return source, output


def tail(n: Draft, last: int) -> int:
    """Perhaps an activation and a max-pool, in either order: what the compiler fuses."""
    d = n.dice
    for step in d.pick((("leaky", "pool"), ("pool", "leaky"))):
        if step == "leaky" and d.chance(0.4):
            last = leaky(n, last)
        if step == "pool" and d.chance(0.4) and len(n.shape(last)) == 4:
            last = max_pool(n, last)
    return last


def leaky(n: Draft, source: int) -> int:
    d = n.dice
    output = n.tensor(n.shape(source), d.near(n.scale(source)), d.zero())
    alpha = d.pick((0.0, 0.01, 0.1, 0.2, 0.3, 0.5, 1.5, -0.2, d.log(1e-3, 2)))
    n.graph.operator("LEAKY_RELU", [source], [output], "LeakyReluOptions", alpha=alpha)
    return output


def max_pool(n: Draft, source: int, *, plain: bool = False) -> int:
    d = n.dice
    _, height, width, channels = n.shape(source)
    kernel = [2, 2] if plain else d.pick(([2, 2], [2, 2], [1, 2], [3, 3], [2, 1]))
    stride = kernel if plain else d.pick((kernel, kernel, [2, 2], [1, 1]))
    same = (not plain and d.chance(0.4)) or height < kernel[0] or width < kernel[1]
    out = out_sizes(kernel, stride, [1, 1], [height, width], same)
    output = n.like(source, (1, *out, channels))
    members = windowed(kernel, stride, None, same) | {"fusedActivationFunction": n.fused()}
    n.graph.operator("MAX_POOL_2D", [source], [output], "Pool2DOptions", **members)
    return output


def conv(n: Draft) -> tuple[int, int]:
    """CONV_2D and what may follow it."""
    source, output = convolution(n, None, depthwise=False)
    return source, tail(n, output)


def depthwise(n: Draft) -> tuple[int, int]:
    """DEPTHWISE_CONV_2D and what may follow it."""
    source, output = convolution(n, None, depthwise=True)
    return source, tail(n, output)


def image(n: Draft) -> tuple[int, int]:
    """3x3 on one channel with a 2x2 pool, for which there are kernels of its own."""
    d = n.dice
    size = [d.number(4, 14), d.number(4, 20)]
    source = n.fresh((1, *size, 1))
    channels = d.number(1, 14)
    weights, bias, unit, largest = filters(n, (channels, 3, 3, 1), 0, source)
    out = [s - 2 for s in size]
    conv_out = n.after((1, *out, channels), unit, largest)
    members = windowed(None, [1, 1], [1, 1], same=False) | {"fusedActivationFunction": n.fused()}
    n.graph.operator("CONV_2D", [source, weights, bias], [conv_out], "Conv2DOptions", **members)
    last = leaky(n, conv_out) if d.chance(0.5) else conv_out
    output = n.like(last, (1, out[0] // 2, out[1] // 2, channels))
    pool = windowed([2, 2], [2, 2], None, same=False) | {"fusedActivationFunction": n.fused()}
    n.graph.operator("MAX_POOL_2D", [last], [output], "Pool2DOptions", **pool)
    return source, output


def dense_layer(n: Draft, source: int) -> int:
    d = n.dice
    *_, inputs = n.shape(source)
    rows = math.prod(n.shape(source)) // inputs
    outputs = d.small(1, 24)
    weights, bias, unit, largest = filters(n, (outputs, inputs), 0, source)
    keep = d.chance(0.5)
    shape = (*n.shape(source)[:-1], outputs) if keep else (rows, outputs)
    output = n.after(shape, unit, largest)
    members = {"fusedActivationFunction": n.fused(), "keepNumDims": keep}
    n.graph.operator("FULLY_CONNECTED", [source, weights, bias], [output], "FullyConnectedOptions", **members)
    return output


def dense(n: Draft) -> tuple[int, int]:
    """FULLY_CONNECTED and what may follow it."""
    d = n.dice
    rows = [1] if d.chance(0.6) else d.shape(1, 2, 4)
    source = n.fresh((*rows, d.small(1, 90)))
    return source, tail(n, dense_layer(n, source))


def pool(kind: str) -> Callable[[Draft], tuple[int, int]]:
    def draw(n: Draft) -> tuple[int, int]:
        kernel, stride, _, size, same = window(n.dice, dilated=False)
        channels = n.dice.small(1, 9)
        source = n.fresh((1, *size, channels))
        output = n.like(source, (1, *out_sizes(kernel, stride, [1, 1], size, same), channels))
        members = windowed(kernel, stride, None, same) | {"fusedActivationFunction": n.fused()}
        n.graph.operator(kind, [source], [output], "Pool2DOptions", **members)
        return source, output

    return draw
