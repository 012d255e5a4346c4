"""Which inputs a device is asked for, as the user says it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Selection:
    """Which inputs to verify.

    Attributes:
        limit: the first so many of MNIST, or so many made-up inputs; None for all, or for a hundred.
        data: where MNIST lies.
        images: a folder of the user's own pictures.
        pixels: what black and white are at the input, as the user spelt it.
    """

    limit: int | None = None
    data: Path | None = None
    images: Path | None = None
    pixels: str | None = None
