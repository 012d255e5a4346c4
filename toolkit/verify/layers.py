"""Holds what a device tells of its layers against the host's tensors, and finds the first that differs."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import ElementType, LayerTrace, Trace, TracePoint
from toolkit.link.client import Trace as Traced
from toolkit.verify import tolerance

Tensors = Mapping[int, bytes]
"""The host's: number of a tensor -> its bytes."""


@dataclass(frozen=True)
class Held:
    """What came of it.

    Attributes:
        trace: layer by layer.
        first: of the first input whose layers are not all the host's: its place among those that were traced, and
            the place of the first such layer; None where all are.
    """

    trace: Trace
    first: tuple[int, int] | None


def wanted(points: Sequence[TracePoint]) -> range:
    """The layers whose bytes are needed: float32 ones may differ in their last bits, so their CRC tells nothing."""
    real = [place for place, point in enumerate(points) if point.output.dtype is ElementType.FLOAT32]
    return range(real[0], real[-1] + 1) if real else range(0)


def hold(points: Sequence[TracePoint], hosts: Sequence[Tensors], traced: Sequence[Traced]) -> Held:
    """Compare all inputs that were traced.

    Args:
        points: the layers that the build has.
        hosts: the host's tensors, input by input; layers whose tensor the host lacks are left out.
        traced: the device's answers to the same inputs, with the bytes of the layers that are `wanted`.
    """
    if not traced or not points:
        return Held(Trace(missing="no layer was asked for"), None)
    if not all(each.layers for each in traced):
        return Held(Trace(missing="the library that computes the network was built without its profiler"), None)
    known = [(place, point) for place, point in enumerate(points) if point.tensor in hosts[0]]
    equal = np.array(
        [[same(point, host, each, place) for place, point in known] for host, each in zip(hosts, traced, strict=True)],
        np.bool_,
    )
    layers = tuple(
        LayerTrace(
            name=point.name,
            operators=point.operators,
            tensor=point.output.name,
            equal=int(equal[:, column].sum()),
            ticks=int(np.median([each.layers[place].ticks for each in traced])),
            distinct=len({point.of_host(host[point.tensor]) for host in hosts}),
        )
        for column, (place, point) in enumerate(known)
    )
    wrong = np.argwhere(~equal)
    first = (int(wrong[0][0]), known[int(wrong[0][1])][0]) if len(wrong) else None
    return Held(Trace(len(traced), layers), first)


def same(point: TracePoint, host: Tensors, traced: Traced, place: int) -> bool:
    """Whether a layer's output is the host's."""
    due, said = point.of_host(host[point.tensor]), traced.layers[place]
    if point.output.dtype is not ElementType.FLOAT32:
        return zlib.crc32(due) == said.crc
    if len(due) != len(said.data):
        return False
    return not bool(differing(point, due, said.data).any())


def differing(point: TracePoint, host: bytes, device: bytes) -> npt.NDArray[np.bool_]:
    """Which elements of a layer's output are not the host's, in the tensor's shape; the bytes are of one length."""
    due, got = elements(point, host), elements(point, device)
    if point.output.dtype is ElementType.FLOAT32:
        return tolerance.of_layer(due, got)
    return np.asarray(due != got)


def elements(point: TracePoint, data: bytes) -> npt.NDArray[np.float64]:
    """A layer's output as stored, in its tensor's shape."""
    return np.frombuffer(data, point.output.numpy).astype(np.float64).reshape(point.output.shape)
