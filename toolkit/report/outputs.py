"""Output tensors as the report shows them: bytes, numbers, classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import DType, TensorSpec

_NUMPY: dict[DType, npt.DTypeLike] = {DType.INT8: np.int8, DType.FLOAT32: "<f4"}


def values(output: str, dtype: DType) -> npt.NDArray[np.float64]:
    """The tensor's elements from its bytes in hex; empty if the bytes are no whole number of elements.

    int8 elements are not yet scaled.
    """
    data = bytes.fromhex(output)
    if len(data) % np.dtype(_NUMPY[dtype]).itemsize:
        return np.zeros(0)
    return np.frombuffer(data, _NUMPY[dtype]).astype(np.float64)


def predicted(output: str | None, dtype: DType) -> int | None:
    """The class that an output says: the first largest element, as numpy's argmax has it."""
    if output is None:
        return None
    elements = values(output, dtype)
    return int(elements.argmax()) if elements.size else None


def confidence(output: str | None, dtype: DType, spec: TensorSpec | None) -> float | None:
    """The largest element as a probability; None where the output is no probability distribution.

    An int8 output needs the tensor's scale and zero point to be read: real = scale * (value - zero_point).
    """
    if output is None:
        return None
    elements = values(output, dtype)
    if dtype is DType.INT8:
        if spec is None or spec.scale == 0.0:
            return None
        elements = spec.scale * (elements - spec.zero_point)
    # Ten rounded int8 probabilities sum to 1 within half a step each.
    if not elements.size or elements.min() < -1e-6 or abs(elements.sum() - 1.0) > 0.005 * elements.size:
        return None
    return float(elements.max())


@dataclass(frozen=True)
class ByteRun:
    """Neighbouring bytes in hex that are all equal to the other side's, or all different."""

    hex: str
    differs: bool


def compare(mine: str, other: str | None) -> tuple[ByteRun, ...]:
    """`mine` cut into runs by whether its bytes equal those at the same place of `other`."""
    pairs = [mine[place : place + 2] for place in range(0, len(mine), 2)]
    theirs = [(other or "")[place : place + 2] for place in range(0, len(mine), 2)]
    runs: list[ByteRun] = []
    for pair, their in zip(pairs, theirs, strict=True):
        differs = other is not None and pair != their
        if runs and runs[-1].differs == differs:
            runs[-1] = ByteRun(f"{runs[-1].hex} {pair}", differs)
        else:
            runs.append(ByteRun(pair, differs))
    return tuple(runs)


@dataclass(frozen=True)
class Element:
    """One output element on both sides."""

    index: int
    host: str
    device: str
    differs: bool


def elements(expected: str, got: str | None, dtype: DType, most: int = 16) -> Sequence[Element]:
    """The two tensors element by element, the first `most`; the device's are dashes if it gave none of that length."""
    host = values(expected, dtype)
    device = values(got, dtype) if got is not None else np.zeros(0)
    width = 1 if dtype is DType.INT8 else 4
    shown = []
    for index in range(min(len(host), most)):
        have = f"{device[index]:.7g}" if index < len(device) else "-"
        mine = expected[2 * width * index : 2 * width * (index + 1)]
        theirs = (got or "")[2 * width * index : 2 * width * (index + 1)]
        shown.append(Element(index, f"{host[index]:.7g}", have, mine != theirs))
    return shown
