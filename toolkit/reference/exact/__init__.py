"""TensorFlow Lite Micro's arithmetic as we read it, in NumPy, over many samples at once.

Written from TFLM's own sources, not from our compiler: what the two believe in common is not thereby true. What is true
is what the official interpreter answers, and the tests hold every byte of this to it: int8 and int16 equal, float32
within the rounding of a sum (`verify.tolerance`), as sums are made in double precision here.

    outputs(model, inputs)   what it answers
    tensors(model, inputs)   every tensor on the way
    says(model)              what it cannot run, and why; nothing where it can
"""

from __future__ import annotations

import math
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
    picks,
    reductions,
    resize,
    windows,
)
from toolkit.reference.exact.node import NUMPY, Array, CannotError, Kernel, Node, SampleError
from toolkit.tflite import description
from toolkit.tflite.description import ASTRAY, Opened, Tensor, broken

__all__ = ["KERNELS", "outputs", "says", "tensors"]

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
}
"""By the schema's name of the operator."""

_AT_ONCE = 1 << 20
"""Elements of the largest tensor, or of a convolution's patches, that are computed at once."""

_LARGEST_TENSOR = 1 << 26

Progress = Callable[[int, int], None]
Found = dict[int, Array]
"""Tensor -> [N, *shape]; N is 1 where it does not depend on the sample."""


@dataclass(frozen=True)
class _Network:
    """A network, ready to run.

    Attributes:
        tensors: of the main graph.
        nodes: operators with the tensors that they read (-1: left out) and write.
        inputs, outputs: tensors.
        constants: as they stand in the file, [1, *shape].
    """

    tensors: tuple[Tensor, ...]
    nodes: tuple[tuple[Node, tuple[int, ...], tuple[int, ...]], ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    constants: Found

    def last_use(self) -> dict[int, int]:
        """Tensor -> the operator after which nothing reads it."""
        return {tensor: place for place, (_, read, _) in enumerate(self.nodes) for tensor in read}

    def at_once(self) -> int:
        """How many samples are computed at a time."""
        largest = 1
        for node, read, written in self.nodes:
            moving = [tensor for tensor in (*read, *written) if tensor >= 0 and tensor not in self.constants]
            size = max(math.prod(self.tensors[tensor].shape) for tensor in moving)
            if node.kind in ("CONV_2D", "TRANSPOSE_CONV") and len(read) > 1 and read[1] >= 0:
                positions = math.prod(self.tensors[written[0]].shape[:3])
                size = max(size, positions * math.prod(self.tensors[read[1]].shape[1:]))
            largest = max(largest, size)
        return max(1, _AT_ONCE // largest)


def says(tflite: bytes) -> tuple[str, ...]:
    """What of a network is not computed here, and why, a line each; none where all of it is.

    It is run on one sample of zeros; what comes after an operator that cannot be computed is not looked at.

    Raises:
        ModelError: the file is broken.
    """
    try:
        network = _network(description.opened(tflite))
    except CannotError as caught:
        return (str(caught),)
    found: list[str] = []
    values = dict(network.constants)
    for tensor in network.inputs:
        stated = network.tensors[tensor]
        values[tensor] = np.zeros((1, *stated.shape), NUMPY[stated.type])
    for node, read, written in network.nodes:
        if node.kind not in KERNELS:
            found.append(f"{node.kind} (operator {node.place}) is not known")
        elif all(tensor in values for tensor in read if tensor >= 0):
            try:
                values.update(zip(written, _computed(node, read, values), strict=True))
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
        network = _network(description.opened(tflite))
        count, step = len(inputs[0]), network.at_once()
        rows = []
        for start in range(0, count, step):
            part = [each[start : start + step] for each in inputs]
            values = _run(network, part, keep=False)
            rows.append(_rows(network, values, len(part[0])))
            if progress is not None:
                progress(min(start + step, count), count)
    except CannotError as caught:
        raise _unknown(caught) from caught
    return np.concatenate(rows) if rows else np.zeros((0, 0), np.uint8)


def outputs_of_one(tflite: bytes, inputs: Sequence[Array]) -> list[Array]:
    """One sample's outputs, each of its own shape and type; args and errors as for `outputs`, without the N."""
    try:
        network = _network(description.opened(tflite))
        values = _run(network, [each[None] for each in inputs], keep=False)
    except CannotError as caught:
        raise _unknown(caught) from caught
    return [values[tensor][0] for tensor in network.outputs]


def tensors(tflite: bytes, inputs: Sequence[Array]) -> Found:
    """Every tensor on the way that an operator computes, [N, *shape]; N is 1 where no sample changes it.

    Args and errors as for `outputs`; all samples are computed at once.
    """
    try:
        network = _network(description.opened(tflite))
        values = _run(network, inputs, keep=True)
    except CannotError as caught:
        raise _unknown(caught) from caught
    return {tensor: values[tensor] for _, _, written in network.nodes for tensor in written}


def _unknown(caught: CannotError) -> ModelError:
    return ModelError(f"our own reference cannot run the model: {caught}", "verify it where tflite-micro has a wheel")


def _network(file: Opened) -> _Network:
    graph = file.description.main
    if len(file.description.subgraphs) > 1:
        raise CannotError(f"{len(file.description.subgraphs)} graphs (one is computed here)")
    if file.description.keeps_state:
        raise CannotError("a tensor that keeps its value from one inference to the next")
    constants: Found = {}
    for index, tensor in enumerate(graph.tensors):
        if math.prod(tensor.shape) > _LARGEST_TENSOR:
            raise CannotError(f"tensor {tensor.name} has the shape {list(tensor.shape)}")
        if not tensor.constant_bytes:
            continue
        if tensor.type not in NUMPY or not tensor.dense:
            raise CannotError(f"tensor {tensor.name} is stored as {tensor.type}, or not in the file")
        raw = file.constant(tensor)
        dtype = np.dtype(NUMPY[tensor.type])
        if len(raw) != math.prod(tensor.shape) * dtype.itemsize:
            raise broken(f"{tensor.name} has {len(raw)} bytes")
        constants[index] = np.frombuffer(raw.tobytes(), dtype).reshape(1, *tensor.shape)
    nodes = []
    for place, operator in enumerate(graph.operators):
        read = tuple(None if at < 0 else graph.tensors[at] for at in operator.inputs)
        written = tuple(graph.tensors[at] for at in operator.outputs)
        if not written:
            raise CannotError(f"{operator.kind} (operator {place}) has no output")
        for tensor in (*filter(None, read), *written):
            if tensor.type not in NUMPY:
                raise CannotError(f"{operator.kind} (operator {place}) has a tensor of {tensor.type}")
        node = Node(operator.kind, place, read, written, file.operator(place))
        nodes.append((node, operator.inputs, operator.outputs))
    return _Network(graph.tensors, tuple(nodes), graph.inputs, graph.outputs, constants)


def _run(network: _Network, inputs: Sequence[Array], *, keep: bool) -> Found:
    values = dict(network.constants)
    for tensor, value in zip(network.inputs, inputs, strict=True):
        stated = network.tensors[tensor]
        values[tensor] = np.asarray(value, NUMPY[stated.type]).reshape(len(value), *stated.shape)
    last = {} if keep else network.last_use()
    for place, (node, read, written) in enumerate(network.nodes):
        if node.kind not in KERNELS:
            raise node.cannot("is not known")
        values.update(zip(written, _computed(node, read, values), strict=True))
        for tensor in read:
            if last.get(tensor) == place and tensor not in network.outputs:
                values.pop(tensor, None)
    return values


def _computed(node: Node, read: tuple[int, ...], values: Found) -> list[Array]:
    """One operator; what it makes is held against the types and shapes that its outputs have."""
    missing = [tensor for tensor in read if tensor >= 0 and tensor not in values]
    if missing:
        raise broken(f"{node.kind} (operator {node.place}) reads tensor {missing[0]} before it is computed")
    try:
        with np.errstate(all="ignore"):
            made = KERNELS[node.kind](node, [None if tensor < 0 else values[tensor] for tensor in read])
    except (*ASTRAY, ArithmeticError, MemoryError) as caught:
        raise node.cannot(f"has shapes or options that do not fit ({type(caught).__name__})") from caught
    if [(each.shape[1:], each.dtype) for each in made] != [
        (output.shape, np.dtype(NUMPY[output.type])) for output in node.outputs
    ]:
        stated = ", ".join(f"{output.type} {list(output.shape)}" for output in node.outputs)
        raise node.cannot(f"makes {', '.join(f'{e.dtype} {list(e.shape[1:])}' for e in made)}, not {stated}")
    return made


def _rows(network: _Network, values: Found, count: int) -> npt.NDArray[np.uint8]:
    """The outputs' bytes, one row a sample."""
    rows = []
    for tensor in network.outputs:
        if tensor not in values:
            raise broken("nothing computes one of its outputs")
        stated = network.tensors[tensor]
        value = np.ascontiguousarray(np.broadcast_to(values[tensor], (count, *stated.shape)))
        rows.append(value.reshape(count, -1).view(np.uint8))
    return np.concatenate(rows, axis=1)
