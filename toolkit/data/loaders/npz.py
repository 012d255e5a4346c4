"""`.npz`: several arrays of NumPy's in one file, each under a key; `np.savez(path, x=x, y=y)` writes it."""

from __future__ import annotations

from pathlib import Path

from toolkit.data.loaders import arrays
from toolkit.data.loaders.base import Loaded, Wanted


def suits(path: Path) -> bool:
    """Whether it is a `.npz` by its name."""
    return path.suffix.lower() == ".npz" and path.is_file()


def load(path: Path, wanted: Wanted) -> Loaded:
    """The arrays under the keys of the inputs and of the truth.

    Raises:
        DatasetError: see `arrays.find`.
    """
    return arrays.find(path, wanted)
