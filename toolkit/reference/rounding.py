"""By how much a float32 network's outputs may move by rounding alone: asked of the interpreter, not guessed.

A sum that is computed in any order, with or without fused multiply-add, is the exact sum of terms that are each changed
by a relative amount of at most n units of rounding, n being the number of terms, and of about the root of n as a rule
(N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, sections 3.1 and 2.8). A changed term is a
changed weight. So the network's constants and the input are changed at random by that much, and the interpreter tells
where it takes the outputs: hardly anywhere as a rule, further where large terms cancel, nowhere where all is zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.tflite.description import Subgraph, opened

UNIT = 2.0**-24
"""Half a unit in the last place of 1: the most by which one float32 operation is wrong, relative to its result."""
DRAWS = 16
_LEAST = 4.0
"""Units by which everything is changed at least: a sum of sixteen terms, or one function such as expf."""

Array = npt.NDArray[Any]
Infer = Callable[[Sequence[Array]], list[Array]]


class Rounding:
    """One network, changed in up to DRAWS ways; each is made when it is first needed."""

    def __init__(self, tflite: bytes, infer: Callable[[bytes], Infer]) -> None:
        """Nothing is computed yet.

        Args:
            tflite: the model; one of its outputs, at least, is float32.
            infer: makes an interpreter of a model: a sample's inputs -> its outputs.
        """
        self._tflite = tflite
        self._infer = infer
        self._changed: list[Infer] = []
        self._plain: Infer | None = None

    def moved(self, values: Sequence[Array], expected: npt.NDArray[np.uint8]) -> Iterator[npt.NDArray[np.float64]]:
        """How far each output element moves, draw by draw; the same draws for every sample.

        Args:
            values: a sample's inputs.
            expected: uint8, the bytes of the unchanged network's outputs, one after the other.

        Yields:
            float64 [elements of all outputs, one after the other], absolute, as they are stored; nothing where the
            unchanged network, asked again, gives another output: it has a state, and what a change of rounding does to
            it cannot be asked input by input.
        """
        if self._plain is None:
            self._plain = self._infer(self._tflite)
        plain = self._plain(values)
        if b"".join(each.tobytes() for each in plain) != expected.tobytes():
            return
        host = _flat(plain)
        for draw in range(DRAWS):
            if draw == len(self._changed):
                self._changed.append(self._infer(changed(self._tflite, draw)))
            random = np.random.default_rng((1, draw))
            got = _flat(self._changed[draw]([_near(value, random) for value in values]))
            with np.errstate(invalid="ignore"):
                yield np.abs(got - host)


def _flat(outputs: Sequence[Array]) -> npt.NDArray[np.float64]:
    return np.concatenate([np.asarray(each, np.float64).ravel() for each in outputs])


def _near(value: Array, random: np.random.Generator) -> Array:
    """A float32 input, as far off as a rounding of it; others as they are."""
    signs = random.choice((-1.0, 1.0), value.shape)
    if value.dtype != np.float32:
        return value
    return np.asarray(value.astype(np.float64) * (1.0 + _LEAST * UNIT * signs), np.float32)


def changed(tflite: bytes, draw: int) -> bytes:
    """The same network with every float32 constant made larger or smaller, by the root of its sum's length in units.

    Args:
        draw: another number, another choice of signs.
    """
    data = bytearray(tflite)
    file = opened(data)
    random = np.random.default_rng((0, draw))
    done: set[int] = set()
    for graph in file.description.subgraphs:
        channelwise = _depthwise_filters(graph)
        for index, tensor in enumerate(graph.tensors):
            size = tensor.constant_bytes // 4
            if tensor.type != "float32" or not size or tensor.buffer in done:
                continue
            done.add(tensor.buffer)
            values = file.constant(tensor).view("<f4")  # of `data` itself
            shape = tensor.shape or (1,)
            terms = size / max(1, shape[-1 if index in channelwise else 0])
            by = UNIT * max(_LEAST, float(np.sqrt(terms)))
            values[:] = values * (1.0 + by * random.choice((-1.0, 1.0), size))
    return bytes(data)


def _depthwise_filters(graph: Subgraph) -> set[int]:
    """Tensors whose last dimension, not the first, counts the sums."""
    return {
        operator.inputs[1]
        for operator in graph.operators
        if operator.kind == "DEPTHWISE_CONV_2D" and len(operator.inputs) > 1
    }
