"""When a float32 output element counts as the host's; the rule and its derivation are in docs/verdicts.md.

An element d of the device passes against the host's h where |d - h| is at most the largest of

    RELATIVE * |h|     an element's own size: the last bits of expf, tanhf and of a sum without cancellation
    SMALLEST           what lies below it is subnormal, and a device may flush it to zero
    SLACK * moved      where terms cancel: by how much the host's own element moves when the network's constants and
                       the input are changed by no more than a sum may round

A NaN on either side never passes, nor does an infinity that is not the host's.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

RELATIVE = 1e-5
"""84 units in the last place. The largest seen of a sound device is told in docs/verdicts.md."""
SMALLEST = float(np.finfo(np.float32).tiny)
SLACK = 8.0
"""`moved` is the largest of up to sixteen draws of a random quantity. Eight times that is at least four standard
deviations, but for one element in five million."""

OF_LAYER = 1e-4
"""Of a layer on the way: its elements may be off by this share of the largest of them. What was rounded in the layers
before it adds up; docs/verdicts.md has the largest seen of a sound device."""

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def of_own_size(host: Floats, device: Floats) -> Mask:
    """Which elements are equal by the first rule alone, nothing forgiven: float64, of one shape -> bool."""
    with np.errstate(invalid="ignore"):
        return np.asarray((device == host) | (np.abs(device - host) <= RELATIVE * np.abs(host)))


def beyond(host: Floats, device: Floats) -> Mask:
    """Which elements are not equal by their own size: float64 [N] each -> bool [N]."""
    with np.errstate(invalid="ignore"):
        near = np.abs(device - host) <= np.maximum(RELATIVE * np.abs(host), SMALLEST)
        infinite = np.isinf(host) | np.isinf(device)
        return np.asarray(~np.where(infinite, device == host, near))


def unexplained(host: Floats, device: Floats, moved: Iterable[Floats]) -> Mask:
    """Which elements differ by more than rounding explains.

    Args:
        host, device: float64 [N].
        moved: float64 [N] each: how far the host's elements moved in one draw; no more are drawn than are needed.

    Returns:
        bool [N].
    """
    left = beyond(host, device)
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(device - host)
        # Neither a NaN nor an infinity can be explained.
        if not np.isfinite(apart[left]).all():
            return left
        if left.any():
            for draw in moved:
                left &= ~(apart <= SLACK * np.where(np.isfinite(draw), draw, 0.0))
                if not left.any():
                    break
    return left


def of_layer(host: Floats, device: Floats) -> Mask:
    """Which elements of a layer's float32 output are not the host's: float64 of one shape -> bool.

    Asking the interpreter how far rounding moves each of them would take sixteen runs a layer; a fault that hides below
    this bound is not told of by the layer, but still by the outputs, whose bound is far closer.
    """
    finite = np.isfinite(host)
    most = float(np.abs(host[finite]).max(initial=0.0))
    with np.errstate(invalid="ignore"):
        near = np.abs(device - host) <= max(OF_LAYER * most, SMALLEST)
        return np.asarray(~np.where(finite & np.isfinite(device), near, device == host))
