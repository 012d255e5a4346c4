"""Why the first layer that differs does so, where that can be told: each cause is tried, not guessed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import ElementType, Runtime
from toolkit.errors import LinkError, ModelError
from toolkit.tflite import description
from toolkit.tflite.ends import ends_of

if TYPE_CHECKING:
    from toolkit.steps.trace import Tracer
    from toolkit.verify.constants import Constant

PER_CHANNEL = (
    "the device's library uses the first scale of this per-channel dense layer for all of its units, as libraries from "
    "before 2025 do without a word: what it gives is exactly that. Take a newer library, --runtime aot, or a model "
    "that was converted per tensor"
)
ROUNDING = (
    "each of these elements is off by one step: its kernel rounds otherwise (an optimised kernel, another version of "
    "the library, or a compiler's option such as -ffast-math)"
)
NOT_DEQUANTISED = (
    "the device's elements are the quantised numbers themselves: they were handed on without being dequantised"
)
_MOST = float(np.iinfo(np.uint8).max)
"""The largest number that an 8-bit type holds."""
ZEROED = "the device's elements are all the same: nothing was computed there, or it was overwritten"


def of(found: Tracer, layer: int, place: int, host: bytes, device: bytes, tflite: bytes) -> str:
    """The cause in words; empty where none of those that are known explains what is seen.

    Args:
        found: the device and the host beside it.
        layer: the first that differs; place: the input.
        host, device: the bytes of that layer's output.
    """
    tries: tuple[Callable[[], str], ...] = (
        partial(_damaged, found, layer, tflite),
        partial(_per_channel, found, layer, place, device, tflite),
        partial(_told_by_the_elements, found, layer, host, device),
    )
    return next((cause for cause in (each() for each in tries) if cause), "")


def _damaged(found: Tracer, layer: int, tflite: bytes) -> str:
    """A constant of the layer that lies otherwise in the device's memory than in the linked program."""
    from toolkit.verify import constants

    elf = found.build.elf
    if elf is None:
        return ""
    if found.build.runtime is Runtime.TFLM:
        model = constants.of_model(elf)
        listed = () if model is None else _of_operator(model, found.build.points[layer].tensor, tflite)
    else:
        listed = constants.of_layer(elf, layer)
    try:
        damages = (constants.damaged(each, found.client.read) for each in listed)
        return next((str(each) for each in damages if each is not None), "")
    except LinkError:  # what it said before stands all the same
        return ""


def _of_operator(model: Constant, tensor: int, tflite: bytes) -> tuple[Constant, ...]:
    """The constants of the operator that writes a tensor, within the .tflite in an interpreter's firmware."""
    from toolkit.verify.constants import MODEL, Constant

    opened = description.opened(tflite)
    graph = opened.description.main
    whole = np.frombuffer(tflite, np.uint8)
    made = []
    for operator in graph.operators:
        for each in operator.inputs if tensor in operator.outputs else ():
            data = opened.constant(graph.tensors[each]) if each >= 0 else whole[:0]
            if len(data):
                start = data.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
                piece = model.data[start : start + len(data)]
                made.append(Constant(f"constant {graph.tensors[each].name} (in {MODEL})", model.place + start, piece))
    return tuple(made)


def _per_channel(found: Tracer, layer: int, place: int, device: bytes, tflite: bytes) -> str:
    """Compute the layer as an old library does; if that gives the device's bytes, it is one."""
    from toolkit.reference.layers import samples_of, tensors_of

    point = found.build.points[layer]
    changed = bytearray(tflite)
    opened = description.opened(changed)
    graph = opened.description.main
    dense = next((op for op in graph.operators if point.tensor in op.outputs and op.kind == "FULLY_CONNECTED"), None)
    if dense is None or len(graph.tensors[dense.inputs[1]].scales) < 2:
        return ""
    scales = opened.scales(dense.inputs[1])
    scales[:] = scales[0]
    try:
        sample = samples_of(ends_of(tflite).inputs, found.rows[place : place + 1])[0]
        old = point.of_host(tensors_of(bytes(changed), [point.tensor])(sample)[point.tensor])
    except ModelError:
        return ""
    return PER_CHANNEL if old == device else ""


def _told_by_the_elements(found: Tracer, layer: int, host: bytes, device: bytes) -> str:
    from toolkit.verify import layers

    point = found.build.points[layer]
    if len(host) != len(device):
        return ""
    due, got = layers.elements(point, host), layers.elements(point, device)
    if point.output.dtype is ElementType.FLOAT32:
        whole = bool((got == np.rint(got)).all() and (np.abs(got) <= _MOST).all() and np.ptp(got) > 0)
        return NOT_DEQUANTISED if whole and not bool((due == np.rint(due)).all()) and _affine(due, got) else ""
    if got.size > 1 and np.ptp(got) == 0 and np.ptp(due) > 0:
        return ZEROED
    return ROUNDING if float(np.abs(due - got).max()) == 1 else ""


def _affine(due: npt.NDArray[np.float64], got: npt.NDArray[np.float64]) -> bool:
    """Whether the one is the other by a scale and a zero point."""
    slope, offset = np.polyfit(got.ravel(), due.ravel(), 1)
    return bool(np.allclose(slope * got + offset, due, rtol=1e-4, atol=1e-6 + 1e-4 * np.abs(due).max()))
