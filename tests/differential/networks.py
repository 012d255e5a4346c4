"""Random networks, by the operator that they are about. `draw(kind, seed)` gives the same one for ever."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.compiler.graphs import ACTIVATIONS, Graph, activation, out_size, padding
from tests.differential.dice import Dice

FUSED = ("NONE", *ACTIVATIONS)


@dataclass
class Draft:
    """A network being drawn; `int8` or float32 throughout."""

    dice: Dice
    int8: bool
    graph: Graph

    def tensor(self, shape: Sequence[int], scale: float, zero: int, data: Any = None) -> int:
        """A tensor of the network's type."""
        if self.int8:
            return self.graph.tensor(shape, "int8", scale, zero, data=data)
        return self.graph.tensor(shape, "float32", data=data)

    def fresh(self, shape: Sequence[int]) -> int:
        """A tensor with any scale and zero point."""
        return self.tensor(shape, self.dice.scale(), self.dice.zero())

    def constant(self, shape: Sequence[int], scale: float, zero: int) -> int:
        """The same, with elements."""
        return self.tensor(shape, scale, zero, self.dice.bytes(shape) if self.int8 else self.dice.reals(shape))

    def shape(self, tensor: int) -> list[int]:
        """Its dimensions."""
        return [int(d) for d in self.graph.graph.tensors[tensor].shape]

    def scale(self, tensor: int) -> float:
        """Its scale; 1 for float32."""
        return float(self.graph.graph.tensors[tensor].quantization.scale[0]) if self.int8 else 1.0

    def like(self, tensor: int, shape: Sequence[int] | None = None) -> int:
        """A tensor of the same scale and zero point."""
        given = self.graph.graph.tensors[tensor]
        zero = int(given.quantization.zeroPoint[0]) if self.int8 else 0
        return self.tensor(given.shape if shape is None else shape, self.scale(tensor), zero)

    def after(self, shape: Sequence[int], unit: float, largest: float) -> int:
        """An output whose scale follows from its sums."""
        return self.tensor(shape, self.dice.scale_after(unit, largest), self.dice.zero())

    def fused(self) -> int:
        """A fused activation, none half of the time."""
        return activation(self.dice.pick((*(["NONE"] * 3), *ACTIVATIONS)))


def _window(d: Dice, *, dilated: bool) -> tuple[list[int], list[int], list[int], list[int], bool]:
    """Kernel, stride, dilation, image size (each height, width) and SAME: images, or signals of one row."""
    signal = d.chance(0.25)
    kernel = [1 if signal else d.small(1, 6), d.small(1, 9 if signal else 6)]
    stride = [1 if signal else d.small(1, 4), d.small(1, 5)]
    far = 70 if signal and d.chance(0.15) else 4
    dilation = [d.small(1, 4) if not signal and d.chance(0.3) else 1, d.small(1, far) if d.chance(0.3) else 1]
    if not dilated:
        dilation = [1, 1]
    same = d.chance(0.5)
    reach = [(k - 1) * s + 1 for k, s in zip(kernel, dilation, strict=True)]
    # SAME takes images smaller than the window.
    size = [(1 if same and d.chance(0.3) else r) + d.small(0, 40 if signal else 10) for r in reach]
    if signal:
        size[0] = 1
    return kernel, stride, dilation, size, same


def _out(kernel: list[int], stride: list[int], dilation: list[int], size: list[int], same: bool) -> list[int]:
    return [out_size(size[i], kernel[i], stride[i], dilation[i], same) for i in (0, 1)]


def _filters(n: Draft, shape: Sequence[int], axis: int, unit: float) -> tuple[int, int, float]:
    """Weights and perhaps a bias; the largest weights' real unit."""
    d, g, channels = n.dice, n.graph, shape[axis]
    if not n.int8:
        bias = g.tensor((channels,), "float32", data=d.reals((channels,)))
        return g.tensor(shape, "float32", data=d.reals(shape)), bias if d.chance(0.8) else -1, 1.0
    # Converters write one scale as a list of one, whatever the axis.
    scales = d.weight_scales(channels, d.chance(0.7))
    weights = g.tensor(shape, "int8", scales, 0, axis, d.weights(shape))
    if d.chance(0.2):
        return weights, -1, unit * max(scales)
    reach = int(d.log(10, 60_000))
    values = d.rng.integers(-reach, reach + 1, channels)
    # Some converters leave the weights' axis on the bias, which has but one.
    bias = g.tensor((channels,), "int32", [unit * s for s in scales], 0, d.pick((0, 0, axis)), values)
    return weights, bias, unit * max(scales)


def _members(kernel: list[int] | None, stride: list[int], dilation: list[int] | None, same: bool) -> dict[str, int]:
    members = {"padding": padding(same), "strideH": stride[0], "strideW": stride[1]}
    if kernel is not None:
        members |= {"filterHeight": kernel[0], "filterWidth": kernel[1]}
    if dilation is not None:
        members |= {"dilationHFactor": dilation[0], "dilationWFactor": dilation[1]}
    return members


def _operands(n: Draft, source: int, weights: int, bias: int, depthwise: bool) -> list[int]:
    """Of a convolution: no bias is -1 or nothing; the interpreter does not survive a -1 of DEPTHWISE_CONV_2D."""
    return [source, weights, bias] if bias >= 0 or (not depthwise and n.dice.chance(0.5)) else [source, weights]


def _convolution(n: Draft, source: int | None, *, depthwise: bool) -> tuple[int, int]:
    """(source, output); without a source one is made that the window suits."""
    d = n.dice
    kernel, stride, dilation, size, same = _window(d, dilated=True)
    groups = d.pick((1, 1, 1, 1, 2, 3)) if not depthwise else 1
    if source is None:
        source = n.fresh((1, *size, d.small(1, 20) * groups))
    else:
        # After another layer the window is one that fits what is there.
        _, *size, channels = n.shape(source)
        kernel = [d.number(1, min(3, s)) for s in size]
        dilation, groups = [1, 1], 1
    channels = n.shape(source)[3]
    out = _out(kernel, stride, dilation, size, same)
    out_c = channels * d.pick((1, 1, 1, 2)) if depthwise else d.small(1, 18) * groups
    shape = (1, *kernel, out_c) if depthwise else (out_c, *kernel, channels // groups)
    weights, bias, unit = _filters(n, shape, 3 if depthwise else 0, n.scale(source))
    taps = math.prod(kernel) * (1 if depthwise else channels // groups)
    output = n.after((1, *out, out_c), unit, 74 * 74 * 2 * math.sqrt(taps))
    members = _members(None, stride, dilation, same) | {"fusedActivationFunction": n.fused()}
    if depthwise:
        members["depthMultiplier"] = out_c // channels
    kind, options = ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions") if depthwise else ("CONV_2D", "Conv2DOptions")
    n.graph.operator(kind, _operands(n, source, weights, bias, depthwise), [output], options, **members)
    return source, output


def _tail(n: Draft, last: int) -> int:
    """Perhaps an activation and a max-pool, in either order: what the compiler fuses."""
    d = n.dice
    for step in d.pick((("leaky", "pool"), ("pool", "leaky"))):
        if step == "leaky" and d.chance(0.4):
            last = _leaky(n, last)
        if step == "pool" and d.chance(0.4) and len(n.shape(last)) == 4:
            last = _max_pool(n, last)
    return last


def _leaky(n: Draft, source: int) -> int:
    d = n.dice
    output = n.tensor(n.shape(source), d.near(n.scale(source)), d.zero())
    alpha = d.pick((0.0, 0.01, 0.1, 0.2, 0.3, 0.5, 1.5, -0.2, d.log(1e-3, 2)))
    n.graph.operator("LEAKY_RELU", [source], [output], "LeakyReluOptions", alpha=alpha)
    return output


def _max_pool(n: Draft, source: int, *, plain: bool = False) -> int:
    d = n.dice
    _, height, width, channels = n.shape(source)
    kernel = [2, 2] if plain else d.pick(([2, 2], [2, 2], [1, 2], [3, 3], [2, 1]))
    stride = kernel if plain else d.pick((kernel, kernel, [2, 2], [1, 1]))
    same = (not plain and d.chance(0.4)) or height < kernel[0] or width < kernel[1]
    out = _out(kernel, stride, [1, 1], [height, width], same)
    output = n.like(source, (1, *out, channels))
    members = _members(kernel, stride, None, same) | {"fusedActivationFunction": n.fused()}
    n.graph.operator("MAX_POOL_2D", [source], [output], "Pool2DOptions", **members)
    return output


def conv(n: Draft) -> tuple[int, int]:
    """CONV_2D and what may follow it."""
    source, output = _convolution(n, None, depthwise=False)
    return source, _tail(n, output)


def depthwise(n: Draft) -> tuple[int, int]:
    """DEPTHWISE_CONV_2D and what may follow it."""
    source, output = _convolution(n, None, depthwise=True)
    return source, _tail(n, output)


def image(n: Draft) -> tuple[int, int]:
    """3x3 on one channel with a 2x2 pool, for which there are kernels of its own."""
    d = n.dice
    size = [d.number(4, 14), d.number(4, 20)]
    source = n.fresh((1, *size, 1))
    channels = d.number(1, 14)
    weights, bias, unit = _filters(n, (channels, 3, 3, 1), 0, n.scale(source))
    out = [s - 2 for s in size]
    conv_out = n.after((1, *out, channels), unit, 74 * 74 * 2 * 3)
    members = _members(None, [1, 1], [1, 1], same=False) | {"fusedActivationFunction": n.fused()}
    n.graph.operator("CONV_2D", [source, weights, bias], [conv_out], "Conv2DOptions", **members)
    last = _leaky(n, conv_out) if d.chance(0.5) else conv_out
    output = n.like(last, (1, out[0] // 2, out[1] // 2, channels))
    pool = _members([2, 2], [2, 2], None, same=False) | {"fusedActivationFunction": n.fused()}
    n.graph.operator("MAX_POOL_2D", [last], [output], "Pool2DOptions", **pool)
    return source, output


def _dense_layer(n: Draft, source: int) -> int:
    d = n.dice
    *_, inputs = n.shape(source)
    rows = math.prod(n.shape(source)) // inputs
    outputs = d.small(1, 24)
    weights, bias, unit = _filters(n, (outputs, inputs), 0, n.scale(source))
    keep = d.chance(0.5)
    shape = (*n.shape(source)[:-1], outputs) if keep else (rows, outputs)
    output = n.after(shape, unit, 74 * 74 * 2 * math.sqrt(inputs))
    members = {"fusedActivationFunction": n.fused(), "keepNumDims": keep}
    n.graph.operator("FULLY_CONNECTED", [source, weights, bias], [output], "FullyConnectedOptions", **members)
    return output


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
    out = _out(kernel, stride, dilation, size, same)
    weights, bias, unit = _filters(
        n, (1, *kernel, out_c) if depthwise else (out_c, *kernel, in_c), 3 * depthwise, n.scale(source)
    )
    output = n.after((1, *out, out_c), unit, 74 * 74 * 2 * math.sqrt(math.prod(kernel) * (1 if depthwise else in_c)))
    members = _members(None, stride, dilation, same) | {"fusedActivationFunction": n.fused()}
    kind = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
    if depthwise:
        members["depthMultiplier"] = 1
    operands = _operands(n, source, weights, bias, depthwise)
    n.graph.operator(kind, operands, [output], ("DepthwiseConv2DOptions" if depthwise else "Conv2DOptions"), **members)
    if what == "width" and min(out) > 1:
        return source, _max_pool(n, output, plain=True)
    return source, _tail(n, output)


def _large_pool(n: Draft, turn: bool) -> tuple[int, int]:
    d = n.dice
    kernel, stride = [1, d.pick((127, 128, 254, 255))], [1, d.pick((1, 7, 127, 255))]
    size = [d.number(1, 3), d.number(255, 400)]
    if turn:
        kernel, stride, size = kernel[::-1], stride[::-1], size[::-1]
    same = d.chance(0.5)
    source = n.fresh((1, *size, 2))
    output = n.like(source, (1, *_out(kernel, stride, [1, 1], size, same), 2))
    members = _members(kernel, stride, None, same) | {"fusedActivationFunction": n.fused()}
    n.graph.operator(d.pick(("MAX_POOL_2D", "AVERAGE_POOL_2D")), [source], [output], "Pool2DOptions", **members)
    return source, output


def dense(n: Draft) -> tuple[int, int]:
    """FULLY_CONNECTED and what may follow it."""
    d = n.dice
    rows = [1] if d.chance(0.6) else d.shape(1, 2, 4)
    source = n.fresh((*rows, d.small(1, 90)))
    return source, _tail(n, _dense_layer(n, source))


def _pool(kind: str) -> Callable[[Draft], tuple[int, int]]:
    def draw(n: Draft) -> tuple[int, int]:
        kernel, stride, _, size, same = _window(n.dice, dilated=False)
        channels = n.dice.small(1, 9)
        source = n.fresh((1, *size, channels))
        output = n.like(source, (1, *_out(kernel, stride, [1, 1], size, same), channels))
        members = _members(kernel, stride, None, same) | {"fusedActivationFunction": n.fused()}
        n.graph.operator(kind, [source], [output], "Pool2DOptions", **members)
        return source, output

    return draw


_UNARY_OPTIONS = {
    "HARD_SWISH": "HardSwishOptions", "ABS": "AbsOptions", "NEG": "NegOptions", "SQUARE": "SquareOptions",
    "EXP": "ExpOptions", "QUANTIZE": "QuantizeOptions",
}  # fmt: skip


def _unary(kind: str) -> Callable[[Draft], tuple[int, int]]:
    def draw(n: Draft) -> tuple[int, int]:
        d = n.dice
        zero = -128 if kind in ("SQRT", "RSQRT") else d.zero()
        source = n.tensor((1, 256), d.scale(), zero)
        scale = n.scale(source)
        if kind == "LOGISTIC":
            output = n.tensor((1, 256), 1 / 256, -128)
        elif kind == "TANH":
            output = n.tensor((1, 256), 1 / 128, 0)
        elif kind in ("RELU6", "RELU_N1_TO_1"):
            output = n.like(source)
        elif kind == "HARD_SWISH":
            output = n.tensor((1, 256), d.near(scale), d.zero())
        elif kind == "SQRT":
            output = n.tensor((1, 256), d.scale_after(math.sqrt(scale), 16), d.zero())
        elif kind == "RSQRT":
            output = n.tensor((1, 256), d.scale_after(1 / math.sqrt(scale), 1), d.zero())
        else:
            output = n.tensor((1, 256), d.near(scale), d.zero())
        n.graph.operator(kind, [source], [output], _UNARY_OPTIONS.get(kind, ""))
        return source, output

    return draw


def leaky_relu(n: Draft) -> tuple[int, int]:
    """LEAKY_RELU alone."""
    source = n.fresh((1, 256))
    return source, _leaky(n, source)


def _binary(kind: str) -> Callable[[Draft], tuple[int, int]]:
    def draw(n: Draft) -> tuple[int, int]:
        d = n.dice
        shape = [*d.shape(0, 3, 6), d.small(1, 40)]
        other = [1 if d.chance(0.25) else s for s in shape][d.number(0, len(shape) - 1) if d.chance(0.3) else 0 :]
        source = n.fresh(shape)
        a = n.scale(source)
        b = d.pick((d.fraction(a), d.scale()))
        if d.chance(0.5):
            data = d.bytes(other) if n.int8 else np.abs(d.reals(other)) + 0.1
            second = n.tensor(other, b, d.zero(), data)
        else:
            # The same values in another scale: both operands are computed.
            second = n.tensor(shape, b, d.zero())
            n.graph.operator("LEAKY_RELU", [source], [second], "LeakyReluOptions", alpha=d.pick((0.1, -1.0)))
            if kind == "DIV":
                second = n.constant(shape, b, d.zero())
        if kind == "MUL":
            scale = d.scale_after(a * b, 127 * 127)
        else:
            scale = d.near(max(a, b))
        operands = [source, second] if d.chance(0.5) or kind == "DIV" else [second, source]
        output = n.tensor(np.broadcast_shapes(shape, tuple(n.shape(second))), scale, d.zero())
        members = {"fusedActivationFunction": n.fused()}
        n.graph.operator(kind, operands, [output], f"{kind.capitalize()}Options", **members)
        return source, output

    return draw


def _reduce(kind: str) -> Callable[[Draft], tuple[int, int]]:
    def draw(n: Draft) -> tuple[int, int]:
        d = n.dice
        shape = [1, *d.shape(1, 3, 9)]
        axes = sorted({d.number(1, len(shape) - 1) for _ in range(d.number(1, 3))})
        keep = d.chance(0.5)
        out = [1 if i in axes else s for i, s in enumerate(shape) if keep or i not in axes]
        count = math.prod(shape[i] for i in axes)
        source = n.fresh(shape)
        which = n.graph.tensor((len(axes),), "int32", data=np.array([a - len(shape) * d.number(0, 1) for a in axes]))
        output = n.after(out, n.scale(source), 127 if kind == "MEAN" else 127 * math.sqrt(count))
        n.graph.operator(kind, [source, which], [output], "ReducerOptions", keepDims=keep)
        return source, output

    return draw


def batch_matmul(n: Draft) -> tuple[int, int]:
    """BATCH_MATMUL of the input with a constant, or with what was made of itself."""
    d = n.dice
    rows, inner, columns = d.small(1, 7), d.small(1, 24), d.small(1, 7)
    own = d.chance(0.4)
    if own:
        columns = rows
    batch = d.shape(0, 2, 3)
    adj_x, adj_y = d.chance(0.5), d.chance(0.5)
    a = (*batch, *((inner, rows) if adj_x else (rows, inner)))
    b = (*(1 if d.chance(0.3) else s for s in batch), *((columns, inner) if adj_y else (inner, columns)))
    source = n.fresh(a)
    if own:
        adj_y = not adj_x
        second = _leaky(n, source)
    else:
        second = n.constant(b, d.pick((d.scale(), d.fraction(n.scale(source)))), d.zero())
    unit = n.scale(source) * n.scale(second)
    output = n.after((*batch, rows, columns), unit, 74 * 74 * 2 * math.sqrt(inner))
    n.graph.operator("BATCH_MATMUL", [source, second], [output], "BatchMatMulOptions", adjX=adj_x, adjY=adj_y)
    return source, output


def softmax(n: Draft) -> tuple[int, int]:
    """SOFTMAX."""
    d = n.dice
    shape = (*([1] if d.chance(0.5) else d.shape(1, 2, 4)), d.small(1, 40))
    source = n.tensor(shape, d.log(1e-4, 100.0), d.zero())
    output = n.tensor(shape, 1 / 256, -128)
    beta = d.pick((1.0, 1.0, 0.5, 3.0, d.log(0.01, 10)))
    n.graph.operator("SOFTMAX", [source], [output], "SoftmaxOptions", beta=beta)
    return source, output


def _pad(kind: str) -> Callable[[Draft], tuple[int, int]]:
    def draw(n: Draft) -> tuple[int, int]:
        d = n.dice
        shape = d.shape(2, 4, 6)
        amounts = [[d.small(0, 4), d.small(0, 4)] if d.chance(0.6) else [0, 0] for _ in shape]
        source = n.fresh(shape)
        output = n.like(source, [s + b + a for s, (b, a) in zip(shape, amounts, strict=True)])
        how = n.graph.tensor((len(shape), 2), "int32", data=np.array(amounts))
        operands = [source, how]
        if kind == "PADV2":
            operands.append(n.constant((1,), n.scale(source), int(_zero(n, source))))
        n.graph.operator(kind, operands, [output], "PadOptions" if kind == "PAD" else "PadV2Options")
        return source, output

    return draw


def _zero(n: Draft, tensor: int) -> int:
    return int(n.graph.graph.tensors[tensor].quantization.zeroPoint[0]) if n.int8 else 0


def concatenation(n: Draft) -> tuple[int, int]:
    """CONCATENATION of the input, perhaps more than once, and constants."""
    d = n.dice
    shape = d.shape(2, 4, 6)
    axis = d.number(0, len(shape) - 1)
    source = n.fresh(shape)
    parts = [source]
    for _ in range(d.number(0, 3)):
        other = [d.small(1, 5) if i == axis else s for i, s in enumerate(shape)]
        parts.append(source if d.chance(0.4) else n.constant(other, n.scale(source), _zero(n, source)))
    parts = [parts[i] for i in d.rng.permutation(len(parts))]
    total = sum(n.shape(p)[axis] for p in parts)
    output = n.like(source, [total if i == axis else s for i, s in enumerate(shape)])
    members = {"axis": axis - len(shape) * d.number(0, 1)}
    n.graph.operator("CONCATENATION", parts, [output], "ConcatenationOptions", **members)
    return source, output


def transpose(n: Draft) -> tuple[int, int]:
    """TRANSPOSE."""
    d = n.dice
    shape = d.shape(2, 5, 6)
    order = [int(i) for i in d.rng.permutation(len(shape))]
    source = n.fresh(shape)
    output = n.like(source, [shape[i] for i in order])
    how = n.graph.tensor((len(shape),), "int32", data=np.array(order))
    n.graph.operator("TRANSPOSE", [source, how], [output], "TransposeOptions")
    return source, output


def quantise(n: Draft) -> tuple[int, int]:
    """float32 -> QUANTIZE -> an int8 function -> DEQUANTIZE -> float32."""
    d, g = n.dice, n.graph
    n.int8 = False
    source, output = n.fresh((1, 256)), n.fresh((1, 256))
    scale = d.pick((0.25, 0.5, 1 / 64, d.log(1e-3, 1)))
    first = g.tensor((1, 256), "int8", scale, d.zero())
    last = g.tensor((1, 256), "int8", d.fraction(scale), d.zero())
    g.operator("QUANTIZE", [source], [first], "QuantizeOptions")
    g.operator("RELU", [first], [last])
    g.operator("DEQUANTIZE", [last], [output], "DequantizeOptions")
    return source, output


def _alias(n: Draft, source: int, shape: Sequence[int], kind: str) -> int:
    output = n.like(source, shape)
    if kind == "RESHAPE":
        how = n.graph.tensor((len(shape),), "int32", data=np.array(shape))
        n.graph.operator(kind, [source, how], [output], "ReshapeOptions", newShape=list(shape))
    elif kind == "EXPAND_DIMS":
        n.graph.operator(kind, [source, n.graph.tensor((), "int32", data=np.array(0))], [output], "ExpandDimsOptions")
    else:
        n.graph.operator(kind, [source], [output], "SqueezeOptions", squeezeDims=[0])
    return output


def aliases(n: Draft) -> tuple[int, int]:
    """RESHAPE, SQUEEZE, EXPAND_DIMS between operators that compute."""
    d = n.dice
    shape = [1, *d.shape(1, 3, 6)]
    source = n.fresh(shape)
    last = _leaky(n, source)
    kind = d.pick(("RESHAPE", "SQUEEZE", "EXPAND_DIMS"))
    if kind == "RESHAPE":
        last = _alias(n, last, [math.prod(shape)] if d.chance(0.3) else [*reversed(shape)], kind)
    else:
        last = _alias(n, last, shape[1:] if kind == "SQUEEZE" else [1, *shape], kind)
    return source, _leaky(n, last)


def stack(n: Draft) -> tuple[int, int]:
    """A small network: convolutions, pools, a residual sum, dense layers, softmax."""
    d = n.dice
    source, last = _convolution(n, None, depthwise=d.chance(0.3))
    last = _tail(n, last)
    if d.chance(0.6):
        _, last = _convolution(n, last, depthwise=d.chance(0.5))
        last = _tail(n, last)
    if d.chance(0.4):
        before, other = last, _leaky(n, last)
        last = n.tensor(n.shape(before), d.fraction(max(n.scale(before), n.scale(other))), d.zero())
        operator = d.pick(("ADD", "SUB"))
        n.graph.operator(operator, [before, other], [last], f"{operator.capitalize()}Options")
    if d.chance(0.6):
        last = _alias(n, last, [1, math.prod(n.shape(last))], "RESHAPE")
        last = _tail(n, _dense_layer(n, last))
        if d.chance(0.5):
            output = n.tensor(n.shape(last), 1 / 256, -128)
            n.graph.operator("SOFTMAX", [last], [output], "SoftmaxOptions", beta=1.0)
            last = output
    return source, last


_Drawing = Callable[[Draft], tuple[int, int]]

_BOTH: dict[str, _Drawing] = {
    "CONV_2D": conv,
    "CONV_2D image": image,
    "DEPTHWISE_CONV_2D": depthwise,
    "large": large,
    "FULLY_CONNECTED": dense,
    "MAX_POOL_2D": _pool("MAX_POOL_2D"),
    "AVERAGE_POOL_2D": _pool("AVERAGE_POOL_2D"),
    **{k: _unary(k) for k in ("RELU", "RELU6", "LOGISTIC", "TANH", "HARD_SWISH", "ABS", "RSQRT", "EXP", "SQRT")},
    "LEAKY_RELU": leaky_relu,
    "ADD": _binary("ADD"),
    "SUB": _binary("SUB"),
    "MUL": _binary("MUL"),
    "MEAN": _reduce("MEAN"),
    "SUM": _reduce("SUM"),
    "BATCH_MATMUL": batch_matmul,
    "SOFTMAX": softmax,
    "PAD": _pad("PAD"),
    "PADV2": _pad("PADV2"),
    "CONCATENATION": concatenation,
    "TRANSPOSE": transpose,
    "RESHAPE": aliases,
    "stack": stack,
}

KINDS: dict[str, tuple[_Drawing, bool]] = {
    **{f"{name} int8": (drawing, True) for name, drawing in _BOTH.items()},
    "QUANTIZE int8": (_unary("QUANTIZE"), True),
    **{f"{name} float32": (drawing, False) for name, drawing in _BOTH.items()},
    "DIV float32": (_binary("DIV"), False),
    "NEG float32": (_unary("NEG"), False),
    "SQUARE float32": (_unary("SQUARE"), False),
    "QUANTIZE float32": (quantise, False),
}
"""By name: what draws it, and whether it is int8."""


@dataclass(frozen=True, eq=False)
class Network:
    """A network with what goes in: `inputs` [n, *shape]; `name` draws it again."""

    kind: str
    seed: int
    tflite: bytes
    inputs: np.ndarray[Any, Any]

    @property
    def name(self) -> str:
        """For a person, and for --only."""
        return f"{self.kind}:{self.seed}"


def draw(kind: str, seed: int) -> Network:
    """The network of this kind and seed."""
    drawing, int8 = KINDS[kind]
    dice = Dice((zlib.crc32(kind.encode()), seed))
    draft = Draft(dice, int8, Graph())
    source, output = drawing(draft)
    shape = draft.shape(source)
    tflite = draft.graph.file(source, output)
    if int8:
        every = np.arange(math.prod(shape)).reshape(1, *shape)
        ends = np.stack([np.full(shape, -128), np.full(shape, 127)])
        inputs = np.concatenate([every, ends, dice.bytes((3, *shape))]).astype(np.int8)
    else:
        inputs = dice.rng.uniform(-4, 4, (4, *shape)).astype(np.float32)
        if kind.startswith(("SQRT", "RSQRT")):
            inputs = np.abs(inputs) + np.float32(1e-3)
    return Network(kind, seed, tflite, inputs)
