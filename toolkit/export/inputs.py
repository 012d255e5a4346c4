"""The self-test's inputs: a few lines of C make them on the device, and these make the same here.

A number, `seed + k`, starts a linear congruential generator (Press et al., Numerical Recipes in C, 2nd edition, 7.1).
Its first draw says how an input looks, from noise to steps to slow walks: noise alone reaches little of many a network.
templates/export/selftest.c.j2 has the C; tests hold the two to each other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import ElementType, TensorSpec

_MASK = 0xFFFFFFFF
_SPREAD = 0x9E3779B1


def _values(elements: int, state: int) -> tuple[npt.NDArray[np.uint8], int]:
    """One tensor's bytes, 0 to 255, and the generator behind them.

    The first draw: bits 0-2 how long a value is held (2^n elements), bits 3-4 how narrow the noise is, bit 5 whether it
    walks on from the last value or stays around the first, which is the second draw.
    """
    (how, first), state = _draws(2, state)
    hold, narrow = 1 << (how & 7), how >> 3 & 3
    drawn, state = _draws(-(-elements // hold), state)
    value, held = first, []
    for each in drawn:
        value = ((value if how & 32 else first) + (each >> narrow) - (128 >> narrow)) & 0xFF
        held.append(value)
    return np.repeat(np.array(held, np.uint8), hold)[:elements], state


def _draws(count: int, state: int) -> tuple[list[int], int]:
    drawn = []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) & _MASK
        drawn.append(state >> 24)
    return drawn, state


def stored(spec: TensorSpec, values: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Values 0 to 255 as bytes of the tensor: int16 both bytes alike; float32 -1 to 1; plain integers 0 or 1."""
    signed = values.view(np.int8)
    if spec.dtype is ElementType.FLOAT32:
        real = signed.astype(np.float32) / np.float32(128)
        return real.astype("<f4").view(np.uint8)
    if spec.dtype is ElementType.INT16:
        return (signed.astype(np.int16) * np.int16(256) + values).astype("<i2").view(np.uint8)
    if spec.dtype in (ElementType.INT32, ElementType.BOOL):
        return (values >> 7).astype(spec.numpy).view(np.uint8)
    return values


def rows(specs: Sequence[TensorSpec], seed: int, count: int) -> npt.NDArray[np.uint8]:
    """`count` inputs, uint8 [count, bytes of all tensors].

    Args:
        seed: at least 1; `seed + count` at most 2^32.
    """
    made = []
    for number in range(seed, seed + count):
        state, parts = number * _SPREAD & _MASK, []
        for spec in specs:
            values, state = _values(spec.elements, state)
            parts.append(stored(spec, values))
        made.append(np.concatenate(parts))
    return np.stack(made)
