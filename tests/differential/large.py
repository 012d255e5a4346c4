"""Layers of which one size is large, up to the ends of the members that hold it in the kernels."""

from __future__ import annotations

from tests.differential.draft import Draft
from tests.differential.layers import filters, max_pool, tail, with_bias
from tests.differential.windows import out_sizes, windowed


def large(n: Draft) -> tuple[int, int]:
    """A convolution or pool of which one size is large, up to the ends of the kernels' own fields."""
    d = n.dice
    what = d.pick(("width", "height", "in_c", "out_c", "kernel", "stride", "dilation", "pool"))
    kernel, stride, dilation = [1, d.number(1, 3)], [1, d.number(1, 2)], [1, 1]
    size, in_c, out_c, same = [1, d.number(4, 20)], d.number(1, 3), d.number(1, 5), d.chance(0.5)
    turn = d.chance(0.3)
    depthwise = what not in ("out_c", "pool") and d.chance(0.3)
    if what == "width":
        # The widest image for which there is assembly has 1,300 columns.
        kernel, size, in_c, stride = (
            d.pick(([3, 3], [1, 3])),
            [d.number(4, 6), d.pick((1300, 1301, 1400, 3000))],
            1,
            [1, 1],
        )
    elif what == "height":
        kernel, size = [3, 1], [d.pick((254, 255, 256, 257, 700)), 3]
    elif what in ("in_c", "out_c"):
        many = d.pick((127, 128, 255, 256, 257, 600, 1025))
        in_c, out_c = (many, out_c) if what == "in_c" else (in_c, many)
    elif what == "kernel":
        kernel, size = [1, d.pick((100, 127, 128, 254, 255))], [1, d.number(255, 300)]
    elif what == "stride":
        stride, size = [1, d.pick((127, 128, 254, 255))], [1, d.number(255, 600)]
    elif what == "dilation":
        kernel, dilation, size = [1, d.number(2, 9)], [1, d.pick((64, 127, 128, 254, 255))], [1, d.number(20, 300)]
        stride = [1, 1]
        same = same or size[1] <= (kernel[1] - 1) * dilation[1]
    if turn:
        kernel, stride, dilation, size = kernel[::-1], stride[::-1], dilation[::-1], size[::-1]
    if what == "pool":
        return _large_pool(n, turn)
    same = same or any(s < (k - 1) * a + 1 for s, k, a in zip(size, kernel, dilation, strict=True))
    source = n.fresh((1, *size, in_c))
    out_c = in_c if depthwise else out_c
    out = out_sizes(kernel, stride, dilation, size, same)
    shape = (1, *kernel, out_c) if depthwise else (out_c, *kernel, in_c)
    weights, bias, unit, largest = filters(n, shape, 3 if depthwise else 0, source)
    output = n.after((1, *out, out_c), unit, largest)
    members = windowed(None, stride, dilation, same) | {"fusedActivationFunction": n.fused()}
    kind, options = ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions") if depthwise else ("CONV_2D", "Conv2DOptions")
    if depthwise:
        members["depthMultiplier"] = 1
    operands = with_bias(n, source, weights, bias, depthwise)
    n.graph.operator(kind, operands, [output], options, **members)
    if what == "width" and min(out) > 1:
        return source, max_pool(n, output, plain=True)
    return source, tail(n, output)


def _large_pool(n: Draft, turn: bool) -> tuple[int, int]:
    d = n.dice
    kernel, stride = [1, d.pick((127, 128, 254, 255))], [1, d.pick((1, 7, 127, 255))]
    size = [d.number(1, 3), d.number(255, 400)]
    if turn:
        kernel, stride, size = kernel[::-1], stride[::-1], size[::-1]
    same = d.chance(0.5)
    source = n.fresh((1, *size, 2))
    output = n.like(source, (1, *out_sizes(kernel, stride, [1, 1], size, same), 2))
    members = windowed(kernel, stride, None, same) | {"fusedActivationFunction": n.fused()}
    n.graph.operator(d.pick(("MAX_POOL_2D", "AVERAGE_POOL_2D")), [source], [output], "Pool2DOptions", **members)
    return source, output
