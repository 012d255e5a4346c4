"""Whether data are one of the sets that are known: by its name, or by the folder that holds its files."""

from __future__ import annotations

from pathlib import Path

from toolkit.artifacts import sha256_of
from toolkit.data.loaders import idx
from toolkit.data.sets.catalogue import FASHION_MNIST, FILES, MNIST, DataSet
from toolkit.data.sets.sources import candidates
from toolkit.errors import DatasetError

NAMES = {"mnist": MNIST, "fashion": FASHION_MNIST, "fashion-mnist": FASHION_MNIST}
"""As `--data` names them."""


def named(data: Path) -> DataSet | None:
    """The set that a name or a folder stands for; None for anything else.

    A folder with files of these names that are neither set's is taken for a damaged MNIST: whoever reads it says so.
    """
    if not data.exists():
        return NAMES.get(str(data))
    if not data.is_dir():
        return None
    labels = FILES["test"][1]
    found = next((path for path in candidates(data, labels) if path.is_file()), None)
    if found is not None:
        try:
            return FASHION_MNIST if sha256_of(idx.read(found)) == FASHION_MNIST.sha256[labels] else MNIST
        except DatasetError:
            return MNIST
    if any(path.is_file() for path in candidates(data, FILES["test"][0])):
        return MNIST
    return next((each for each in (MNIST, FASHION_MNIST) if (data / f"{each.name}.npz").is_file()), None)
