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
    # Rounded int8 probabilities sum to 1 within half a step each.
    if not elements.size or elements.min() < -1e-6 or abs(elements.sum() - 1.0) > 0.005 * elements.size:
        return None
    return float(elements.max())


@dataclass(frozen=True)
class ByteRun:
    """Neighbouring bytes in hex that are all equal to the other side's, or all different."""

    hex: str
    differs: bool


MOST_BYTES = 64
"""Bytes of an output that are shown; of a longer one those around the first difference."""


def compare(mine: str, other: str | None) -> tuple[ByteRun, ...]:
    """`mine` cut into runs by whether its bytes equal those at the same place of `other`; see MOST_BYTES."""
    pairs = [mine[place : place + 2] for place in range(0, len(mine), 2)]
    theirs = [(other or "")[place : place + 2] for place in range(0, len(mine), 2)]
    unlike = [other is not None and pair != their for pair, their in zip(pairs, theirs, strict=True)]
    start = 0
    if len(pairs) > MOST_BYTES:
        first = unlike.index(True) if True in unlike else 0
        start = max(0, min(first - MOST_BYTES // 4, len(pairs) - MOST_BYTES))
    end = min(len(pairs), start + MOST_BYTES)
    runs = [ByteRun(f"({start:,} bytes)", False)] if start else []
    fresh = True
    for pair, differs in zip(pairs[start:end], unlike[start:end], strict=True):
        if not fresh and runs[-1].differs == differs:
            runs[-1] = ByteRun(f"{runs[-1].hex} {pair}", differs)
        else:
            runs.append(ByteRun(pair, differs))
        fresh = False
    if end < len(pairs):
        runs.append(ByteRun(f"({len(pairs) - end:,} more bytes)", False))
    return tuple(runs)


def shown(mine: str, other: str | None) -> str:
    """An output's bytes in hex, as one word; of a long one those around the first difference."""
    if len(mine) <= 2 * MOST_BYTES:
        return mine
    return " ".join(run.hex if run.hex.startswith("(") else run.hex.replace(" ", "") for run in compare(mine, other))


@dataclass(frozen=True)
class Element:
    """One output element on both sides."""

    index: int
    host: str
    device: str
    differs: bool


def elements(expected: str, got: str | None, dtype: DType, most: int = 16) -> Sequence[Element]:
    """The two tensors element by element, `most` of them, the first that differs among these.

    The device's are dashes if it gave no tensor of that length.
    """
    host = values(expected, dtype)
    device = values(got, dtype) if got is not None else np.zeros(0)
    width = 1 if dtype is DType.INT8 else 4
    start = 0
    if device.size == host.size and (unlike := np.flatnonzero(~(host == device))).size:
        start = max(0, min(int(unlike[0]) - most // 4, len(host) - most))
    found = []
    for index in range(start, min(len(host), start + most)):
        have = f"{device[index]:.7g}" if index < len(device) else "-"
        mine = expected[2 * width * index : 2 * width * (index + 1)]
        theirs = (got or "")[2 * width * index : 2 * width * (index + 1)]
        differs = mine != theirs or bool(np.isnan(host[index]))  # a NaN is equal to nothing
        found.append(Element(index, f"{host[index]:.7g}", have, differs))
    return found
