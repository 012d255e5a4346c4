"""`.npy`: an array a file; the truth lies beside it, or a folder holds one for each input and the truth."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from toolkit.data.loaders import arrays
from toolkit.data.loaders.base import Loaded, Wanted


def suits(path: Path) -> bool:
    """Whether it is a `.npy` by its name, or a folder with one in it."""
    return (path.suffix.lower() == ".npy" and path.is_file()) or (path.is_dir() and any(path.glob("*.npy")))


def load(path: Path, wanted: Wanted) -> Loaded:
    """The arrays of the inputs and of the truth.

    Raises:
        DatasetError: see `arrays.find`.
    """
    if path.is_file() and not wanted.keys:
        wanted = dataclasses.replace(wanted, keys=(path.stem,))
    return arrays.find(path, wanted)
