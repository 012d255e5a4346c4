"""One reader per operator: from the format's options to the typed, checked operators of `ir`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import tflite

from toolkit.compiler import ir
from toolkit.compiler.ir import Activation, ElementType, Tensor, Window
from toolkit.errors import ModelError
from toolkit.tflite import Obstacle, UnsupportedError, describe

_Tensors = tuple[Tensor, ...]
_Reader = Callable[[str, tuple[int, ...], tuple[int, ...], Any, _Tensors], ir.Operator]

# Operators whose operands after the first only say a shape, which the output tensor has anyway.
SHAPE_ONLY = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS"})

CONVERSIONS = frozenset({"QUANTIZE", "DEQUANTIZE"})

UNARY = (
    "RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU", "LOGISTIC", "TANH", "HARD_SWISH",
    "SQRT", "RSQRT", "SQUARE", "EXP", "ABS", "NEG", "QUANTIZE", "DEQUANTIZE",
)  # fmt: skip


_DOCUMENTED = "see docs/compiler.md for what aot supports of each operator"


def _refuse(kind: str, what: str) -> ModelError:
    return UnsupportedError([Obstacle(f"{kind}: {what}", _DOCUMENTED)])


def _broken(kind: str, what: str) -> ModelError:
    return ModelError(f"the .tflite is broken: {kind} {what}", "convert the model again, or download it again")


def _options(operator: Any, name: str, kind: str) -> Any:
    number = getattr(tflite.BuiltinOptions, name)
    table = operator.BuiltinOptions()
    if table is None:
        return None
    if operator.BuiltinOptionsType() != number:
        raise _broken(kind, f"carries options of type {operator.BuiltinOptionsType()}, not {number}")
    options = getattr(tflite, name)()
    options.Init(table.Bytes, table.Pos)
    return options


def _required(operator: Any, name: str, kind: str) -> Any:
    options = _options(operator, name, kind)
    if options is None:
        raise _broken(kind, "has no options")
    return options


def _activation(number: int, kind: str) -> Activation:
    for activation in Activation:
        if getattr(tflite.ActivationFunctionType, activation.value) == number:
            return activation
    raise _refuse(kind, f"fused activation number {number} is not supported (RELU, RELU6 and RELU_N1_TO_1 are)")


def _arity(kind: str, inputs: tuple[int, ...], outputs: tuple[int, ...], least: int, most: int) -> None:
    if len(outputs) != 1:
        raise _broken(kind, f"has {len(outputs)} outputs")
    if not least <= len(inputs) <= most or any(i < 0 for i in inputs[:least]):
        raise _broken(kind, f"has inputs {list(inputs)}")


def _same_padding(size: int, stride: int, kernel: int, dilation: int) -> tuple[int, int]:
    """Output size and padding before the first element, as TensorFlow's SAME has it."""
    out = -(-size // stride)
    total = max((out - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return out, total // 2


def _window(kind: str, options: Any, kernel: tuple[int, int], image: Tensor, output: Tensor) -> Window:
    """The window that `options` describe; the output tensor's height and width are held against it."""
    stride = (options.StrideH(), options.StrideW())
    dilation = (1, 1)
    if hasattr(options, "DilationHFactor"):
        dilation = (options.DilationHFactor(), options.DilationWFactor())
    if min(*stride, *dilation, *kernel) < 1 or max(*stride, *dilation, *kernel) > 255:
        raise _refuse(kind, f"kernel {kernel}, stride {stride}, dilation {dilation}: each must be 1 to 255")
    pads = []
    for axis in (0, 1):
        size, reach = image.shape[1 + axis], (kernel[axis] - 1) * dilation[axis] + 1
        if options.Padding() == tflite.Padding.SAME:
            out, pad = _same_padding(size, stride[axis], kernel[axis], dilation[axis])
        else:
            out, pad = (size - reach) // stride[axis] + 1, 0
        if out < 1 or out != output.shape[1 + axis]:
            raise _broken(kind, f"makes {list(output.shape)} of {list(image.shape)}")
        pads.append(pad)
    return Window(*kernel, *stride, *dilation, *pads)


def _images(kind: str, image: Tensor, output: Tensor) -> None:
    if len(image.shape) != 4 or len(output.shape) != 4:
        raise _refuse(kind, f"input {list(image.shape)} and output {list(output.shape)} must have 4 dimensions")
    if image.shape[0] != 1 or output.shape[0] != 1:
        raise _refuse(kind, f"the batch is {image.shape[0]}; only 1 is supported")
    if max(*image.shape, *output.shape) > 65_535:
        raise _refuse(kind, f"input {list(image.shape)}: each dimension must be at most 65535")


def _bias(kind: str, inputs: tuple[int, ...], tensors: _Tensors, channels: int) -> int:
    index = inputs[2] if len(inputs) > 2 else -1
    if index >= 0:
        data = tensors[index].constant
        if data.size != channels:
            raise _broken(kind, f"has {data.size} biases for {channels} channels")
        if tensors[index].dtype not in (ElementType.INT32, ElementType.FLOAT32):
            raise _refuse(kind, f"a bias of type {tensors[index].dtype} is not supported (int32, float32 are)")
    return index


def _convolution(
    kind: str, inputs: tuple[int, ...], outputs: tuple[int, ...], raw: Any, tensors: _Tensors
) -> ir.Operator:
    _arity(kind, inputs, outputs, 2, 3)
    image, weights, output = tensors[inputs[0]], tensors[inputs[1]], tensors[outputs[0]]
    _images(kind, image, output)
    shape = weights.constant.shape
    if len(shape) != 4:
        raise _broken(kind, f"has weights of shape {list(shape)}")
    channels = output.shape[3]
    if kind == "DEPTHWISE_CONV_2D":
        options = _required(raw, "DepthwiseConv2DOptions", kind)
        groups = image.shape[3]
        if shape[0] != 1 or shape[3] != channels or channels % groups:
            raise _broken(kind, f"has weights {list(shape)} for {groups} to {channels} channels")
    else:
        options = _required(raw, "Conv2DOptions", kind)
        if shape[0] != channels or image.shape[3] % shape[3] or channels % (image.shape[3] // shape[3]):
            raise _broken(kind, f"has weights {list(shape)} for {image.shape[3]} to {channels} channels")
        groups = image.shape[3] // shape[3]
    return ir.Convolution(
        kind,
        (*inputs[:2], _bias(kind, inputs, tensors, channels)),
        outputs[0],
        _window(kind, options, (shape[1], shape[2]), image, output),
        groups,
        _activation(options.FusedActivationFunction(), kind),
    )


def _dense(kind: str, inputs: tuple[int, ...], outputs: tuple[int, ...], raw: Any, tensors: _Tensors) -> ir.Operator:
    _arity(kind, inputs, outputs, 2, 3)
    options = _required(raw, "FullyConnectedOptions", kind)
    if options.WeightsFormat() != tflite.FullyConnectedOptionsWeightsFormat.DEFAULT:
        raise _refuse(kind, f"weights format {options.WeightsFormat()} is not supported")
    data, weights, output = tensors[inputs[0]], tensors[inputs[1]], tensors[outputs[0]]
    shape = weights.constant.shape
    if len(shape) != 2 or data.size % shape[1] or data.size // shape[1] * shape[0] != output.size:
        raise _broken(kind, f"makes {list(output.shape)} of {list(data.shape)} with weights {list(shape)}")
    bias = _bias(kind, inputs, tensors, shape[0])
    return ir.Dense(kind, (*inputs[:2], bias), outputs[0], _activation(options.FusedActivationFunction(), kind))


def _pool(kind: str, inputs: tuple[int, ...], outputs: tuple[int, ...], raw: Any, tensors: _Tensors) -> ir.Operator:
    _arity(kind, inputs, outputs, 1, 1)
    options = _required(raw, "Pool2DOptions", kind)
    image, output = tensors[inputs[0]], tensors[outputs[0]]
    _images(kind, image, output)
    if image.shape[3] != output.shape[3]:
        raise _broken(kind, f"makes {list(output.shape)} of {list(image.shape)}")
    window = _window(kind, options, (options.FilterHeight(), options.FilterWidth()), image, output)
    return ir.Pool(kind, inputs, outputs[0], window, _activation(options.FusedActivationFunction(), kind))


def _unary(kind: str, inputs: tuple[int, ...], outputs: tuple[int, ...], raw: Any, tensors: _Tensors) -> ir.Operator:
    _arity(kind, inputs, outputs, 1, 1)
    if tensors[inputs[0]].shape != tensors[outputs[0]].shape:
        raise _broken(kind, "changes the shape")
    alpha = 0.0
    if kind == "LEAKY_RELU":
        options = _options(raw, "LeakyReluOptions", kind)
        alpha = float(options.Alpha()) if options is not None else 0.0
        if not math.isfinite(alpha):
            raise _broken(kind, f"has the slope {alpha}")
    return ir.Unary(kind, inputs, outputs[0], alpha)


_BINARY_OPTIONS = {"ADD": "AddOptions", "SUB": "SubOptions", "MUL": "MulOptions", "DIV": "DivOptions"}


def _binary(kind: str, inputs: tuple[int, ...], outputs: tuple[int, ...], raw: Any, tensors: _Tensors) -> ir.Operator:
    _arity(kind, inputs, outputs, 2, 2)
    options = _options(raw, _BINARY_OPTIONS[kind], kind)
    a, b = (tensors[i].shape for i in inputs)
    try:
        shape = np.broadcast_shapes(a, b)
    except ValueError as caught:
        raise _broken(kind, f"of {list(a)} and {list(b)}, which do not broadcast") from caught
    if shape != tensors[outputs[0]].shape:
        raise _broken(kind, f"makes {list(tensors[outputs[0]].shape)} of {list(a)} and {list(b)}")
    activation = _activation(options.FusedActivationFunction(), kind) if options is not None else Activation.NONE
    return ir.Binary(kind, inputs, outputs[0], activation)


def _softmax(kind: str, inputs: tuple[int, ...], outputs: tuple[int, ...], raw: Any, tensors: _Tensors) -> ir.Operator:
    _arity(kind, inputs, outputs, 1, 1)
    if tensors[inputs[0]].shape != tensors[outputs[0]].shape or not tensors[inputs[0]].shape:
        raise _broken(kind, "changes the shape")
    beta = float(_required(raw, "SoftmaxOptions", kind).Beta())
    if not 0 < beta < 1e6:
        raise _refuse(kind, f"beta is {beta}; it must be positive")
    return ir.Softmax(kind, inputs, outputs[0], beta)


def _alias(kind: str, inputs: tuple[int, ...], outputs: tuple[int, ...], _: Any, tensors: _Tensors) -> ir.Operator:
    _arity(kind, inputs, outputs, 1, 2)
    source, output = tensors[inputs[0]], tensors[outputs[0]]
    if source.size != output.size or source.dtype != output.dtype:
        raise _broken(kind, f"makes {list(output.shape)} of {list(source.shape)}")
    if source.dtype is not ElementType.FLOAT32 and source.quantisation != output.quantisation:
        raise _refuse(kind, "its input and output are quantised differently")
    return ir.Alias(kind, inputs, outputs[0])


def _reduce(kind: str, inputs: tuple[int, ...], outputs: tuple[int, ...], _: Any, tensors: _Tensors) -> ir.Operator:
    _arity(kind, inputs, outputs, 2, 2)
    shape = tensors[inputs[0]].shape
    stated = np.atleast_1d(tensors[inputs[1]].constant)
    if any(not -len(shape) <= int(a) < len(shape) for a in stated):
        raise _broken(kind, f"reduces dimensions {stated.tolist()} of {list(shape)}")
    axes = tuple(sorted({int(a) % len(shape) for a in stated}))
    kept = [d for place, d in enumerate(shape) if place not in axes]
    if [d for d in tensors[outputs[0]].shape if d != 1] != [d for d in kept if d != 1]:
        raise _broken(kind, f"makes {list(tensors[outputs[0]].shape)} of {list(shape)}")
    return ir.Reduce(kind, inputs[:1], outputs[0], axes)


def _pad(kind: str, inputs: tuple[int, ...], outputs: tuple[int, ...], _: Any, tensors: _Tensors) -> ir.Operator:
    _arity(kind, inputs, outputs, 2, 3)
    source, output = tensors[inputs[0]], tensors[outputs[0]]
    amounts = tensors[inputs[1]].constant
    if amounts.shape != (len(source.shape), 2) or (amounts < 0).any():
        raise _broken(kind, f"pads {list(source.shape)} by {amounts.tolist()}")
    paddings = tuple((int(before), int(after)) for before, after in amounts)
    if tuple(d + b + a for d, (b, a) in zip(source.shape, paddings, strict=True)) != output.shape:
        raise _broken(kind, f"makes {list(output.shape)} of {list(source.shape)}")
    if len(inputs) == 3 and inputs[2] >= 0:
        filler = tensors[inputs[2]]
        data = filler.constant
        if data.size != 1 or filler.dtype is not source.dtype:
            raise _broken(kind, "has a filling value that is no single element of its input's type")
        value = float(data.reshape(()))
    else:
        value = float(output.zero_point) if output.dtype is ElementType.INT8 and output.quantisation else 0.0
    return ir.Pad(kind, inputs[:1], outputs[0], paddings, value)


def _concatenation(
    kind: str, inputs: tuple[int, ...], outputs: tuple[int, ...], raw: Any, tensors: _Tensors
) -> ir.Operator:
    _arity(kind, inputs, outputs, 1, 64)
    options = _required(raw, "ConcatenationOptions", kind)
    shapes = [tensors[i].shape if i >= 0 else () for i in inputs]
    output = tensors[outputs[0]].shape
    if not -len(output) <= options.Axis() < len(output):
        raise _broken(kind, f"along dimension {options.Axis()} of {list(output)}")
    axis = options.Axis() % len(output)
    rest = output[:axis] + output[axis + 1 :]
    if (
        any(len(s) != len(output) or s[:axis] + s[axis + 1 :] != rest for s in shapes)
        or sum(s[axis] for s in shapes) != output[axis]
    ):
        raise _broken(kind, f"makes {list(output)} of {[list(s) for s in shapes]}")
    return ir.Concatenation(kind, inputs, outputs[0], axis, _activation(options.FusedActivationFunction(), kind))


def _transpose(kind: str, inputs: tuple[int, ...], outputs: tuple[int, ...], _: Any, tensors: _Tensors) -> ir.Operator:
    _arity(kind, inputs, outputs, 2, 2)
    shape = tensors[inputs[0]].shape
    order = tuple(int(i) for i in np.atleast_1d(tensors[inputs[1]].constant))
    order = tuple(i + len(shape) if i < 0 else i for i in order)
    if sorted(order) != list(range(len(shape))) or tuple(shape[i] for i in order) != tensors[outputs[0]].shape:
        raise _broken(kind, f"makes {list(tensors[outputs[0]].shape)} of {list(shape)} by {list(order)}")
    return ir.Transpose(kind, inputs[:1], outputs[0], order)


def _batch_matmul(
    kind: str, inputs: tuple[int, ...], outputs: tuple[int, ...], raw: Any, tensors: _Tensors
) -> ir.Operator:
    _arity(kind, inputs, outputs, 2, 2)
    options = _options(raw, "BatchMatMulOptions", kind)
    adj_a, adj_b = (bool(options.AdjX()), bool(options.AdjY())) if options is not None else (False, False)
    a, b = tensors[inputs[0]].shape, tensors[inputs[1]].shape
    if min(len(a), len(b)) < 2:
        raise _broken(kind, f"of {list(a)} and {list(b)}")
    rows, inner = (a[-1], a[-2]) if adj_a else (a[-2], a[-1])
    inner_b, columns = (b[-1], b[-2]) if adj_b else (b[-2], b[-1])
    try:
        batch = np.broadcast_shapes(a[:-2], b[:-2])
    except ValueError as caught:
        raise _broken(kind, f"of {list(a)} and {list(b)}, which do not broadcast") from caught
    if inner != inner_b or tensors[outputs[0]].shape != (*batch, rows, columns):
        raise _broken(kind, f"makes {list(tensors[outputs[0]].shape)} of {list(a)} and {list(b)}")
    return ir.BatchMatMul(kind, inputs, outputs[0], adj_a, adj_b)


READERS: dict[str, _Reader] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _convolution,
    "FULLY_CONNECTED": _dense,
    "MAX_POOL_2D": _pool,
    "AVERAGE_POOL_2D": _pool,
    **dict.fromkeys(UNARY, _unary),
    **dict.fromkeys(_BINARY_OPTIONS, _binary),
    "SOFTMAX": _softmax,
    **dict.fromkeys(sorted(SHAPE_ONLY), _alias),
    "MEAN": _reduce,
    "SUM": _reduce,
    "PAD": _pad,
    "PADV2": _pad,
    "CONCATENATION": _concatenation,
    "TRANSPOSE": _transpose,
    "BATCH_MATMUL": _batch_matmul,
}


def lacking(kinds: Iterable[str]) -> tuple[Obstacle, ...]:
    """The obstacle that operators are which the compiler does not know; none if it knows them all."""
    unknown = dict.fromkeys(kind for kind in kinds if kind not in READERS)
    if not unknown:
        return ()
    many = len(unknown) > 1
    said = f"operator{'s' * many} {', '.join(unknown)} {'are' if many else 'is'} not supported by aot"
    return (Obstacle(said, _DOCUMENTED),)


def missing_operators(tflite: bytes) -> tuple[Obstacle, ...]:
    """The same of a file, of all its subgraphs, without operators that nothing depends on.

    Raises:
        ModelError: it is no .tflite, or a broken one.
    """
    main, *bodies = describe(tflite).subgraphs
    steps = [(each.kind, each.inputs, each.outputs) for each in main.operators]
    kept = [step[0] for keep, step in zip(alive(steps, main.outputs), steps, strict=True) if keep]
    return lacking([*kept, *(operator.kind for graph in bodies for operator in graph.operators)])


def alive(steps: Sequence[tuple[str, tuple[int, ...], tuple[int, ...]]], outputs: Iterable[int]) -> list[bool]:
    """Which operators (kind, inputs, outputs) the outputs depend on.

    A reshape does not depend on its shape operand: shapes are static.
    """
    needed = set(outputs)
    found = [False] * len(steps)
    for place in range(len(steps) - 1, -1, -1):
        kind, inputs, made = steps[place]
        if needed.intersection(made):
            found[place] = True
            needed.update(inputs[:1] if kind in SHAPE_ONLY else inputs)
    return found
