"""How much each layer loses by quantisation: the float32 network's tensors against the int8 network's, dequantised."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit import reference
from toolkit.artifacts.cost import LayerLoss
from toolkit.quiet_tensorflow import quiet
from toolkit.reference import exact
from toolkit.tflite.description import Operator, Subgraph, Tensor, describe
from toolkit.tflite.ends import ends_of

Array = npt.NDArray[Any]
Tensors = Callable[[int], Array]
"""From a tensor's number to its values."""

MOST_INPUTS = 100
SECONDS = 5.0
"""After which no further input is begun."""

_ARENA = 1 << 30  # untouched pages of it cost nothing
_BETWEEN_TYPES = ("QUANTIZE", "DEQUANTIZE")
_NOISE = 1e-14  # of energies: what float32 itself may be off, of a tensor that only moves


@dataclass(frozen=True)
class Losses:
    """Each layer's loss, and over how many inputs."""

    layers: tuple[LayerLoss, ...]
    samples: int

    @property
    def worst(self) -> str:
        """The layer that adds most noise; empty where none adds any."""
        told = [(each.added, each.name) for each in self.layers if each.added]
        return max(told)[1] if told else ""


def by_layer(
    float32: bytes, int8: bytes, real: Sequence[Array], stored: Sequence[Array], seconds: float = SECONDS
) -> Losses:
    """The signal-to-noise ratio of every layer.

    Args:
        float32, int8: the same network twice.
        real, stored: the same inputs, [N, *sample] for each input, as each of the two takes them.
        seconds: after which no further input is begun.

    Raises:
        RuntimeError, ValueError: an interpreter refuses its network.
    """
    graph, other = describe(int8).subgraphs[0], describe(float32).subgraphs[0]
    pairs = partners(graph, other)
    mine, theirs = _quantised(int8), _litert(float32)
    specs, float_specs = ends_of(int8).inputs, ends_of(float32).inputs
    signal, noise = dict.fromkeys(pairs, 0.0), dict.fromkeys(pairs, 0.0)
    count = len(stored[0])
    places = np.unique(np.linspace(0, count - 1, min(count, MOST_INPUTS)).round().astype(int))
    started, done = time.monotonic(), 0
    for place in places:
        if done and time.monotonic() - started > seconds:
            break
        got = mine(reference.sample(specs, stored, int(place)))
        due = theirs(reference.sample(float_specs, real, int(place)))
        for index, partner in pairs.items():
            wanted = np.asarray(due(partner), np.float64).ravel()
            said = _real(got(index), graph.tensors[index]).ravel()
            signal[index] += float(wanted @ wanted)
            noise[index] += float(np.square(wanted - said).sum())
        done += 1
    ratios = {index: noise[index] / signal[index] if signal[index] else math.nan for index in pairs}
    return Losses(tuple(_layers(graph, other, pairs, ratios)), done)


def _layers(graph: Subgraph, other: Subgraph, pairs: dict[int, int], ratios: dict[int, float]) -> list[LayerLoss]:
    found = []
    for place, operator in enumerate(graph.operators):
        if operator.kind in _BETWEEN_TYPES or not operator.outputs:
            continue
        index = operator.outputs[0]
        ratio = ratios.get(index, math.nan)
        before = [ratios[each] for each in operator.inputs if each in ratios]
        known = not math.isnan(ratio) and not any(map(math.isnan, before))
        added = ratio - max(before, default=0.0) if known else math.nan
        found.append(
            LayerLoss(
                f"layer {place} ({operator.kind})",
                graph.tensors[index].name,
                other.tensors[pairs[index]].name if index in pairs else "",
                round(-10 * math.log10(ratio), 2) if ratio > _NOISE else None,
                None if math.isnan(added) else max(0.0, float(f"{added:.4g}")),
            )
        )
    return found


def partners(graph: Subgraph, other: Subgraph) -> dict[int, int]:
    """By tensor of the int8 graph, inputs and what operators write: the float32 graph's tensor of the same meaning.

    In the order of computation, where both graphs have the same operators but for those between types; otherwise by
    the tensors' names, where these and the shapes are the same.
    """
    mine, theirs = ([each for each in of.operators if each.kind not in _BETWEEN_TYPES] for of in (graph, other))
    pairs = dict(zip(graph.inputs, other.inputs, strict=False))
    if [_kind(graph, each) for each in mine] == [_kind(other, each) for each in theirs]:
        for one, two in zip(mine, theirs, strict=True):
            pairs |= dict(zip(one.outputs, two.outputs, strict=True))
        return pairs
    named = {_key(other.tensors[output]): output for operator in theirs for output in operator.outputs if output >= 0}
    for operator in mine:
        for output in operator.outputs:
            partner = named.get(_key(graph.tensors[output]))
            if partner is not None:
                pairs[output] = partner
    return pairs


def _kind(graph: Subgraph, operator: Operator) -> tuple[Any, ...]:
    return (operator.kind, *(graph.tensors[output].shape for output in operator.outputs))


def _key(tensor: Tensor) -> tuple[str, tuple[int, ...]]:
    return tensor.name, tensor.shape


def _real(values: Array, tensor: Tensor) -> npt.NDArray[np.float64]:
    if values.dtype.kind == "f" or len(tensor.scales) != 1:
        return np.asarray(values, np.float64)
    zero_point = tensor.zero_points[0] if len(tensor.zero_points) else 0
    return float(tensor.scales[0]) * (np.asarray(values, np.float64) - int(zero_point))


def _quantised(tflite: bytes) -> Callable[[Sequence[Array]], Tensors]:
    """TensorFlow Lite Micro's own tensors where it is to be had, else those of our own reading, else LiteRT's."""
    if reference.measure(tflite) == reference.OWN:
        return _own(tflite)
    if not reference.is_installed(reference.OFFICIAL):
        return _litert(tflite)
    from tflite_micro.python.tflite_micro import runtime

    from toolkit.tflite import int8_tables

    interpreter = runtime.Interpreter.from_bytes(
        int8_tables.with_tables(tflite) if reference.is_installed("ai_edge_litert") else tflite,
        arena_size=_ARENA,
        intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors,  # spelt so
    )

    keeps_state = describe(tflite).keeps_state

    def run(values: Sequence[Array]) -> Tensors:
        if keeps_state:
            interpreter.reset()  # every sample for itself
        for place, value in enumerate(values):
            interpreter.set_input(value, place)
        interpreter.invoke()
        return lambda index: np.array(interpreter.GetTensor(index, 0)["tensor_data"])

    return run


def _own(tflite: bytes) -> Callable[[Sequence[Array]], Tensors]:
    graph = describe(tflite).main

    def run(values: Sequence[Array]) -> Tensors:
        given = dict(zip(graph.inputs, values, strict=True))
        found = given | {at: each[0] for at, each in exact.tensors(tflite, [each[None] for each in values]).items()}
        return lambda index: np.asarray(found[index])

    return run


def _litert(tflite: bytes) -> Callable[[Sequence[Array]], Tensors]:
    if not any(map(reference.is_installed, ("ai_edge_litert", "tensorflow"))):
        return _own(tflite)
    if reference.is_installed("ai_edge_litert"):
        from ai_edge_litert import interpreter as module

        kinds = module.OpResolverType
    else:
        import tensorflow as tf

        module, kinds = tf.lite, tf.lite.experimental.OpResolverType
    with quiet():
        interpreter = module.Interpreter(
            model_content=tflite,
            experimental_op_resolver_type=kinds.BUILTIN_REF,
            experimental_preserve_all_tensors=True,
        )
        interpreter.allocate_tensors()
    sources = [details["index"] for details in interpreter.get_input_details()]

    def run(values: Sequence[Array]) -> Tensors:
        interpreter.reset_all_variables()
        for source, value in zip(sources, values, strict=True):
            interpreter.set_tensor(source, value)
        interpreter.invoke()
        return lambda index: np.array(interpreter.get_tensor(index))

    return run
