"""Nested loops over strided tensors, merged into as few as the kernels have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from toolkit.errors import ModelError

LOOPS = 4
TRANSPOSE_LOOPS = 6


def strides(shape: Sequence[int]) -> tuple[int, ...]:
    """Elements from one index to the next in each dimension of a contiguous tensor."""
    steps = [1] * len(shape)
    for place in range(len(shape) - 2, -1, -1):
        steps[place] = steps[place + 1] * shape[place + 1]
    return tuple(steps)


def broadcast_strides(shape: Sequence[int], output: Sequence[int]) -> tuple[int, ...]:
    """Strides of an operand over the output's dimensions: 0 where it is repeated."""
    missing = len(output) - len(shape)
    steps = strides(shape)
    return (0,) * missing + tuple(0 if d == 1 else s for d, s in zip(shape, steps, strict=True))


def merged(sizes: Sequence[int], *stepped: Sequence[int]) -> tuple[list[int], list[list[int]]]:
    """Drop dimensions of one and merge neighbours that every operand walks through without a gap."""
    kept: list[int] = []
    steps: list[list[int]] = [[] for _ in stepped]
    for place, size in enumerate(sizes):
        if size == 1:
            continue
        now = [s[place] for s in stepped]
        if kept and all(each[-1] == step * size for each, step in zip(steps, now, strict=True)):
            kept[-1] *= size
            for each, step in zip(steps, now, strict=True):
                each[-1] = step
        else:
            kept.append(size)
            for each, step in zip(steps, now, strict=True):
                each.append(step)
    return kept, steps


def fields(kind: str, sizes: Sequence[int], a: Sequence[int], b: Sequence[int] | None = None) -> dict[str, Any]:
    """`aot_nest_t`, its loops right-aligned.

    Raises:
        ModelError: more loops than the kernels have remain after merging.
    """
    kept, steps = merged(sizes, a, a if b is None else b)
    if len(kept) > LOOPS:
        raise ModelError(f"{kind} over {list(sizes)} needs {len(kept)} nested loops", f"at most {LOOPS} are supported")
    fill = LOOPS - len(kept)
    made = {"size": array([1] * fill + kept), "a": array([0] * fill + steps[0])}
    return made if b is None else made | {"b": array([0] * fill + steps[1])}


def array(values: Sequence[int]) -> str:
    """A C initialiser."""
    return "{" + ", ".join(map(str, values)) + "}"
