"""Output tensors as the report shows them: bytes, numbers, classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import ElementType, TensorSpec
from toolkit.data import task
from toolkit.tflite import ends

Specs = Sequence[TensorSpec]


def values(output: str, specs: Specs) -> npt.NDArray[np.float64]:
    """The elements of all outputs from their bytes in hex, not scaled; of too few bytes as many as are whole."""
    data, found = bytes.fromhex(output), []
    for spec in specs:
        part = data[: min(len(data), spec.size_bytes) // spec.dtype.size_bytes * spec.dtype.size_bytes]
        found.append(np.frombuffer(part, spec.numpy).astype(np.float64))
        data = data[spec.size_bytes :]
    return np.concatenate(found)


def _parts(output: str, specs: Specs) -> list[tuple[TensorSpec, npt.NDArray[np.uint8]]]:
    row = np.frombuffer(bytes.fromhex(output), np.uint8).reshape(1, -1)
    if row.size != ends.size_bytes(specs):
        return []
    return list(zip(specs, ends.split(specs, row), strict=True))


def predicted(output: str | None, specs: Specs, place: int = 0) -> int | None:
    """The class that an output names, as `toolkit.data.task.predicted` has it; `place` is the one that is scored."""
    if output is None or not (parts := _parts(output, specs)):
        return None
    spec, part = parts[place]
    return int(task.predicted(spec.real(part))[0])


def confidence(output: str | None, specs: Specs, place: int = 0) -> float | None:
    """The largest element as a probability; None where the output is no probability distribution.

    A quantised output needs the tensor's scale and zero point to be read: real = scale * (value - zero_point).
    """
    if output is None or not (parts := _parts(output, specs)):
        return None
    spec, part = parts[place]
    if not spec.quantised and spec.dtype is not ElementType.FLOAT32:
        return None
    elements = spec.real(part).ravel()
    # Rounded probabilities sum to 1 within half a step each. No comparison holds of NaN, which a device may answer.
    if not (elements.min() >= -1e-6 and abs(elements.sum() - 1.0) <= 0.005 * elements.size):
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


def elements(expected: str, got: str | None, specs: Specs, most: int = 16) -> Sequence[Element]:
    """All outputs of both sides element by element, `most` of them, the first that differs among these.

    The device's are dashes where it gave no bytes.
    """
    host = values(expected, specs)
    device = values(got, specs) if got is not None else np.zeros(0)
    widths = np.concatenate([np.full(spec.elements, spec.dtype.size_bytes) for spec in specs])
    begins = np.concatenate([[0], np.cumsum(widths)])
    start = 0
    if device.size == host.size and (unlike := np.flatnonzero(~(host == device))).size:
        start = max(0, min(int(unlike[0]) - most // 4, len(host) - most))
    found = []
    for index in range(start, min(len(host), start + most)):
        have = f"{device[index]:.7g}" if index < len(device) else "-"
        bytes_of = slice(2 * int(begins[index]), 2 * int(begins[index + 1]))
        differs = expected[bytes_of] != (got or "")[bytes_of] or bool(np.isnan(host[index]))  # a NaN equals nothing
        found.append(Element(index, f"{host[index]:.7g}", have, differs))
    return found
