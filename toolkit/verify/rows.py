"""Two rows of output bytes side by side: elements of all outputs, which of them differ, and by how much.

A row is the outputs' bytes one after the other. Each element is judged by itself and by its own tensor's type, so what
one output holds makes no difference to another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import ElementType, TensorSpec
from toolkit.tflite import ends
from toolkit.verify import tolerance

Specs = Sequence[TensorSpec]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_SAME_MANTISSA = 2.0**14
"""Two float32 elements that agree to so many bits count as one when distinct outputs are counted."""


def elements(row: bytes, specs: Specs) -> Floats:
    """All outputs' elements as they are stored, float64 [N]; empty if the bytes are not a row of these tensors."""
    if len(row) != ends.size_bytes(specs):
        return np.zeros(0)
    parts = zip(specs, ends.split(specs, np.frombuffer(row, np.uint8).reshape(1, -1)), strict=True)
    return np.concatenate([spec.stored(part).astype(np.float64).ravel() for spec, part in parts])


def _real(specs: Specs) -> Mask:
    """Which elements are float32."""
    return np.concatenate([np.full(spec.elements, spec.dtype is ElementType.FLOAT32) for spec in specs])


def differing(expected: bytes, got: bytes, specs: Specs, moved: Iterable[Floats] = ()) -> Mask:
    """Which elements of the device's row are not the host's, bool [N]; all of them where the sizes differ.

    Integers are the host's where they are equal; float32 ones by the rule of toolkit/verify/tolerance.py.

    Args:
        moved: how far rounding may move the host's elements, draw by draw, [N] each.
    """
    host, device = elements(expected, specs), elements(got, specs)
    if len(expected) != len(got):
        return np.ones(max(1, host.size), np.bool_)
    wrong = np.asarray(host != device)
    real = _real(specs)
    if real.any():
        wrong[real] = tolerance.unexplained(host[real], device[real], (draw[real] for draw in moved))
    return wrong


def largest_difference(expected: bytes, got: bytes, specs: Specs) -> float:
    """The largest absolute difference of two elements as they are stored; infinite where it is no number."""
    host, device = elements(expected, specs), elements(got, specs)
    if len(expected) != len(got):
        return float("inf")
    with np.errstate(invalid="ignore"):
        apart = np.where(host == device, 0.0, np.abs(host - device))
    return float(apart.max(initial=0.0)) if np.isfinite(apart).all() else float("inf")


def kind(row: Floats, specs: Specs) -> bytes:
    """What two rows have in common that count as one: their float32 elements may differ by rounding."""
    real = _real(specs)
    if real.any():
        mantissa, exponent = np.frexp(row)
        with np.errstate(invalid="ignore"):
            rounded = np.ldexp(np.rint(mantissa * _SAME_MANTISSA) / _SAME_MANTISSA, exponent) + 0.0
        row = np.where(real, rounded, row)
    return hashlib.sha256(row.tobytes()).digest()


def telling(host: Floats, device: Floats, specs: Specs) -> bytes | None:
    """The host's row as `kind` has it, without the elements that are forgiven; None if half of them are."""
    own = np.where(_real(specs), tolerance.of_own_size(host, device), host == device)
    return kind(np.where(own, host, 0.0), specs) if own.sum() > own.size / 2 else None


def index(place: int, specs: Specs) -> tuple[str, tuple[int, ...]]:
    """Element number `place` of a row: the name of its tensor, and where in that tensor's shape."""
    for spec in specs:
        if place < spec.elements:
            return spec.name, tuple(int(each) for each in np.unravel_index(place, spec.shape))
        place -= spec.elements
    raise IndexError(place)


def where(place: int, specs: Specs) -> str:
    """Element number `place` of a row in words."""
    for number, spec in enumerate(specs):
        if place < spec.elements or number == len(specs) - 1:
            of = f"output {number} ({spec.name}), " if len(specs) > 1 else ""
            return f"{of}element {place} of {spec.elements:,}"
        place -= spec.elements
    return f"element {place}"
