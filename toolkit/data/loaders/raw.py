"""A folder of raw tensors, `.bin`, one sample each as the network takes it, with a list of labels: what EEMBC's runner
reads for MLPerf Tiny."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from toolkit.data.loaders import labels
from toolkit.data.loaders.base import Elements, Loaded, Wanted, bounded
from toolkit.data.tensor import Tensor
from toolkit.errors import DatasetError


def suits(path: Path) -> bool:
    """Whether it is a folder with `.bin` files in it, or in the folders in it."""
    return path.is_dir() and (any(map(_is_sample, path.iterdir())) or any(map(_is_sample, path.glob("*/*"))))


def _is_sample(path: Path) -> bool:
    return path.suffix.lower() in (".bin", ".raw") and path.is_file()


def load(path: Path, wanted: Wanted) -> Loaded:
    """The tensors, [N, elements] for each input of the network, one after the other in a file; little-endian.

    A file holds them in the network's own types, or, if it is of that size, float32 or int16.

    Raises:
        DatasetError: no network tells what a file holds, or one has another size.
    """
    if not wanted.inputs:
        raise DatasetError(f"{path}: raw tensors do not tell what they hold", "use an .npz instead")
    found = labels.find(path, _is_sample, wanted, "raw tensors (.bin)")
    size = _size(found.paths[0])
    types = _types(wanted.inputs, size)
    if types is None:
        takes = " and ".join(f"{each.elements:,} {each.numpy}" for each in wanted.inputs)
        raise DatasetError(f"{found.names[0]} has {size:,} bytes, the network takes {takes}", "these are not its data")
    bounded(len(found.paths), size, str(path))
    rows = np.empty((len(found.paths), size), np.uint8)
    for place, (file, name) in enumerate(zip(found.paths, found.names, strict=True)):
        rows[place] = _bytes(file, name, size)
    inputs: list[Elements] = []
    start = 0
    for tensor, held in zip(wanted.inputs, types, strict=True):
        end = start + tensor.elements * held.itemsize
        inputs.append(np.ascontiguousarray(rows[:, start:end]).view(held))
        start = end
    told = (*found.told, f"raw {' and '.join(dict.fromkeys(str(each) for each in types))} values")
    return Loaded(tuple(inputs), found.truth, found.names, found.classes, told=told)


def _types(tensors: tuple[Tensor, ...], size: int) -> tuple[np.dtype[np.generic], ...] | None:
    """What the files hold, by their size."""
    own = tuple(each.numpy for each in tensors)
    for held in (own, *((np.dtype(other),) * len(tensors) for other in ("<f4", "<i2", "u1"))):
        if sum(each.elements * kind.itemsize for each, kind in zip(tensors, held, strict=True)) == size:
            return held
    return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as caught:
        raise DatasetError(f"{path} cannot be read: {caught.strerror}", "check its permissions") from caught


def _bytes(path: Path, name: str, size: int) -> Elements:
    found = _size(path)
    if found != size:
        raise DatasetError(f"{name} has {found:,} bytes, the first has {size:,}", "each holds one sample")
    try:
        return np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as caught:
        raise DatasetError(f"{path} cannot be read: {caught.strerror}", "check its permissions") from caught
