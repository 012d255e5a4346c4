"""TensorFlow Lite Micro's arithmetic as we read it, in NumPy, over many samples at once.

Written from TFLM's own sources, not from our compiler: what the two believe in common is not thereby true. What is true
is what the official interpreter answers, and the tests hold every byte of this to it: int8 and int16 equal, float32
within the rounding of a sum (`verify.tolerance`), as sums are made in double precision here.

    outputs(model, inputs)   what it answers
    tensors(model, inputs)   every tensor on the way
    says(model)              what it cannot run, and why; nothing where it can
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.errors import ModelError
from toolkit.reference.exact import (
    arithmetic,
    conversions,
    functions,
    linear,
    moves,
    network,
    picks,
    reductions,
    resize,
    states,
    windows,
)
from toolkit.reference.exact.control import CONTROL
from toolkit.reference.exact.network import Found, Graph, Network
from toolkit.reference.exact.node import NUMPY, ApartError, Array, CannotError, Kernel, Node, SampleError
from toolkit.tflite import description
from toolkit.tflite.description import ASTRAY, broken

__all__ = ["CONTROL", "KERNELS", "outputs", "says", "tensors"]

KERNELS: dict[str, Kernel] = {
    **linear.KERNELS,
    **windows.KERNELS,
    **functions.KERNELS,
    **arithmetic.KERNELS,
    **reductions.KERNELS,
    **conversions.KERNELS,
    **moves.KERNELS,
    **picks.KERNELS,
    **resize.KERNELS,
    **states.KERNELS,
}
"""By the schema's name of the operator."""

Progress = Callable[[int, int], None]
_DEEPEST = 8
_MOST_CALLS = 1 << 13
"""Graphs that one operator of the main graph may run for a sample, however they run one another."""


def says(tflite: bytes) -> tuple[str, ...]:
    """What of a network is not computed here, and why, a line each; none where all of it is.

    It is run on one sample of zeros; what comes after an operator that cannot be computed is not looked at.

    Raises:
        ModelError: the file is broken.
    """
    try:
        net = network.read(description.opened(tflite))
    except CannotError as caught:
        return (str(caught),)
    found: list[str] = []
    values = dict(net.main.constants)
    for tensor in net.main.inputs:
        stated = net.main.tensors[tensor]
        values[tensor] = np.zeros((1, *stated.shape), NUMPY[stated.type])
    for node, read, written in net.main.nodes:
        if node.kind not in KERNELS | CONTROL:
            found.append(f"{node.kind} (operator {node.place}) is not known")
        elif all(tensor in values for tensor in read if tensor >= 0):
            try:
                values.update(zip(written, _computed(net, node, read, values), strict=True))
            except SampleError:
                values.update(
                    {at: np.zeros((1, *of.shape), NUMPY[of.type]) for at, of in zip(written, node.outputs, strict=True)}
                )
            except CannotError as caught:
                found.append(str(caught))
    return tuple(dict.fromkeys(found))


def outputs(tflite: bytes, inputs: Sequence[Array], *, progress: Progress | None = None) -> npt.NDArray[np.uint8]:
    """What the network answers.

    Args:
        tflite: the model.
        inputs: one array per input, [N, *shape of a sample] of its type.
        progress: called with how many are done of how many.

    Returns:
        uint8 [N, output_bytes]: the bytes of all outputs, one after the other.

    Raises:
        ModelError: it is broken, or not computed here.
    """
    try:
        net = network.read(description.opened(tflite))
        count, step = len(inputs[0]), net.at_once()
        rows = []
        for start in range(0, count, step):
            part = [each[start : start + step] for each in inputs]
            values = _run(net, net.main, part, keep=False)
            rows.append(_rows(net.main, values, len(part[0])))
            if progress is not None:
                progress(min(start + step, count), count)
    except CannotError as caught:
        raise _unknown(caught) from caught
    return np.concatenate(rows) if rows else np.zeros((0, 0), np.uint8)


def outputs_of_one(tflite: bytes, inputs: Sequence[Array]) -> list[Array]:
    """One sample's outputs, each of its own shape and type; args and errors as for `outputs`, without the N."""
    try:
        net = network.read(description.opened(tflite))
        values = _run(net, net.main, [each[None] for each in inputs], keep=False)
    except CannotError as caught:
        raise _unknown(caught) from caught
    return [values[tensor][0] for tensor in net.main.outputs]


def tensors(tflite: bytes, inputs: Sequence[Array]) -> Found:
    """Every tensor on the way that an operator computes, [N, *shape]; N is 1 where no sample changes it.

    Args and errors as for `outputs`; all samples are computed at once.
    """
    try:
        net = network.read(description.opened(tflite))
        values = _run(net, net.main, inputs, keep=True)
    except CannotError as caught:
        raise _unknown(caught) from caught
    return {tensor: values[tensor] for _, _, written in net.main.nodes for tensor in written}


def _unknown(caught: CannotError) -> ModelError:
    return ModelError(f"our own reference cannot run the model: {caught}", "verify it where tflite-micro has a wheel")


@dataclass
class _Calls:
    """How many graphs an operator may still run, and how deep it is in them."""

    left: int
    depth: int = 0


def _run(net: Network, graph: Graph, inputs: Sequence[Array], *, keep: bool, calls: _Calls | None = None) -> Found:
    """All tensors of a graph; without `keep` those that nothing reads any more are forgotten."""
    values = dict(graph.constants)
    for tensor, value in zip(graph.inputs, inputs, strict=True):
        stated = graph.tensors[tensor]
        values[tensor] = np.asarray(value, NUMPY[stated.type]).reshape(len(value), *stated.shape)
    last = {} if keep else graph.last_use()
    for place, (node, read, written) in enumerate(graph.nodes):
        values.update(zip(written, _computed(net, node, read, values, calls), strict=True))
        for tensor in read:
            if last.get(tensor) == place and tensor not in graph.outputs:
                values.pop(tensor, None)
    return values


def _computed(
    net: Network, node: Node, read: tuple[int, ...], values: Found, calls: _Calls | None = None
) -> list[Array]:
    """One operator; what it makes is held against the types and shapes that its outputs have."""
    missing = [tensor for tensor in read if tensor >= 0 and tensor not in values]
    if missing:
        raise broken(f"{node.kind} (operator {node.place}) reads tensor {missing[0]} before it is computed")
    known = [None if tensor < 0 else values[tensor] for tensor in read]
    count = max((len(value) for value in known if value is not None), default=1)
    kernel = _kernel(net, node, calls or _Calls(_MOST_CALLS * count))
    try:
        with np.errstate(all="ignore"):
            try:
                made = kernel(node, known)
            except ApartError:
                alone = [
                    kernel(node, [None if value is None else value[min(at, len(value) - 1)][None] for value in known])
                    for at in range(count)
                ]
                made = [np.concatenate(each) for each in zip(*alone, strict=True)]
    except (*ASTRAY, ArithmeticError, MemoryError) as caught:
        raise node.cannot(f"has shapes or options that do not fit ({type(caught).__name__})") from caught
    if [(each.shape[1:], each.dtype) for each in made] != [
        (output.shape, np.dtype(NUMPY[output.type])) for output in node.outputs
    ]:
        stated = ", ".join(f"{output.type} {list(output.shape)}" for output in node.outputs)
        raise node.cannot(f"makes {', '.join(f'{e.dtype} {list(e.shape[1:])}' for e in made)}, not {stated}")
    return made


def _kernel(net: Network, node: Node, calls: _Calls) -> Kernel:
    if node.kind in KERNELS:
        return KERNELS[node.kind]
    if node.kind not in CONTROL:
        raise node.cannot("is not known")

    def invoke(number: int, inputs: Sequence[Array]) -> list[Array]:
        if not 0 < number < len(net.graphs):
            raise node.cannot(f"runs graph {number} of {len(net.graphs)}")
        graph = net.graphs[number]
        given = [(value.shape[1:], value.dtype) for value in inputs]
        if given != [(graph.tensors[at].shape, np.dtype(NUMPY[graph.tensors[at].type])) for at in graph.inputs]:
            raise node.cannot(f"gives graph {number} other inputs than it takes")
        if calls.depth == _DEEPEST:
            raise node.cannot(f"runs graphs more than {_DEEPEST} deep in one another")
        if not calls.left:
            raise node.refuses(f"runs graphs more than {_MOST_CALLS} times")
        calls.depth, calls.left = calls.depth + 1, calls.left - 1
        try:
            values = _run(net, graph, inputs, keep=False, calls=calls)
        finally:
            calls.depth -= 1
        return [values[at] for at in graph.outputs]

    return lambda of, known: CONTROL[of.kind](of, known, invoke)


def _rows(graph: Graph, values: Found, count: int) -> npt.NDArray[np.uint8]:
    """The outputs' bytes, one row a sample."""
    rows = []
    for tensor in graph.outputs:
        if tensor not in values:
            raise broken("nothing computes one of its outputs")
        stated = graph.tensors[tensor]
        value = np.ascontiguousarray(np.broadcast_to(values[tensor], (count, *stated.shape)))
        rows.append(value.reshape(count, -1).view(np.uint8))
    return np.concatenate(rows, axis=1)
