"""SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM: what they write are their output and their states.

Sources: tensorflow/lite/micro/kernels/{svdf_common.cc,lstm_eval.h,lstm_eval.cc,lstm_eval_common.cc} and
tensorflow/lite/kernels/internal/reference/integer_ops/{fully_connected,mul,logistic,tanh}.h.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from toolkit.reference.exact import fixed
from toolkit.reference.exact.node import NUMPY, Array, Kernel, Node, Values, given
from toolkit.reference.exact.picks import together
from toolkit.reference.exact.sigmoid16 import log2, logistic_of, tanh_of


def svdf(node: Node, values: Values) -> list[Array]:
    """SVDF: a filter over features, then one over time; the state holds the last results of the first."""
    options = node.options("SVDFOptions")
    x, feature, time, state = (given(node, values, place) for place in (0, 1, 2, 4))
    bias = values[3]
    if len(feature) != 1 or len(time) != 1 or options.Rank() < 1:
        raise node.cannot("has filters that are computed, or no rank")
    feature, time = feature[0], time[0]
    filters, memory = time.shape
    whole = x.dtype == np.int8
    if not whole and {str(each.dtype) for each in (x, feature, time, state)} != {"float32"}:
        raise node.cannot(f"is not known on {x.dtype} with {feature.dtype}")
    if whole and (feature.dtype != np.int8 or time.dtype != state.dtype or time.dtype not in (np.int8, np.int16)):
        raise node.cannot(f"is not known with {feature.dtype} and {time.dtype}")
    x, state = together(x, state)
    kind = np.int64 if whole else np.float64
    # All of the state moves up by one element; the places where one filter's row ends are then written.
    flat = state.reshape(len(state), -1)
    held = np.concatenate([flat[:, 1:], flat[:, -1:]], axis=1).reshape(len(state), -1, filters, memory)
    sums = (x.astype(kind) - (node.zero(node.input(0)) if whole else 0)) @ feature.astype(kind).T
    zero = node.zero(node.input(4)) if whole else 0
    if whole:
        limits = np.iinfo(state.dtype)
        scale = node.scale(node.input(0)) * node.scale(node.input(1)) / node.scale(node.input(4))
        sums = np.clip(fixed.rescale(sums, *node.multiplier(scale)), limits.min, limits.max) + zero
    held[..., -1] = sums.astype(state.dtype)
    each = (held.astype(kind) - zero) * time.astype(kind)
    total = each.sum(axis=-1).reshape(*held.shape[:2], -1, options.Rank()).sum(axis=-1)
    total = total + (0 if bias is None else bias.reshape(-1).astype(kind))
    made = held.reshape(state.shape).astype(state.dtype)
    if not whole:
        return [node.clamp(total.astype(np.float32), options.FusedActivationFunction()), made]
    if bias is None:
        raise node.cannot("has no bias")
    product = node.scale(node.input(4)) * node.scale(node.input(2))
    if abs(node.scale(node.input(3)) - product) >= 1e-5:
        raise node.cannot("has a bias of another scale")
    scaled = fixed.rescale(fixed.wrapped(total), *node.multiplier(product / node.scale(node.output)))
    return [fixed.clipped(scaled + node.zero(node.output), -128, 127, "int8"), made]


_GATES = {"input": (1, 5, 12), "forget": (2, 6, 13), "cell": (3, 7, 14), "output": (4, 8, 15)}
"""Inputs of the node: weights of the input, weights of the hidden state, bias."""
_HIDDEN, _CELL = 18, 19
_MOST_STEPS = 1 << 14


@dataclass(frozen=True)
class _Arithmetic:
    """What a step is made of, in integers or real numbers.

    Attributes:
        gate: from its name, the input and the hidden state, to what goes into its function.
        sigmoid, tanh: of a gate.
        cell_tanh: of the cell state.
        cell: of the forget gate, the cell state, the input gate and the cell gate.
        hidden: of the cell state's tanh and the output gate.
    """

    gate: Callable[[str, Array, Array], Array]
    sigmoid: Callable[[Array], Array]
    tanh: Callable[[Array], Array]
    cell_tanh: Callable[[Array], Array]
    cell: Callable[[Array, Array, Array, Array], Array]
    hidden: Callable[[Array, Array], Array]


def lstm(node: Node, values: Values) -> list[Array]:
    """UNIDIRECTIONAL_SEQUENCE_LSTM without peepholes, projection and normalisation."""
    import tflite

    options = node.options("UnidirectionalSequenceLSTMOptions")
    absent = (*range(9, 12), *range(16, 18), *range(20, 24))
    if len(values) != 24 or any(values[place] is not None for place in absent):
        raise node.cannot("has peepholes, a projection or a normalisation")
    if options.FusedActivationFunction() != tflite.ActivationFunctionType.TANH:
        raise node.cannot("has another function than TANH in its cell gate")
    if any(len(given(node, values, place)) != 1 for gate in _GATES.values() for place in gate):
        raise node.cannot("has weights that are computed")
    x, hidden, cell = together(*(given(node, values, place) for place in (0, _HIDDEN, _CELL)))
    if options.TimeMajor():
        x = x.swapaxes(1, 2)
    if x.shape[2] > _MOST_STEPS:
        raise node.cannot(f"has {x.shape[2]} steps")
    clip = float(np.float32(options.CellClip()))
    arithmetic = (_real if x.dtype == np.float32 else _integers)(node, values, clip)
    steps = []
    for step in range(x.shape[2]):
        seen = x[:, :, step]
        forget, taken = (arithmetic.sigmoid(arithmetic.gate(name, seen, hidden)) for name in ("forget", "input"))
        news = arithmetic.tanh(arithmetic.gate("cell", seen, hidden))
        cell = arithmetic.cell(forget, cell, taken, news)
        out = arithmetic.sigmoid(arithmetic.gate("output", seen, hidden))
        hidden = arithmetic.hidden(arithmetic.cell_tanh(cell), out)
        steps.append(hidden)
    made = np.stack(steps, axis=1 if options.TimeMajor() else 2)
    return [made.astype(x.dtype), hidden.astype(x.dtype), cell.astype(NUMPY[node.input(_CELL).type])]


def _real(node: Node, values: Values, clip: float) -> _Arithmetic:
    """float32, every step rounded once."""
    weights = {
        name: tuple(given(node, values, at)[0].astype(np.float64) for at in places) for name, places in _GATES.items()
    }
    if {str(given(node, values, at).dtype) for at in (*range(1, 9), *range(12, 16), _HIDDEN, _CELL)} != {"float32"}:
        raise node.cannot("mixes float32 with other types")

    def gate(name: str, x: Array, hidden: Array) -> Array:
        of_x, of_hidden, bias = weights[name]
        return np.asarray(x @ of_x.T + bias + hidden @ of_hidden.T, np.float32)

    def cell(forget: Array, before: Array, taken: Array, news: Array) -> Array:
        after: Array = np.asarray(forget * before + taken * news, np.float32)
        return np.clip(after, np.float32(-clip), np.float32(clip)) if clip > 0 else after

    def sigmoid(x: Array) -> Array:
        return np.asarray(1.0 / (1.0 + np.exp(-x.astype(np.float64))), np.float32)

    def tanh(x: Array) -> Array:
        return np.asarray(np.tanh(x.astype(np.float64)), np.float32)

    return _Arithmetic(gate, sigmoid, tanh, tanh, cell, lambda x, out: np.asarray(x * out, np.float32))


def _integers(node: Node, values: Values, clip: float) -> _Arithmetic:
    """int8 or int16 with int8 weights and a cell state of int16; gates are Q3.12 before a function, Q0.15 after."""
    x, state, hidden_tensor = node.input(0), node.input(_CELL), node.input(_HIDDEN)
    bias_type = "int64" if x.type == "int16" else "int32"
    if x.type not in ("int8", "int16") or state.type != "int16" or node.zero(state):
        raise node.cannot(f"is not known on {x.type} with a cell state of {state.type}")
    for places in _GATES.values():
        for at in places:
            tensor, due = node.input(at), bias_type if at >= 12 else "int8"
            if tensor.type != due or (at < 12 and (len(tensor.scales) != 1 or node.zero(tensor))):
                raise node.cannot(f"has {tensor.type} for {tensor.name}, several scales, or a zero point")
    unit = 1 / 32768
    rescale = fixed.rescale_long if x.type == "int16" else fixed.rescale
    parts = {
        name: [
            (
                given(node, values, at)[0].astype(np.int64),
                node.zero(source),
                node.multiplier(node.scale(source) * node.scale(node.input(at)) / 2.0**-12),
            )
            for source, at in ((x, places[0]), (hidden_tensor, places[1]))
        ]
        for name, places in _GATES.items()
    }
    biases = {name: given(node, values, places[2])[0].astype(np.int64) for name, places in _GATES.items()}

    def gate(name: str, seen: Array, hidden: Array) -> Array:
        total: Array = np.zeros(1, np.int64)
        for (w, zero, multiplier), source, bias in zip(parts[name], (seen, hidden), (biases[name], 0), strict=True):
            sums = (source.astype(np.int64) - zero) @ w.T + bias
            total = total + _int16(rescale(sums, *multiplier))
        return _int16(total)

    def product(a: Array, b: Array, scale: float) -> fixed.Ints:
        return fixed.rescale(a.astype(np.int64) * b.astype(np.int64), *node.multiplier(scale))

    # CreateLstmCellStateInfo
    power = log2(node.scale(state))[0] + 12
    most = int(min(max(clip / (node.scale(state) or 1.0), -32768.0), 32767.0))

    def cell(forget: Array, before: Array, taken: Array, news: Array) -> Array:
        kept = _int16(product(forget, before, unit * node.scale(state) / node.scale(state)))
        after = _int16(kept + _int16(product(taken, news, unit * unit / node.scale(state))))
        return np.clip(after, -most, most) if clip > 0 else after

    def cell_tanh(of: Array) -> Array:
        wide = of.astype(np.int64)
        return tanh_of(wide * (3 << power) if power >= 0 else (wide * 3 + (1 << (-power - 1))) >> -power)

    def hidden(of: Array, out: Array) -> Array:
        limits = np.iinfo(hidden_tensor.type)
        made = product(of, out, unit * unit / node.scale(hidden_tensor)) + node.zero(hidden_tensor)
        return np.clip(made, limits.min, limits.max)

    return _Arithmetic(gate, lambda of: logistic_of(of * 3), lambda of: tanh_of(of * 3), cell_tanh, cell, hidden)


def _int16(x: fixed.Ints) -> fixed.Ints:
    return np.clip(x, -32768, 32767)


KERNELS: dict[str, Kernel] = {"SVDF": svdf, "UNIDIRECTIONAL_SEQUENCE_LSTM": lstm}
