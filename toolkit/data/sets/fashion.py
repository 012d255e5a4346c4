"""Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017): MNIST's form, articles of clothing, harder."""

from __future__ import annotations

from pathlib import Path

from toolkit.data.samples import Samples
from toolkit.data.sets.catalogue import FASHION_MNIST
from toolkit.data.sets.mnist import Split, load


def load_fashion_mnist(split: Split, folder: Path | None = None) -> Samples:
    """Fashion-MNIST's 60,000 training or 10,000 test images.

    Args:
        split: which of the two.
        folder: that holds the IDX files, gzipped or not, or `fashion-mnist.npz`; nothing else is tried then.
            Without one: the cache, Debian's package `dataset-fashion-mnist`, Keras' download.

    Raises:
        DatasetError: a file is missing, truncated or another one than it should be; or no source has it.
    """
    return load(FASHION_MNIST, split, folder)
