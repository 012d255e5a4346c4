"""The IDX file format of MNIST: a big-endian header and raw bytes.

Format: two zero bytes, a type code (0x08 is uint8), the number of dimensions, one u32 per dimension, the data
(Yann LeCun's description of the MNIST files).
"""

from __future__ import annotations

import gzip
import io
import math
import re
import struct
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from toolkit.data.digits.convention import Pixels
from toolkit.data.loaders.base import Loaded, Wanted
from toolkit.errors import DatasetError

_UINT8 = 0x08
_NAME = re.compile(r"([-.])idx\d-ubyte(\.gz)?$")
MOST_BYTES = 1 << 26
"""Of a file, packed or not: MNIST's largest has 47,040,016 bytes."""
MOST_DIMENSIONS = 8


def encode(array: Pixels) -> bytes:
    """The IDX bytes of a uint8 array of any shape: exactly what the original files hold."""
    return struct.pack(f">HBB{array.ndim}I", 0, _UINT8, array.ndim, *array.shape) + array.tobytes()


def decode(data: bytes, name: str) -> Pixels:
    """The array in an IDX file's bytes.

    Args:
        data: the bytes, not compressed.
        name: of the file, for the error.

    Raises:
        DatasetError: it is no IDX file of uint8, or its length does not match its header.
    """
    if len(data) < 4 or data[:3] != bytes((0, 0, _UINT8)) or data[3] > MOST_DIMENSIONS or len(data) < 4 + 4 * data[3]:
        raise DatasetError(f"{name} is no IDX file of bytes", "delete it, or name another folder")
    shape = struct.unpack_from(f">{data[3]}I", data, 4)
    start = 4 + 4 * data[3]
    expected = start + math.prod(shape)
    if len(data) != expected:
        raise DatasetError(
            f"{name} has {len(data)} bytes where its header says {expected}", "delete it, or name another folder"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def suits(path: Path) -> bool:
    """Whether a file is an IDX file by its name, `NAME-idx3-ubyte` or `NAME.idx3-ubyte`, gzipped or not; or a folder
    with one in it."""
    return _NAME.search(path.name) is not None if path.is_file() else bool(_in(path))


def _in(folder: Path) -> list[Path]:
    """The files of a folder that hold no labels; those of a test set, if some are called so."""
    found = [each for each in sorted(folder.iterdir()) if _NAME.search(each.name) and "idx1" not in each.name]
    tests = [each for each in found if re.match(r"t10k|.*test", each.name)]
    return tests or found


def load(path: Path, wanted: Wanted) -> Loaded:
    """The elements of one IDX file, and as their classes the file beside it whose name has `labels` for `images`.

    Args:
        path: uint8 [N, ...]; or a folder with one such file, or with one of a test set.

    Raises:
        DatasetError: a file is damaged, or there is another number of labels.
    """
    if path.is_dir():
        found = _in(path)
        if len(found) != 1:
            raise DatasetError(f"{path} holds {len(found)} IDX files of samples", f"name one: --data {found[0]}")
        path = found[0]
    elements = decode(read(path), str(path))
    if elements.ndim == 0 or not len(elements):
        raise DatasetError(f"{path} holds no samples", "name another file")
    beside = [path.with_name(each) for each in _labels_of(path.name)]
    if wanted.truth is not None:
        beside = [] if wanted.without_truth else [Path(wanted.truth), path.with_name(wanted.truth)]
    labels = next((each for each in beside if each.is_file()), None)
    if labels is None and wanted.truth is not None and not wanted.without_truth:
        raise DatasetError(f"--truth {wanted.truth}: there is no such file", "name the IDX file of the labels")
    truth = None if labels is None else decode(read(labels), str(labels))
    if truth is not None and len(truth) != len(elements):
        raise DatasetError(f"{path} has {len(elements):,} samples, {labels} has {len(truth):,} labels", "name others")
    shape = elements.shape[1:]
    told = () if labels is None else (f"labels from {labels.name}",)
    return Loaded((elements,), truth, span=(0.0, 255.0), picture=shape if len(shape) == 2 else (), told=told)


def _labels_of(images: str) -> tuple[str, ...]:
    """What the file of labels may be called: `x-images-idx3-ubyte.gz` has `x-labels-idx1-ubyte`, gzipped or not."""
    if "images" not in images:
        return ()
    plain = _NAME.sub(r"\1idx1-ubyte", images.replace("images", "labels"))
    return plain, f"{plain}.gz"


def read(path: Path) -> bytes:
    """The bytes of an IDX file, decompressed if its name ends in `.gz`.

    Raises:
        DatasetError: it cannot be read, the compressed data is damaged, or it has more than MOST_BYTES.
    """
    try:
        with path.open("rb") as stream:
            data = bounded(stream, str(path))
        if path.suffix != ".gz":
            return data
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            return bounded(packed, str(path))
    except (OSError, EOFError, zlib.error) as caught:
        raise DatasetError(f"{path} cannot be read: {caught}", "delete it, or name another folder") from caught


def bounded(stream: IO[bytes] | gzip.GzipFile, name: str) -> bytes:
    """All that is left in a stream: a few packed bytes may unpack to more than any memory holds.

    Raises:
        DatasetError: it has more than MOST_BYTES.
    """
    data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise DatasetError(
            f"{name} has more than {MOST_BYTES:,} bytes: no data set here has such a file",
            "delete it, or name another folder",
        )
    return data
